// Where the keyer's reports go: the log, `keyline monitor`, and whoever waits for the end of an admin
// request.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "daemon/control_server.h"
#include "daemon/rate_limit.h"
#include "exchange/report.h"

namespace keyline::daemon {

class ReportSink {
  public:
    using WhenDone = std::function<void(const exchange::AdminDone&)>;

    explicit ReportSink(ControlServer& control) : control_(control) {}

    void take(const exchange::Report& report);

    // A number for AdminUp or AdminDown; `when_done` is called once, with the AdminDone that carries it.
    std::uint64_t expect_admin_done(WhenDone when_done);

    // Whether the keyer has reported ShutdownDone.
    bool shutdown_done() const { return shutdown_done_; }

  private:
    void log(const exchange::Report& report);

    ControlServer& control_;
    // What anybody on the network can cause: a screenful at once, then a few lines a second.
    RateLimit provoked_{20, 2};
    std::map<std::uint64_t, WhenDone> waiting_;
    std::uint64_t last_request_ = 0;
    bool shutdown_done_ = false;
};

}  // namespace keyline::daemon
