/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the kernel programs and the fast path know of a policy rule: map kl_rules (ARRAY, mmap-able), by rule id. */
#ifndef KEYLINE_SHARED_RULE_H
#define KEYLINE_SHARED_RULE_H

#include "shared/slot.h"
#include "shared/types.h"

#define KL_MAX_RULES 65536

#define KL_RULE_USED (1u << 0)
#define KL_RULE_PER_USER (1u << 1)  /* the user whose socket sends asks for an SA of their own */
#define KL_RULE_HAS_USERS (1u << 2) /* SAs of users may exist: some shape has KL_SHAPE_USER */
/* Negotiation discovery (MS-IKEE 3.7): new flows may be in the clear until there is an SA. */
#define KL_RULE_DISCOVER_OUT (1u << 3) /* this host begins in the clear, and negotiates meanwhile */
#define KL_RULE_DISCOVER_IN (1u << 4)  /* the peer may begin in the clear: the boundary policy flag */
#define KL_RULE_DISCOVER (KL_RULE_DISCOVER_OUT | KL_RULE_DISCOVER_IN)
#define KL_RULE_KERNEL (1u << 5)       /* some of its SAs are, or were, the kernel's */

struct kl_rule {
	__u8 action; /* enum kl_action */
	__u8 mode;   /* enum kl_mode */
	__u8 engine; /* enum kl_engine, as policy says it */
	__u8 flags;  /* KL_RULE_* */
	struct kl_shape shapes[KL_MAX_SHAPES]; /* most specific first */
	char name[28]; /* NUL-terminated, cut if longer */
};
KL_ASSERT_SIZE(struct kl_rule, 64);

#endif
