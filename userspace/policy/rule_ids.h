// Rule ids stand in maps that outlive the daemon, so a rule keeps its id across reloads and restarts.
#pragma once

#include "policy/policy.h"

namespace keyline::policy {

// Gives every rule its id: that of the rule of the same name in `running`, else that of a rule equal in all
// but name and id, else a hash of the name, moved on to the next free id where that is taken. So without
// `running` (after a restart) the same file gives the same ids, and rules may be added and moved without
// changing the others', save for the rare two names with one hash.
void assign_rule_ids(std::vector<Rule>& rules, const Policy* running);

}  // namespace keyline::policy
