#include "daemon/keyer_driver.h"

#include "base/overloaded.h"

namespace keyline::daemon {

KeyerDriver::KeyerDriver(asio::io_context& loop, std::unique_ptr<keyer::Keyer> keyer, Outputs outputs)
    : loop_(loop),
      keyer_(std::move(keyer)),
      outputs_(std::move(outputs)),
      timer_(loop),
      steps_([this](std::uint64_t step, auth::StepResult result) {
          asio::post(loop_, [this, done = exchange::AuthStepDone{step, std::move(result)}]() mutable {
              handle(std::move(done));
          });
      }) {}

void KeyerDriver::handle(exchange::Event event) {
    events_.push_back(std::move(event));
    if (busy_) return;
    busy_ = true;
    while (!events_.empty()) {
        exchange::Actions actions =
            keyer_->handle(std::move(events_.front()), std::chrono::steady_clock::now());
        events_.pop_front();
        for (exchange::Action& action : actions)
            perform(action);
    }
    busy_ = false;
}

void KeyerDriver::perform(exchange::Action& action) {
    std::visit(Overloaded{
                   [this](exchange::StartAuthStep& start) { start_step(start); },
                   [this](const exchange::ArmTimer& timer) { arm(timer.at); },
                   [this](const exchange::Send& send) { outputs_.send(send); },
                   [this](const exchange::SendKeepalive& keepalive) { outputs_.send_keepalive(keepalive); },
                   [this](const exchange::InstallSa& install) { outputs_.install(install); },
                   [this](const exchange::RemoveSa& remove) { outputs_.remove(remove); },
                   [this](const exchange::MoveSa& move) { outputs_.move(move); },
                   [this](const exchange::AcquireFailed& failed) { outputs_.acquire_failed(failed); },
                   [this](const exchange::SetDosProtection& set) { outputs_.dos_protection(set); },
                   [this](const exchange::ExportMmKeys& keys) { outputs_.export_keys(keys); },
                   [this](const exchange::Report& report) { outputs_.report(report); },
               },
               action);
}

void KeyerDriver::arm(exchange::Instant at) {
    timer_.expires_at(at);
    timer_.async_wait([this](const std::error_code& error) {
        if (!error) handle(exchange::TimerExpired{});
    });
}

void KeyerDriver::start_step(exchange::StartAuthStep& start) {
    if (!steps_.submit(start.step, std::move(start.context), std::move(start.input))) {
        handle(exchange::AuthStepDone{start.step, auth::overloaded()});
    }
}

}  // namespace keyline::daemon
