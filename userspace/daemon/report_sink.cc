#include "daemon/report_sink.h"

#include <spdlog/spdlog.h>

#include "daemon/report_json.h"
#include "daemon/report_text.h"

namespace keyline::daemon {

void ReportSink::take(const exchange::Report& report) {
    log(report);
    if (control_.has_monitors()) control_.broadcast(to_json(report));
    if (std::holds_alternative<exchange::ShutdownDone>(report)) shutdown_done_ = true;
    const auto* const done = std::get_if<exchange::AdminDone>(&report);
    if (done == nullptr) return;
    if (const auto waiting = waiting_.extract(done->request)) waiting.mapped()(*done);
}

std::uint64_t ReportSink::expect_admin_done(WhenDone when_done) {
    waiting_.emplace(++last_request_, std::move(when_done));
    return last_request_;
}

void ReportSink::log(const exchange::Report& report) {
    const auto level = level_of(report);
    if (!spdlog::should_log(level)) return;
    if (is_provoked(report)) {
        if (!provoked_.allow(std::chrono::steady_clock::now())) return;
        if (const std::uint64_t suppressed = provoked_.take_suppressed(); suppressed != 0) {
            spdlog::log(level, "{} lines of this kind were not logged; `keyline counters` has their number",
                        suppressed);
        }
    }
    spdlog::log(level, "{}", to_text(report));
}

}  // namespace keyline::daemon
