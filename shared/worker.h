/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What each fast path worker counted: map kl_worker_counters (ARRAY of KL_MAX_WORKERS, mmap-able), by worker number. */
#ifndef KEYLINE_SHARED_WORKER_H
#define KEYLINE_SHARED_WORKER_H

#include "shared/reasons.h"
#include "shared/types.h"

#define KL_MAX_WORKER_REASONS 64

/* Written by one worker thread only, read by anyone. The counts survive a restart of keyline-fastpath. */
struct kl_worker_counters {
	__u64 by_reason[KL_MAX_WORKER_REASONS]; /* packets, by enum kl_reason */
};
KL_ASSERT_SIZE(struct kl_worker_counters, 512);

#endif
