// Kernel IPsec policies (XFRM) and our own sockets.
#pragma once

#include "base/ip_address.h"

namespace keyline::daemon {

// IKE must never wait for the SAs that it negotiates: kernel policies do not apply to this socket from now
// on. A kernel without XFRM, or a caller without CAP_NET_ADMIN, has no policy to be exempt from: nothing
// happens then.
void exempt_from_kernel_policy(int socket, Family family);

}  // namespace keyline::daemon
