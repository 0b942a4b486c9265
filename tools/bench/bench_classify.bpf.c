// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Runs the classifier over a table of tuples, so that one BPF_PROG_TEST_RUN times many lookups. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bench_classify.h"
#include "flow.h"
#include "maps.h"
#include "selectors.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BENCH_TUPLES);
	__type(key, __u32);
	__type(value, struct kl_tuple);
} bench_tuples SEC(".maps");

__u32 bench_what;     /* enum bench_what */
__u32 bench_distinct; /* tuples to cycle through, a power of two */
__u32 bench_matched;  /* lookups that found a rule: shows that the work was done */

static long bench_step(__u32 i, void *unused)
{
	__u32 index = i & (bench_distinct - 1);
	struct kl_tuple *tuple = bpf_map_lookup_elem(&bench_tuples, &index);
	struct kl_match match = {};
	struct kl_flow flow = {};

	if (!tuple)
		return 1;
	if (bench_what == BENCH_CLASSIFY) {
		kl_classify(tuple, &match);
		bench_matched += match.rule != 0;
	} else if (bench_what == BENCH_DECIDE) {
		kl_decide(tuple, &flow, 1);
		bench_matched += flow.rule != 0;
	}
	return 0;
}

SEC("xdp")
int bench_run(struct xdp_md *xdp)
{
	bpf_loop(BENCH_LOOKUPS, bench_step, NULL, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
