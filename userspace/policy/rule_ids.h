// Rule ids stand in maps that outlive the daemon, so a rule keeps its id across reloads and restarts.
#pragma once

#include <vector>

#include "policy/policy.h"

namespace keyline::policy {

// Gives every rule its id: that of the rule of the same name in `running`, else a hash of the name, moved on
// to the next free id where that is taken. So a restart gives the same file the same ids, and rules may be
// added, moved and changed without touching the others' (but for two names of one hash, whose order then
// decides). At most kMaxRules rules, whose names are unique.
void assign_rule_ids(std::vector<Rule>& rules, const Policy* running);

}  // namespace keyline::policy
