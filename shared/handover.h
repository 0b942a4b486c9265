/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * How a packet reaches the fast path with the decision that the kernel programs took: the frame stays an Ethernet
 * frame, and its source address, which is the sending interface's own and so known to the worker, carries the
 * handover. The destination address stays the next hop's.
 *
 *   out, KL_HANDOVER_SEAL:  value = index of the outbound SA
 *   out, KL_HANDOVER_HOLD:  value = rule whose SA is being negotiated; the worker finds the slot
 *                           by the rule's shapes (shared/slot.h) and looks until it has an SA
 *   out, KL_HANDOVER_TWICE: value = index of the outbound SA; sent sealed, and then as it is (MS-AIPS 3.10.4.1)
 *   in,  KL_HANDOVER_OPEN:  value = index of the inbound SA (the packet is ESP, or UDP-encapsulated ESP)
 *   in,  KL_HANDOVER_REASSEMBLE: a fragment of ESP; value = 0
 *   in,  KL_HANDOVER_JUDGE: plaintext under authenticated firewall (MS-AIPS 3.10.5.2); value = 0. Delivered if its
 *                           connection is authorized by what the worker has opened meanwhile. The destination address
 *                           is the sender's.
 *
 * In a tunnel whose outer destination has another next hop than the packet's own, a SEAL frame already carries the
 * outer next hop's address. A HOLD frame cannot, as the SA was unknown.
 *
 * The fast path writes the same struct into frames that it sends out of the far end of the handover pair:
 *
 *   KL_HANDOVER_OPEN:  value = index of the SA that it came by, 0: of none;
 *                      a packet for the host's stack: appears received on the interface `port`. The destination
 *                      address is set on the way. (An ICMP error for the host itself needs a source address that is
 *                      not the host's own: the stack drops packets that come in from itself.)
 *   KL_HANDOVER_HOLD:  a held packet whose SA has come, to be sent by interface `port` once more: it is classified
 *                      again, and comes back as SEAL
 *
 * Frames of any other kind are dropped there. The near end's own address has zero in the place of `kind`, so what the
 * stack itself sends through the pair is no handover either.
 *
 * Only programs of ours redirect to the sockets, so a frame from the wire cannot forge one.
 */
#ifndef KEYLINE_SHARED_HANDOVER_H
#define KEYLINE_SHARED_HANDOVER_H

#include "shared/types.h"

enum kl_handover_kind {
	KL_HANDOVER_SEAL = 1,
	KL_HANDOVER_HOLD = 2,
	KL_HANDOVER_OPEN = 3,
	KL_HANDOVER_REASSEMBLE = 4,
	KL_HANDOVER_TWICE = 5,
	KL_HANDOVER_JUDGE = 6,
};

struct kl_handover {
	__u8 value[4]; /* little endian; octets, because h_source is not aligned */
	__u8 kind;     /* enum kl_handover_kind */
	__u8 port;     /* the attached interface the packet leaves by or came in by: index into kl_ports */
};
KL_ASSERT_SIZE(struct kl_handover, 6);

#endif
