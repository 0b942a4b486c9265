// Names of hosts in Kerberos (interpretation item 18).
#pragma once

#include <string_view>

namespace keyline::auth {

// True for "host/NAME[@REALM]" and "NAME$[@REALM]". A peer's hint of any other form is not followed:
// authenticating to it would hand a ticket for some other service to whoever sent the hint.
bool is_host_principal(std::string_view principal);

}  // namespace keyline::auth
