// What keylined tells the service manager (sd_notify(3)); nothing happens when none started it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace keyline::daemon {

// READY=1, also the end of a reload; `status` is one line for `systemctl status`.
void notify_ready(const std::string& status);
void notify_reloading();
void notify_stopping();
void notify_watchdog();

// How often notify_watchdog is due (half of WatchdogSec=); nullopt when the service manager does not watch.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace keyline::daemon
