#include "keyer/keyer.h"

#include <utility>

#include "keyer/engine.h"

namespace keyline::keyer {

Keyer::Keyer(std::shared_ptr<const policy::Policy> policy, std::vector<std::shared_ptr<auth::Method>> methods,
             crypto::RandomSource& random)
    : engine_(std::make_unique<Engine>(std::move(policy), std::move(methods), random)) {}

Keyer::~Keyer() = default;

exchange::Actions Keyer::handle(exchange::Event event, exchange::Instant now) {
    return engine_->handle(std::move(event), now);
}

const exchange::Counters& Keyer::counters() const { return engine_->counters(); }

std::vector<exchange::MmSnapshot> Keyer::main_modes(exchange::Instant now) const {
    return engine_->main_modes(now);
}

std::vector<exchange::QmSnapshot> Keyer::quick_modes(exchange::Instant now) const {
    return engine_->quick_modes(now);
}

exchange::LimitsSnapshot Keyer::limits() const { return engine_->limits(); }

}  // namespace keyline::keyer
