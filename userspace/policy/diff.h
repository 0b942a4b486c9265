// What changes between two policies, for reload: what to install, what to revalidate, what needs a restart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace keyline::policy {

struct PolicyDiff {
    // Rule ids. A moved rule, or one whose quick mode was edited, is changed; a renamed one is kept.
    std::vector<std::uint32_t> rules_added;
    std::vector<std::uint32_t> rules_removed;
    std::vector<std::uint32_t> rules_changed;
    std::vector<std::uint32_t> rules_kept;

    // To attach and to detach; an interface whose role changed is in both.
    std::vector<Interface> interfaces_added;
    std::vector<Interface> interfaces_removed;
    // Sockets to open and to close; a changed port puts every address in both.
    bool listeners_changed = false;

    bool auth_changed = false;        // credentials must be made anew
    bool main_modes_changed = false;  // or peers: MM SAs are to be revalidated (MS-AIPS 3.1.7.3)
    bool keying_changed = false;      // timers and limits, for what starts from now on
    bool datapath_changed = false;    // settings of the classifier that apply at once: default action, hold

    // Keys whose new value holds only after a restart of keylined: "host.instance".
    std::vector<std::string> needs_restart;

    // SAs must be checked against the new policy (MS-AIPS 3.1.7.3).
    bool needs_revalidation() const;
    bool empty() const;
    // "2 rules added, 1 changed; interface eth1 added": one line for the log and `keyline reload`.
    std::string to_string() const;
};

// Both policies carry ids from assign_rule_ids, `next` with `running` known.
PolicyDiff diff(const Policy& running, const Policy& next);

}  // namespace keyline::policy
