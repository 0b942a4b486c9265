// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Which flows go and come under SAs of the kernel (MS-IKEE 3.7.4.1, 3.7.4.2), for negotiation discovery: TC and XDP see
 * their ESP alone. An object of its own, loaded when an SA wants it: it needs the kernel's BTF.
 *
 * IPv6 packets with extension headers are left out: other packets of their flows tell the same.
 */
#include <linux/bpf.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/xfrm.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "discovery.h"

/* Of these kernel structures, what is read here. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct ns_common {
	unsigned int inum;
};
struct net {
	struct ns_common ns;
};
typedef struct {
	struct net *net;
} possible_net_t;
struct xfrm_state {
	possible_net_t xs_net;
};
struct dst_entry {
	struct xfrm_state *xfrm;
};
struct sec_path {
	int len;
	struct xfrm_state *xvec[1];
};
struct skb_ext {
	__u8 offset[1];
};
struct sk_buff {
	unsigned long _skb_refdst;
	unsigned char *head;
	__u16 transport_header;
	__u16 network_header;
	__u8 active_extensions;
	struct skb_ext *extensions;
};
#pragma clang attribute pop

enum skb_ext_id { SKB_EXT_SEC_PATH = 1 };

#define KL_DST_POINTER (~1ul) /* SKB_DST_PTRMASK */
#define KL_EXTENSION_UNIT 8   /* SKB_EXT_ALIGN_VALUE: offsets count these */

/* The inode of this instance's network namespace. */
const volatile __u32 kl_netns;

static __always_inline bool is_ours(struct xfrm_state *state)
{
	return state && BPF_CORE_READ(state, xs_net.net, ns.inum) == kl_netns;
}

static __always_inline bool read_addresses(struct sk_buff *skb, struct kl_tuple *tuple)
{
	const unsigned char *at = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	struct ipv6hdr v6;
	struct iphdr v4;

	if (bpf_probe_read_kernel(&v4, sizeof(v4), at))
		return false;
	if (v4.version == 4) {
		tuple->family = KL_FAMILY_V4;
		tuple->protocol = v4.protocol;
		__builtin_memcpy(&tuple->local, &v4.saddr, sizeof(v4.saddr));
		__builtin_memcpy(&tuple->remote, &v4.daddr, sizeof(v4.daddr));
		return true;
	}
	if (bpf_probe_read_kernel(&v6, sizeof(v6), at))
		return false;
	tuple->family = KL_FAMILY_V6;
	tuple->protocol = v6.nexthdr;
	__builtin_memcpy(&tuple->local, &v6.saddr, sizeof(v6.saddr));
	__builtin_memcpy(&tuple->remote, &v6.daddr, sizeof(v6.daddr));
	return true;
}

/* As kl_parse_transport() does. */
static __always_inline bool read_ports(struct sk_buff *skb, struct kl_tuple *tuple)
{
	const unsigned char *at = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
	__u8 octets[4];

	if (bpf_probe_read_kernel(octets, sizeof(octets), at))
		return false;
	if (tuple->protocol == IPPROTO_ICMP || tuple->protocol == IPPROTO_ICMPV6) {
		tuple->local_port = (__u16)octets[0] << 8 | octets[1];
	} else if (kl_has_ports(tuple->protocol)) {
		tuple->local_port = (__u16)octets[0] << 8 | octets[1];
		tuple->remote_port = (__u16)octets[2] << 8 | octets[3];
	}
	return true;
}

static __always_inline void note(struct sk_buff *skb, bool inbound)
{
	struct kl_config *config = kl_get_config();
	struct kl_tuple tuple = {};
	struct kl_flow flow = {};

	if (!config || !config->discovery || !read_addresses(skb, &tuple) || !read_ports(skb, &tuple))
		return;
	if (inbound)
		kl_turn_tuple(&tuple);
	if (kl_decide(&tuple, &flow, true))
		kl_note_secure(&tuple, &flow);
}

/* int xfrm_output(struct sock *sk, struct sk_buff *skb): a packet begins to be sealed. */
SEC("fentry/xfrm_output")
int kl_watch_sealed(__u64 *arguments)
{
	struct sk_buff *skb = (void *)arguments[1];
	struct dst_entry *route = (void *)(BPF_CORE_READ(skb, _skb_refdst) & KL_DST_POINTER);

	if (is_ours(BPF_CORE_READ(route, xfrm)))
		note(skb, false);
	return 0;
}

/*
 * int __xfrm_policy_check(struct sock *sk, int dir, struct sk_buff *skb, unsigned short family): whether a packet, if it was
 * opened, is within the selectors of its SAs.
 */
SEC("fexit/__xfrm_policy_check")
int kl_watch_opened(__u64 *arguments)
{
	struct sk_buff *skb = (void *)arguments[2];
	int direction = arguments[1], passed = arguments[4];
	__u32 kind = bpf_core_enum_value(enum skb_ext_id, SKB_EXT_SEC_PATH);
	struct skb_ext *extensions;
	struct sec_path *path;
	__u8 units;

	if (!passed || (direction != XFRM_POLICY_IN && direction != XFRM_POLICY_FWD) ||
	    !(BPF_CORE_READ(skb, active_extensions) & 1u << kind))
		return 0;
	extensions = BPF_CORE_READ(skb, extensions);
	if (bpf_probe_read_kernel(&units, sizeof(units), (__u8 *)extensions + bpf_core_field_offset(extensions->offset) + kind))
		return 0;
	path = (void *)((__u8 *)extensions + units * KL_EXTENSION_UNIT);
	if (BPF_CORE_READ(path, len) > 0 && is_ours(BPF_CORE_READ(path, xvec[0])))
		note(skb, true);
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
