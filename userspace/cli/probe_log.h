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
    // Text: the ladder and the verdict; JSON: everything. `failure` is what to say when no report told it.
    void end(bool success, const std::string& failure);

  private:
    void say(const char* verb, const std::string& text);

    std::ostream& out_;
    const bool json_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::vector<LadderMessage> messages_;
    daemon::Json steps_ = daemon::Json::array();
    daemon::Json result_ = daemon::Json::object();
};

}  // namespace keyline::cli
