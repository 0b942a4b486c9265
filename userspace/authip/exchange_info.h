// EXCHANGE_INFO in quick mode (MS-IKEE 2.2.6, 3.7.5; interpretation item 26, Q7): what negotiation discovery
// tells the peer of a rule.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "exchange/mm_sa.h"
#include "policy/policy.h"
#include "wire/message.h"

namespace keyline::authip {

// Of #5: kExchangeInfo* for the rule, with the guarantee also where the peer asks for it. #6 has the boundary
// flag of it only.
std::uint32_t exchange_info_flags(const policy::Rule& rule, bool guarantee_encryption = false);
// Nothing for no flags, nor for a peer that is not PeerIsNegotiationDiscoveryCapable
// (MS-AIPS 3.4.5.1, 3.5.5.1).
void append_exchange_info(std::vector<wire::Payload>& payloads, const exchange::MmSa& sa,
                          std::uint32_t flags);
// What is left to offer or to take when encryption is guaranteed.
void keep_encrypting(policy::QuickMode& quick_mode);
// The peer's flags; 0 when it sent none. The error says what is wrong with the payload.
std::expected<std::uint32_t, std::string> find_exchange_info(const std::vector<wire::Payload>& payloads);

}  // namespace keyline::authip
