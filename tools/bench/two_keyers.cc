#include "two_keyers.h"

#include <time.h>

#include <map>

#include "base/overloaded.h"
#include "statistics.h"

namespace keyline::bench {
namespace {

using policy::Direction;
using policy::SadEntry;

constexpr exchange::Instant kNow{std::chrono::hours(1)};

// An engine that does nothing would be fast.
void compare(const std::vector<SadEntry>& senders, const std::vector<SadEntry>& receivers) {
    std::map<std::uint32_t, const SadEntry*> by_spi;
    for (const SadEntry& entry : receivers) {
        if (entry.direction == Direction::kInbound) by_spi[entry.spi] = &entry;
    }
    for (const SadEntry& entry : senders) {
        if (entry.direction == Direction::kInbound) continue;
        const auto receiver = by_spi.find(entry.spi);
        if (receiver == by_spi.end() || receiver->second->encryption_key != entry.encryption_key) {
            fail("the two sides do not have the same keys");
        }
    }
}

}  // namespace

std::chrono::nanoseconds processor_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

TwoKeyers::TwoKeyers(const Side& initiator, const Side& responder) {
    hosts_[0].keyer = std::make_unique<keyer::Keyer>(initiator.policy, initiator.methods, random_);
    hosts_[1].keyer = std::make_unique<keyer::Keyer>(responder.policy, responder.methods, random_);
}

void TwoKeyers::negotiate(const policy::PacketTuple& packet) {
    give(hosts_[0], exchange::Acquire{.rule = 1, .packet = packet});
    while (!events_.empty()) {
        auto [host, event] = std::move(events_.front());
        events_.pop_front();
        give(*host, std::move(event));
    }
}

void TwoKeyers::give(Host& host, exchange::Event event) {
    Host& other = &host == &hosts_[0] ? hosts_[1] : hosts_[0];
    for (exchange::Action& action : host.keyer->handle(std::move(event), kNow)) {
        std::visit(
            Overloaded{[&](exchange::Send& send) {
                           events_.emplace_back(&other, exchange::DatagramReceived{send.remote, send.local,
                                                                                   std::move(send.data)});
                       },
                       [&](exchange::StartAuthStep& start) { run(host, start); },
                       [&](exchange::InstallSa& sa) { host.installed.push_back(std::move(sa.entry)); },
                       [](exchange::Report& report) {
                           if (const auto* failed = std::get_if<exchange::NegotiationFailed>(&report)) {
                               fail(failed->text);
                           }
                       },
                       [](auto&) {}},
            action);
    }
}

void TwoKeyers::run(Host& host, exchange::StartAuthStep& start) {
    const auto begin = processor_time();
    auth::StepResult result = start.context->step(start.input);
    authentication_ += processor_time() - begin;
    events_.emplace_back(&host, exchange::AuthStepDone{start.step, std::move(result)});
}

void TwoKeyers::check(std::size_t quick_modes) {
    auto& [initiator, responder] = hosts_;
    if (initiator.installed.size() != 2 * quick_modes || responder.installed.size() != 2 * quick_modes) {
        fail("a negotiation did not end");
    }
    compare(initiator.installed, responder.installed);
    compare(responder.installed, initiator.installed);
    initiator.installed.clear();
    responder.installed.clear();
}

}  // namespace keyline::bench
