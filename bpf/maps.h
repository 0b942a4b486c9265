/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The maps of shared/maps.h, as the programs see them. keylined sets the sizes that are configurable before it loads. */
#ifndef KEYLINE_BPF_MAPS_H
#define KEYLINE_BPF_MAPS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "shared/config.h"
#include "shared/dos_cookie.h"
#include "shared/event.h"
#include "shared/flow.h"
#include "shared/maps.h"
#include "shared/port.h"
#include "shared/reasons.h"
#include "shared/rule.h"
#include "shared/sa.h"
#include "shared/selector_table.h"
#include "shared/slot.h"
#include "shared/user_mark.h"
#include "shared/worker.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kl_config);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_config SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, KL_MAX_PORTS);
	__type(key, __u32);
	__type(value, struct kl_port);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_ports SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KL_MAX_PORTS);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_port_by_ifindex SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, KL_MAX_PORTS * KL_MAX_QUEUES);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_xsks SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, KL_MAX_RULES);
	__type(key, __u32);
	__type(value, struct kl_rule);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_rules SEC(".maps") __weak;

struct kl_cells {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct kl_table_header));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__array(values, struct kl_cells);
} kl_selectors SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KL_DEFAULT_FLOWS);
	__type(key, struct kl_flow_key);
	__type(value, struct kl_flow);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_flows SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KL_DEFAULT_FRAGMENTS);
	__type(key, struct kl_fragment_key);
	__type(value, struct kl_fragment);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_fragments SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KL_DEFAULT_FLOWS);
	__type(key, struct kl_tuple);
	__type(value, struct kl_connection);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_connections SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, KL_DEFAULT_SAS);
	__type(key, __u32);
	__type(value, struct kl_slot);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_slots SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KL_DEFAULT_SAS);
	__type(key, struct kl_slot_key);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_slot_by_key SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KL_DEFAULT_ACQUIRES);
	__type(key, struct kl_slot_key);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_acquires SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, KL_EVENT_RING_OCTETS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_events SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KL_DEFAULT_SAS);
	__type(key, __u32);
	__type(value, struct kl_sa);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_sas SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KL_DEFAULT_SAS);
	__type(key, __u32);
	__type(value, struct kl_sa_keys);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_sa_keys SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, KL_DEFAULT_SAS);
	__type(key, __u32);
	__type(value, struct kl_sa_state);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_sa_state SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KL_DEFAULT_SAS);
	__type(key, struct kl_spi_key);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_sa_by_spi SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_cpus SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KL_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_counters SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, KL_MAX_WORKERS);
	__type(key, __u32);
	__type(value, struct kl_worker_counters);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_worker_counters SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kl_dos_cookies);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_dos_cookies SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kl_user_marks);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_user_marks SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KL_MAX_USER_MARKS);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kl_mark_by_user SEC(".maps") __weak;

static __always_inline void kl_count(enum kl_reason reason)
{
	__u32 index = reason;
	__u64 *counter = bpf_map_lookup_elem(&kl_counters, &index);

	if (counter)
		(*counter)++;
}

static __always_inline struct kl_config *kl_get_config(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&kl_config, &zero);
}

#endif
