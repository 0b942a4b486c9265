// Questions to a policy: which rule covers a packet, which one a peer's proposal, how to key with a peer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "policy/policy.h"
#include "policy/selector_index.h"

namespace keyline::policy {

// The first rule that answers, and the selector of it that does. Both live as long as the Lookup.
struct SpdMatch {
    const Rule* rule = nullptr;
    const Selector* selector = nullptr;
};

// An index over one policy, built once in O(n) of its n selectors. A question costs one hash probe per
// distinct shape (prefix lengths and set fields) among the selectors, whatever their number. Immutable, so
// one Lookup may be asked from several threads.
class Lookup {
  public:
    explicit Lookup(std::shared_ptr<const Policy> policy);

    const Policy& policy() const { return *policy_; }

    // The first rule, of whatever action, that covers the packet (RFC 4301 4.4.1).
    std::optional<SpdMatch> find(const PacketTuple& packet) const;
    // The first rule with a selector that contains all of `proposed` (RFC 4301 4.4.1). A rule in front of it
    // that covers only part of `proposed` does not stand against it: that part is still classified by that
    // rule.
    std::optional<SpdMatch> find_containing(const Selector& proposed) const;
    // nullptr when there is no such rule.
    const Rule* rule(std::uint32_t id) const;

    // The PAD: nullptr when no peer entry has the address.
    const Peer* peer(const IpAddress& address) const { return peer_containing(Prefix::host(address)); }
    // The first peer entry that has all of the prefix.
    const Peer* peer_containing(const Prefix& addresses) const;
    // The peer entry's main mode, else the default one.
    const MainMode& main_mode(const IpAddress& address) const;

  private:
    std::shared_ptr<const Policy> policy_;
    SelectorIndex rules_;
    SelectorIndex peers_;
    std::unordered_map<std::uint32_t, std::uint32_t> position_by_id_;
};

// The selector of the SA that this packet asks for under the rule's `matched` selector (RFC 4301 4.4.1.2,
// PFP).
Selector sa_selector(const Rule& rule, const Selector& matched, const PacketTuple& packet);

// Where the rule's SAs end: tunnel endpoints, or in transport mode the packet's own addresses.
struct SaEndpoints {
    IpAddress local;
    IpAddress remote;
};
SaEndpoints sa_endpoints(const Rule& rule, const PacketTuple& packet);

}  // namespace keyline::policy
