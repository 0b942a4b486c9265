// A host and many peers for bench_kernel_esp: their addresses, rules and SAs. Each peer has a rule of
// kSelectorsOfPeer selectors, and a pair of SAs for the first of them.
#pragma once

#include <netinet/in.h>

#include <string>

#include "policy/policy.h"
#include "policy/sad_entry.h"

namespace keyline::bench {

inline constexpr unsigned kSelectorsOfPeer = 10;

// What peers differ in. kPlain: no rule covers them.
enum class Kind { kPlain, kTransport, kPorts, kTunnel };
const char* name_of(Kind kind);

// The host's view, or the peers'.
enum class View { kHost, kPeers };

// Commands that give an interface "port" its addresses and routes. The peers are one machine.
std::string addresses_of(View view);
policy::Policy policy_of(Kind kind, unsigned peers, View view);
// Both SAs of a peer have one SPI.
policy::SadEntry entry_of(Kind kind, unsigned peer, policy::Direction direction, View view);
// Where the host sends what is for the peer's SA.
sockaddr_in target_of(Kind kind, unsigned peer);

}  // namespace keyline::bench
