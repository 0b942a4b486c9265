/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * From a packet to the decision about its flow, and from a protect decision to the SA. Global functions (flow.bpf.c):
 * the verifier looks at each once, whatever the state of its callers. All pointers must be valid.
 */
#ifndef KEYLINE_BPF_FLOW_H
#define KEYLINE_BPF_FLOW_H

#include "maps.h"

/*
 * Decides about a tuple in local and remote terms. `ports_known` is 0 for a later fragment whose first one was never
 * seen: such a packet is decided by its addresses where those suffice; 0 is returned where they do not, else 1.
 */
int kl_decide(const struct kl_tuple *tuple, struct kl_flow *flow, int ports_known);

/*
 * The index of the outbound SA of a protected flow of this user's (shared/slot.h); 0: an acquire is wanted. Keeps the
 * slot in the flow.
 */
int kl_outbound_sa(const struct kl_tuple *tuple, struct kl_flow *flow, __u32 user);

/* Adds KL_FLOW_* to what is remembered of a flow that was decided. */
int kl_mark_flow(const struct kl_tuple *tuple, __u32 state);

#endif
