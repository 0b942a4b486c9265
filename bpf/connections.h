/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The connection state table (MS-AIPS 3.1.1; shared/flow.h). */
#ifndef KEYLINE_BPF_CONNECTIONS_H
#define KEYLINE_BPF_CONNECTIONS_H

#include "maps.h"
#include "parse.h"

static __always_inline struct kl_connection *kl_find_connection(const struct kl_tuple *tuple)
{
	struct kl_tuple key;

	kl_make_connection_key(&key, tuple);
	return bpf_map_lookup_elem(&kl_connections, &key);
}

/* Adds KL_CONNECTION_* to an entry that may be new, and its user unless that is 0. A global function. Returns 0. */
int kl_note_connection(const struct kl_tuple *tuple, __u32 user, __u32 flags);

/* The first packet of a connection of this host's goes under an authenticated firewall SA (MS-AIPS 3.1.7.7). As above. */
int kl_open_connection(const struct kl_tuple *tuple, __u32 user);

/* MS-IKEE 3.7.1: whether a packet of the flow went or came under an SA. As above. */
int kl_is_secure(const struct kl_tuple *tuple);

#endif
