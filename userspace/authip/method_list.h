// The authentication methods of Auth payloads: what may be offered, accepted and agreed on (MS-AIPS 2.2.3.4;
// interpretation M4, M5, M10). Main mode and extended mode go by the same rules.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/method.h"
#include "exchange/host.h"
#include "policy/auth_method.h"
#include "policy/main_mode.h"
#include "wire/payloads.h"

namespace keyline::authip {

using Methods = std::vector<auth::MethodId>;

wire::Auth auth_payload(const Methods& methods);
Methods ids_of(const wire::Auth& auth);

// Those of policy's that have credentials here. M4: methods that need a group are passed over without.
Methods usable_methods(const std::vector<policy::AuthMethod>& allowed, const exchange::Host& host,
                       policy::DhGroup group);
// Leaves those that prove to this end of them who the other one is.
void keep_proving(Methods& methods, const exchange::Host& host, auth::End end);
// Responder: those of the offer that are usable, in the initiator's order, each once.
Methods acceptable_methods(const wire::Auth& offered, const Methods& usable);
// Initiator, M5: the answer has to be a non-empty subsequence of the offer.
std::optional<Methods> agreed_methods(const wire::Auth& answer, const Methods& offered);

// What GSS_ID says (M10), for every method. Kerberos alone cannot do without, so its name goes before those
// of the others. `methods` is not empty and usable.
std::string announced_name(const Methods& methods, const exchange::Host& host);

}  // namespace keyline::authip
