// What a probe tells: text while it happens, or one JSON object at the end.
#pragma once

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include "cli/ladder.h"
#include "daemon/json.h"
#include "exchange/report.h"

namespace keyline::cli {

class ProbeLog {
  public:
    ProbeLog(std::ostream& out, bool json) : out_(out), json_(json) {}

    void begin(const Endpoint& local, const Endpoint& remote, const std::vector<std::string>& notes);
    void take(const exchange::Report& report);
    // Something that only the probe knows, as "ICMP: port unreachable".
    void note(const std::string& text);
    // Text: the ladder and the verdict; JSON: everything. `limit` is what the probe waited at most.
    void end(bool success, std::chrono::seconds limit);

  private:
    void say(const char* verb, const std::string& text);
    void fail_for_time(std::chrono::seconds limit);

    std::ostream& out_;
    const bool json_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::vector<LadderMessage> messages_;
    bool answered_ = false;
    std::string last_note_;
    daemon::Json steps_ = daemon::Json::array();
    daemon::Json result_ = daemon::Json::object();
};

}  // namespace keyline::cli
