// What changes between two policies, for reload: what to install, what to revalidate, what needs a restart.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.h"

namespace keyline::policy {

// What one list of named things gained and lost, by name and in the order of the files.
struct ListDiff {
    std::vector<std::string> added;
    std::vector<std::string> removed;
    std::vector<std::string> changed;

    bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
    bool operator==(const ListDiff&) const = default;
};

struct PolicyDiff {
    // A rule whose quick mode has changed counts as changed.
    ListDiff rules;
    // Rules that both policies have stand in another order, so another one may come first for some packet.
    bool rules_reordered = false;
    bool default_action = false;

    ListDiff peers;
    bool main_modes = false;  // any main mode, or which one a peer has

    // To attach and to detach; an interface whose role changed is in both.
    std::vector<Interface> interfaces_to_attach;
    std::vector<Interface> interfaces_to_detach;

    bool auth = false;      // credentials are to be made anew
    bool keying = false;    // timers and limits: hold for what starts from now on
    bool datapath = false;  // hold, acquire interval

    // Keys whose new values hold only after a restart of keylined: "host.instance", "datapath.max_sas".
    std::vector<std::string> needs_restart;

    // SAs must be checked against the new policy (MS-AIPS 3.1.7.3).
    bool needs_revalidation() const;
    bool empty() const;
    // "rules: 2 added (a, b), 1 changed (c); attach eth1; restart keylined for host.port": one line for the
    // log and `keyline reload`; "no change" when empty.
    std::string to_string() const;
};

// What has one name in both is the same thing, changed or not; rules then have one id too (rule_ids.h).
PolicyDiff diff(const Policy& running, const Policy& next);

}  // namespace keyline::policy
