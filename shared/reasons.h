/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Every reason for which a packet is dropped or counted, once: X(identifier, name, cause, remedy).
 * The BPF counters, the fast path's counters, `keyline counters`, the metrics and the manual are made from this list.
 * New reasons go to the end: the numbers are in pinned maps that outlive the daemon.
 */
#ifndef KEYLINE_SHARED_REASONS_H
#define KEYLINE_SHARED_REASONS_H

#include "shared/types.h"

#define KL_REASONS(X) \
	/* passed on: counted so that totals add up */ \
	X(PASS_BYPASS, "pass-bypass", "a bypass rule let the packet through in the clear", "none needed") \
	X(PASS_NO_RULE, "pass-no-rule", "no rule covers the packet; the default action is bypass", "add a rule if this traffic should be protected or blocked") \
	X(PASS_IKE, "pass-ike", "IKE or AuthIP traffic on UDP 500 or 4500", "none needed") \
	X(PASS_LOCAL, "pass-local", "not IP, or neighbour discovery: never subject to policy", "none needed") \
	X(OUT_FASTPATH, "out-fastpath", "handed to the fast path to be sealed", "none needed") \
	X(IN_FASTPATH, "in-fastpath", "ESP handed to the fast path to be opened", "none needed") \
	X(OUT_HELD, "out-held", "held until its negotiation ends", "none needed") \
	X(SEALED, "sealed", "ESP packets sent by the fast path", "none needed") \
	X(OPENED, "opened", "ESP packets opened and delivered by the fast path", "none needed") \
	/* dropped by policy */ \
	X(DROP_BLOCK, "block", "a block rule covers the packet", "change the rule if the traffic is wanted") \
	X(DROP_NO_SA, "no-sa", "a protect rule covers the packet, and no SA exists yet", "`keyline monitor` shows the negotiation it started; `keyline probe PEER` tells why one fails") \
	X(DROP_CLEAR_IN, "clear-in", "plaintext arrived that a protect rule wants protected", "bring the peer into the domain, or add a bypass rule for it") \
	X(DROP_NO_WORKER, "no-worker", "the fast path process does not serve this interface queue", "start keyline-fastpath, or look at its log") \
	X(DROP_NOT_TRANSFORMED, "not-transformed", "plaintext of a kernel SA that the stack has not transformed: sent before the SA was there or by a raw socket, or a fragment by a socket whose user the stack does not know", "none needed; senders retransmit") \
	/* dropped for what the packet is */ \
	X(DROP_TRUNCATED, "truncated", "a header is cut short or its length field contradicts the packet", "the sender is broken or hostile") \
	X(DROP_HEADERS, "headers", "too many or malformed VLAN tags, options or extension headers", "the sender is unusual or hostile; protected traffic may carry 2 VLAN tags and 8 extension headers") \
	X(DROP_FRAGMENT, "fragment", "a fragment whose first part was never seen, or that overlaps or never completes", "lower the sender's MTU, or look for loss before this host") \
	X(DROP_TOO_BIG, "too-big", "with ESP added the packet exceeds the path MTU and must not be fragmented; the sender was told by ICMP", "none needed; if senders ignore ICMP, lower their MTU") \
	/* dropped by ESP */ \
	X(DROP_SPI, "spi", "ESP with an SPI that no inbound SA has", "normal right after a restart or rekey; else the peer uses a deleted SA: `keyline down PEER` on both sides") \
	X(DROP_REPLAY, "replay", "the sequence number was seen before or is older than the replay window", "a few are reordering: enlarge the window; many are a replay attack") \
	X(DROP_ICV, "icv", "the integrity check failed", "keys differ or the packet was altered on the way") \
	X(DROP_PADDING, "padding", "the ESP trailer is malformed", "the peer's implementation is broken") \
	X(DROP_SELECTOR, "selector", "the inner packet is outside the selectors of the SA it came through", "the peer sends traffic that was not negotiated: compare both policies") \
	X(DROP_SEQUENCE, "sequence-exhausted", "the outbound sequence number space is used up", "the rekey failed: `keyline sas` shows the SA, the log its negotiation") \
	X(DROP_LIFETIME, "lifetime", "the SA is past its hard lifetime", "the rekey failed: the log tells why") \
	X(DROP_CRYPTO, "crypto", "the cryptographic library refused the operation", "look at keyline-fastpath's log") \
	/* dropped for want of something */ \
	X(DROP_NO_NEIGHBOUR, "no-neighbour", "the link-layer address of the next hop is unknown", "check the route and that the next hop answers ARP or neighbour discovery") \
	X(DROP_RING_FULL, "ring-full", "a queue to or from the fast path was full", "the fast path is overloaded: add queues or workers") \
	X(DROP_HOLD_FULL, "hold-full", "too many packets wait for negotiations", "none needed; senders retransmit") \
	X(DROP_HOLD_FAILED, "hold-failed", "the negotiation that held this packet failed or took too long", "`keyline probe PEER` tells why") \
	X(LOST_EVENT, "lost-event", "the event ring was full; the acquire is raised again by a later packet", "the daemon is overloaded or not running") \
	/* what the fast path adds to the list */ \
	X(DUMMY, "dummy", "ESP dummy packets (RFC 4303 2.6), discarded as they ask to be", "none needed") \
	X(ICMP_SENT, "icmp-sent", "ICMP errors the fast path told a sender of protected traffic", "none needed") \
	X(DROP_HOP_LIMIT, "hop-limit", "the TTL or hop limit of a forwarded packet ran out; the sender was told by ICMP", "look for a routing loop") \
	X(DROP_CONGESTION, "congestion", "a congestion mark on an outer header whose inner packet cannot carry it (RFC 6040 4.2)", "a router on the way marks packets that are not ECN-capable") \
	/* what the kernel programs add to the list */ \
	X(PASS_ESP, "pass-esp", "ESP that left by an interface without passing the fast path: forwarded, or made by the kernel", "none needed") \
	X(DROP_HANDOVER, "handover", "a frame on the handover pair that is not the fast path's", "find the program that sends on the handover interface") \
	X(COOKIE_SENT, "cookie-sent", "a first message without a good DoS cookie: XDP has asked its sender for one", "none needed; a flood of first messages is under way") \
	X(DROP_COOKIE, "cookie", "a malformed main mode message during a flood of first messages", "the sender is broken or hostile") \
	X(PASS_DISCOVERY, "pass-discovery", "in the clear under a rule with negotiation discovery: there is no SA with this peer yet", "none needed; `keyline probe PEER` tells why it stays so") \
	/* of the kernel's engine */ \
	X(OUT_KERNEL, "out-kernel", "handed to an XFRM interface to be sealed by the kernel; what a host sends to the peer of its SA the stack seals before it gets here", "none needed") \
	X(IN_KERNEL, "in-kernel", "ESP of a kernel SA, passed to the stack to be opened", "none needed") \
	/* authenticated firewall */ \
	X(PASS_AUTH_FIREWALL, "pass-auth-firewall", "in the clear, of a connection whose first packet was authenticated (mode = \"authenticated-firewall\")", "none needed") \
	X(OUT_TWICE, "out-twice", "first packets of connections, handed to the fast path to be sent under the SA and again in the clear", "none needed") \
	X(IN_JUDGED, "in-judged", "plaintext of a peer whose first packet under the SA may still be on its way through the fast path", "none needed") \
	X(SENT_CLEAR, "sent-clear", "first packets of connections, sent in the clear after they were sent under the SA", "none needed") \
	X(AUTHORIZED, "authorized", "first packets that came under an SA and authenticated their connection; the same packet follows in the clear", "none needed") \
	X(ASKED_TWICE, "asked-twice", "ICMP \"communication administratively prohibited\", by which a peer was asked to send its next packet twice", "many: raise datapath.max_flows, so that connections are not forgotten") \
	X(DROP_UNAUTHENTICATED, "unauthenticated", "plaintext under authenticated firewall, of a connection that was not authenticated", "none for strangers; for a peer compare both policies: `keyline sas` must show its SA") \
	X(IN_SPREAD, "in-spread", "ESP of a kernel SA, taken to the CPU of the SA to be opened there", "none needed") \
	/* users' SAs of the kernel's engine */ \
	X(OUT_MARKED, "out-marked", "given to the fast path, which sends it by the stack once more with the mark of its user, so that the SA of that user seals it", "none needed; connected sockets that are newer than the rule go the short way")

enum kl_reason {
#define X(identifier, name, cause, remedy) KL_REASON_##identifier,
	KL_REASONS(X)
#undef X
	KL_REASON_COUNT
};

#endif
