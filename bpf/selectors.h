/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef KEYLINE_BPF_SELECTORS_H
#define KEYLINE_BPF_SELECTORS_H

#include <linux/types.h>

#include "shared/slot.h"

struct kl_match {
	__u32 rule; /* 0: none */
	__u32 table_flags; /* KL_TABLE_* of the table in force */
};

/* Which rule covers the tuple. A global function, so that the verifier looks at it once. Returns 0. */
int kl_classify(const struct kl_tuple *tuple, struct kl_match *match);

#endif
