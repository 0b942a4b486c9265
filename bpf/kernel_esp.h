/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The way to kernel ESP, for SAs whose engine is the kernel (docs/decisions/0006-kernel-esp.md).
 *
 * Out: a packet for such an SA is redirected to the XFRM interface that leads to it; what comes out is ESP, passes the
 * same egress and is let through. Where the stack has a policy for the SA, the packet was ESP before it got here.
 * What the stack has let pass because it does not know whose it is goes to the fast path, which knows and gives it back to
 * the stack with a mark (docs/decisions/0007-users-on-kernel-esp.md).
 * In: XDP finds the SPI and passes the packet, on the CPU of the SA; the stack opens it and checks the SA's selectors.
 */
#ifndef KEYLINE_BPF_KERNEL_ESP_H
#define KEYLINE_BPF_KERNEL_ESP_H

#include <linux/pkt_cls.h>

#include "fragments.h"
#include "maps.h"
#include "users.h"

static __always_inline int kl_to_kernel_esp(const struct kl_sa *sa)
{
	if (!sa->xfrm_ifindex) {
		kl_count(KL_REASON_DROP_NOT_TRANSFORMED);
		return TC_ACT_SHOT;
	}
	kl_count(KL_REASON_OUT_KERNEL);
	return bpf_redirect(sa->xfrm_ifindex, 0);
}

/* To the stack, on the CPU of the SA. All packets of an SA go that way, so that they stay in their order. */
static __always_inline int kl_open_in_kernel(__u16 cpu)
{
	if (cpu && bpf_redirect_map(&kl_cpus, cpu - 1, XDP_PASS) == XDP_REDIRECT) {
		kl_count(KL_REASON_IN_SPREAD);
		return XDP_REDIRECT;
	}
	kl_count(KL_REASON_IN_KERNEL);
	return XDP_PASS;
}

static __always_inline __u16 kl_cpu_of(__u32 spi_entry)
{
	return spi_entry >> KL_SPI_CPU_SHIFT & KL_SPI_CPU_MASK;
}

/*
 * Whether the stack would seal the packet if it knew whose it is. Fragments it cannot seal (RFC 4303 3.3.4). What the fast
 * path has sent already has one bit or the other.
 */
static __always_inline bool kl_wants_mark(struct __sk_buff *skb, const struct kl_packet *packet, const struct kl_sa *sa,
					  const struct kl_rule *rule)
{
	return !sa->xfrm_ifindex && rule->flags & KL_RULE_HAS_USERS && !(skb->mark & (KL_MARK_DECIDED | KL_MARK_PEER)) &&
	       !packet->first_fragment && !packet->later_fragment && kl_get_user_marks();
}

/*
 * Whether a fragment of ESP is the stack's to reassemble. Only the first one has the SPI; one that overtakes it goes to
 * the fast path, which knows no SA for it. `said` is what the first one leaves.
 */
static __always_inline bool kl_is_kernel_fragment(const struct kl_packet *packet, __u32 spi_entry,
						  struct kl_fragment *said)
{
	if (packet->later_fragment)
		return said->kind == KL_FRAGMENT_KERNEL;
	if (!(spi_entry & KL_SPI_KERNEL))
		return false;
	said->cpu = kl_cpu_of(spi_entry);
	kl_keep_fragment(packet, KL_FRAGMENT_KERNEL, said->cpu);
	return true;
}

#endif
