/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Later fragments go the way of their first one, which alone says ports (and for IPv6, the protocol). Functions of their own,
 * so that their keys are not on the stacks of those who call them.
 */
#ifndef KEYLINE_BPF_FRAGMENTS_H
#define KEYLINE_BPF_FRAGMENTS_H

#include "parse.h"
#include "shared/flow.h"

/* Fills in what a later fragment does not say, from what its first fragment left; 0 when that was never seen. */
int kl_recall_fragment(struct kl_packet *packet, struct kl_fragment *said);

/* `kind` is an enum kl_fragment_kind; `cpu` is kl_sa.cpu for KL_FRAGMENT_KERNEL. */
int kl_keep_fragment(const struct kl_packet *packet, __u32 kind, __u32 cpu);

static __always_inline void kl_remember_fragment(const struct kl_packet *packet, enum kl_fragment_kind kind)
{
	kl_keep_fragment(packet, kind, 0);
}

#endif
