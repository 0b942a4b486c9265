// The keying engine (design decision 1): events in, actions out. It does no I/O, reads no clock and owns no
// source of randomness, so one seed replays a whole negotiation. Single-threaded.
#pragma once

#include <memory>
#include <vector>

#include "auth/method.h"
#include "crypto/random.h"
#include "exchange/action.h"
#include "exchange/counters.h"
#include "exchange/event.h"
#include "exchange/snapshot.h"
#include "policy/policy.h"

namespace keyline::keyer {

class Engine;

class Keyer {
  public:
    // `random` outlives the keyer. `methods` are what the policy's credentials offer (auth/registry.h).
    Keyer(std::shared_ptr<const policy::Policy> policy, std::vector<std::shared_ptr<auth::Method>> methods,
          crypto::RandomSource& random);
    ~Keyer();
    Keyer(const Keyer&) = delete;
    Keyer& operator=(const Keyer&) = delete;

    // Takes one event and returns what is to be done, in order. `now` never goes back.
    exchange::Actions handle(exchange::Event event, exchange::Instant now);

    const exchange::Counters& counters() const;
    std::vector<exchange::MmSnapshot> main_modes(exchange::Instant now) const;
    std::vector<exchange::QmSnapshot> quick_modes(exchange::Instant now) const;
    exchange::LimitsSnapshot limits() const;

  private:
    std::unique_ptr<Engine> engine_;
};

}  // namespace keyline::keyer
