// What a running instance consists of. The daemon makes and joins the parts; reload and admin commands work
// on them.
#pragma once

#include <asio.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/control_server.h"
#include "daemon/keyer_driver.h"
#include "daemon/listeners.h"
#include "daemon/report_sink.h"
#include "datapath/datapath.h"
#include "policy/policy.h"

namespace keyline::daemon {

struct Instance {
    std::string name;
    std::filesystem::path config;
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    std::shared_ptr<const policy::Policy> policy;  // in force
    Listeners* listeners = nullptr;
    KeyerDriver* keyer = nullptr;
    ReportSink* reports = nullptr;
    std::optional<datapath::Datapath> datapath;  // none with --no-datapath
    // Ends the daemon soon: with its SAs, or leaving them to the next one.
    std::function<void(bool keep_sas)> stop;
};

}  // namespace keyline::daemon
