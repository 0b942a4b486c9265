/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * First messages while the keyer wants cookies (shared/dos_cookie.h). A global function (dos_cookie.bpf.c): the
 * verifier looks at it once.
 */
#ifndef KEYLINE_BPF_DOS_COOKIE_H
#define KEYLINE_BPF_DOS_COOKIE_H

#include "maps.h"
#include "parse.h"

/*
 * Takes a whole UDP datagram to one of our IKE ports; `marker` is the octets before its ISAKMP header (RFC 3948: 4 on
 * port 4500, else 0). Says what has become of it as the reason to count: KL_REASON_COOKIE_SENT when the frame is now the
 * answer, KL_REASON_DROP_COOKIE, or KL_REASON_PASS_IKE for what keylined has to see. The frame may have moved.
 */
int kl_guard_ike(struct xdp_md *xdp, const struct kl_packet *packet, __u32 marker);

#endif
