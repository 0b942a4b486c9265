/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Events to keylined, each raised at most once per acquire interval for what it is about. Both functions return 0. */
#ifndef KEYLINE_BPF_EVENTS_H
#define KEYLINE_BPF_EVENTS_H

#include "shared/event.h"

int kl_raise_acquire(const struct kl_tuple *tuple, __u32 rule_id, __u32 ifindex);
int kl_raise_neighbour(const struct kl_address *next_hop, __u32 family, __u32 ifindex);

#endif
