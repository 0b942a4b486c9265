/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A port is an interface that Keyline is attached to.
 *
 * RFC 4301 1.1 and 4.4.3: an unprotected interface faces the network that carries ESP; a protected one faces the LAN
 * of a gateway, and XDP classifies what comes in there as outbound traffic. The handover port of an instance is the
 * far end of the veth pair through which TC egress gives host traffic to the fast path and the fast path delivers.
 */
#ifndef KEYLINE_SHARED_PORT_H
#define KEYLINE_SHARED_PORT_H

#include "shared/types.h"

#define KL_MAX_PORTS 64
#define KL_HANDOVER_PORT 0 /* index of the handover port; attached interfaces have 1 and up */
#define KL_MAX_QUEUES 16 /* per port that the fast path serves */

enum kl_port_role {
	KL_PORT_NONE = 0, /* the entry is free */
	KL_PORT_UNPROTECTED = 1,
	KL_PORT_PROTECTED = 2,
	KL_PORT_HANDOVER = 3,
};

enum kl_xdp_mode { KL_XDP_NONE = 0, KL_XDP_NATIVE = 1, KL_XDP_GENERIC = 2 };
enum kl_xsk_mode { KL_XSK_NONE = 0, KL_XSK_ZEROCOPY = 1, KL_XSK_COPY = 2, KL_XSK_GENERIC = 3 };

#define KL_PORT_CLSACT_OURS (1u << 0) /* keylined made the interface's clsact qdisc and removes it on detach */

/* kl_port_by_ifindex (HASH): ifindex -> index into kl_ports, both __u32. */

/* Map kl_ports (ARRAY of KL_MAX_PORTS, mmap-able). Written by keylined; xsk_mode and served by keyline-fastpath. */
struct kl_port {
	__u32 ifindex;
	__u32 mtu;        /* IP octets, as `ip link` shows it */
	__u8 mac[6];
	__u8 role;        /* enum kl_port_role */
	__u8 xdp_mode;    /* enum kl_xdp_mode */
	__u8 queues;      /* receive queues of the device, at most KL_MAX_QUEUES */
	__u8 flags;       /* KL_PORT_* */
	__u8 reserved[2];
	__u32 epoch;      /* rises when keylined changes the entry */
	__u8 xsk_mode[KL_MAX_QUEUES]; /* enum kl_xsk_mode */
	__u8 served[KL_MAX_QUEUES];   /* worker number + 1; 0: no worker */
	char name[16];
	struct kl_address address_v4; /* the interface's first address, source of ICMP errors; zero: none */
	struct kl_address address_v6;
};
KL_ASSERT_SIZE(struct kl_port, 104);

/* Index into the XSKMAP kl_xsks. */
#define KL_XSK_INDEX(port, queue) ((port) * KL_MAX_QUEUES + (queue))

#endif
