// What others have in XFRM: Keyline leaves it alone, and tells where it comes in between.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "datapath/xfrm_message.h"
#include "policy/policy.h"

namespace keyline::datapath {

struct ForeignXfrm {
    std::size_t states = 0;    // ESP and other protocols
    std::size_t policies = 0;  // of the namespace, not those of sockets
    // One line for people about each policy that a rule's packets meet before they meet the rule, and what to
    // do.
    std::vector<std::string> conflicts;
};

// Asks the kernel. An error names the reason why it does not tell.
std::expected<ForeignXfrm, std::string> find_foreign_xfrm(const policy::Policy& policy);

// The lines about those of the policies that are others', the first few.
std::vector<std::string> xfrm_conflicts(const policy::Policy& policy, const std::vector<XfrmPolicy>& present);

}  // namespace keyline::datapath
