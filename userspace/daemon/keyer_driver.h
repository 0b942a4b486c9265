// Drives a keyer: hands it events, keeps its timer, runs its authentication steps, and passes the other
// actions on. keylined and `keyline probe` differ only in what they do with those.
#pragma once

#include <asio.hpp>
#include <deque>
#include <functional>
#include <memory>

#include "auth/step_pool.h"
#include "exchange/action.h"
#include "exchange/event.h"
#include "keyer/keyer.h"

namespace keyline::daemon {

class KeyerDriver {
  public:
    // Called in the order of the keyer's actions.
    struct Outputs {
        std::function<void(const exchange::Send&)> send;
        std::function<void(const exchange::SendKeepalive&)> send_keepalive;
        std::function<void(const exchange::InstallSa&)> install;
        std::function<void(const exchange::RemoveSa&)> remove;
        std::function<void(const exchange::MoveSa&)> move;
        std::function<void(const exchange::AcquireFailed&)> acquire_failed;
        std::function<void(const exchange::SetDosProtection&)> dos_protection;
        std::function<void(const exchange::ExportMmKeys&)> export_keys;
        std::function<void(const exchange::Report&)> report;
    };

    // `loop` outlives the driver.
    KeyerDriver(asio::io_context& loop, std::unique_ptr<keyer::Keyer> keyer, Outputs outputs);

    // Carries out what follows from the event. One that comes from within an output waits until the actions
    // of the event before it are carried out.
    void handle(exchange::Event event);

    const keyer::Keyer& keyer() const { return *keyer_; }

  private:
    void perform(exchange::Action& action);
    void arm(exchange::Instant at);
    void start_step(exchange::StartAuthStep& start);

    asio::io_context& loop_;
    std::unique_ptr<keyer::Keyer> keyer_;
    Outputs outputs_;
    asio::steady_timer timer_;
    std::deque<exchange::Event> events_;
    bool busy_ = false;
    // Last, so that its threads end before what they refer to goes.
    auth::StepPool steps_;
};

}  // namespace keyline::daemon
