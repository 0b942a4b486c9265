/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Events to keylined, each raised at most once per acquire interval for what it is about. The functions return 0. */
#ifndef KEYLINE_BPF_EVENTS_H
#define KEYLINE_BPF_EVENTS_H

#include "shared/event.h"

int kl_raise_acquire(const struct kl_tuple *tuple, __u32 rule_id, __u32 ifindex, __u32 user);
/* `tuple` as it came. Anybody can send such ESP: there are few events in all, and peers share them. */
int kl_raise_stray_esp(const struct kl_tuple *tuple, __u32 ifindex);
int kl_raise_neighbour(const struct kl_address *next_hop, __u32 family, __u32 ifindex);

#endif
