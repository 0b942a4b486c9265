/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Fixed-width types for both sides of the contract, and the size assertion every map struct carries. */
#ifndef KEYLINE_SHARED_TYPES_H
#define KEYLINE_SHARED_TYPES_H

#include <linux/types.h>

#ifdef __cplusplus
#define KL_ASSERT_SIZE(type, octets) static_assert(sizeof(type) == (octets), "layout of " #type)
#else
#define KL_ASSERT_SIZE(type, octets) _Static_assert(sizeof(type) == (octets), "layout of " #type)
#endif

/* IPv4 takes the first four octets and leaves the rest zero; which family it is stands beside it. */
struct kl_address {
	__u8 octets[16];
};
KL_ASSERT_SIZE(struct kl_address, 16);

#define KL_FAMILY_V4 4
#define KL_FAMILY_V6 6

#endif
