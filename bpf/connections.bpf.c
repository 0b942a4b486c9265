// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "connections.h"

int kl_note_connection(const struct kl_tuple *tuple, __u32 user, __u32 flags)
{
	struct kl_connection fresh = { .user = user, .flags = flags };
	struct kl_connection *known;
	struct kl_tuple key;

	if (!tuple)
		return 0;
	kl_make_connection_key(&key, tuple);
	known = bpf_map_lookup_elem(&kl_connections, &key);
	if (!known) {
		bpf_map_update_elem(&kl_connections, &key, &fresh, BPF_ANY);
		return 0;
	}
	if (user && known->user != user)
		known->user = user;
	if ((known->flags & flags) != flags)
		__sync_fetch_and_or(&known->flags, flags);
	return 0;
}

int kl_open_connection(const struct kl_tuple *tuple, __u32 user)
{
	struct kl_connection *connection;

	if (!tuple)
		return 0;
	kl_note_connection(tuple, user, 0);
	connection = kl_find_connection(tuple);
	if (connection)
		kl_authorize(connection, 0, bpf_ktime_get_ns());
	return 0;
}

int kl_is_secure(const struct kl_tuple *tuple)
{
	struct kl_connection *connection;

	if (!tuple)
		return 0;
	connection = kl_find_connection(tuple);
	return connection && connection->flags & KL_CONNECTION_SECURE;
}
