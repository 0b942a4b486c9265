#include "policy/lookup.h"

#include <utility>

namespace keyline::policy {

namespace {

// PAD entries in the SPD's index: what the peer's address must be.
Selector from_anywhere_to(const Prefix& peer) { return {Prefix::any(peer.address.family()), peer, 0, 0, 0}; }

}  // namespace

Lookup::Lookup(std::shared_ptr<const Policy> policy) : policy_(std::move(policy)) {
    for (std::uint32_t position = 0; position < policy_->rules.size(); ++position) {
        const Rule& rule = policy_->rules[position];
        position_by_id_.emplace(rule.id, position);
        for (std::uint32_t item = 0; item < rule.selectors.size(); ++item) {
            rules_.add(rule.selectors[item], {position, item});
        }
    }
    for (std::uint32_t position = 0; position < policy_->peers.size(); ++position) {
        const Peer& peer = policy_->peers[position];
        for (std::uint32_t item = 0; item < peer.addresses.size(); ++item) {
            peers_.add(from_anywhere_to(peer.addresses[item]), {position, item});
        }
    }
}

std::optional<SpdMatch> Lookup::find(const PacketTuple& packet) const {
    return find_containing(Selector::of(packet));
}

std::optional<SpdMatch> Lookup::find_containing(const Selector& proposed) const {
    const auto place = rules_.first_containing(proposed);
    if (!place) return std::nullopt;
    const Rule& rule = policy_->rules[place->owner];
    return SpdMatch{&rule, &rule.selectors[place->item]};
}

const Rule* Lookup::rule(std::uint32_t id) const {
    const auto found = position_by_id_.find(id);
    return found == position_by_id_.end() ? nullptr : &policy_->rules[found->second];
}

const Peer* Lookup::peer_containing(const Prefix& addresses) const {
    const auto place = peers_.first_containing(from_anywhere_to(addresses));
    return place ? &policy_->peers[place->owner] : nullptr;
}

const MainMode& Lookup::main_mode(const IpAddress& address) const {
    const Peer* const entry = peer(address);
    return policy_->main_modes[entry ? entry->main_mode : 0];
}

Selector sa_selector(const Rule& rule, const Selector& matched, const PacketTuple& packet) {
    const Selector of_packet = Selector::of(packet);
    Selector selector = matched;
    if (rule.populate.local_address) selector.local = of_packet.local;
    if (rule.populate.remote_address) selector.remote = of_packet.remote;
    if (rule.populate.protocol) selector.protocol = of_packet.protocol;
    if (rule.populate.local_port) selector.local_port = of_packet.local_port;
    if (rule.populate.remote_port) selector.remote_port = of_packet.remote_port;
    return selector;
}

SaEndpoints sa_endpoints(const Rule& rule, const PacketTuple& packet) {
    if (rule.tunnel) return {rule.tunnel->local, rule.tunnel->remote};
    return {packet.local, packet.remote};
}

}  // namespace keyline::policy
