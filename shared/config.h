/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What holds for a whole instance: the one entry of map kl_config (ARRAY, mmap-able). */
#ifndef KEYLINE_SHARED_CONFIG_H
#define KEYLINE_SHARED_CONFIG_H

#include "shared/types.h"

#define KL_CONTRACT_VERSION 5

/* Where the maps and links of an instance are pinned: KL_PIN_ROOT "/" instance "/" map name. */
#define KL_PIN_ROOT "/sys/fs/bpf/keyline"

struct kl_config {
	__u32 version;            /* KL_CONTRACT_VERSION; a daemon does not adopt maps of another version */
	__u32 policy_generation;  /* flow entries of another generation are void */
	__u32 sa_events;          /* rises when a worker changes flags or source of a kl_sa_state */
	__u32 ports_epoch;        /* rises when any kl_port changes */
	__u64 worker_heartbeat;   /* CLOCK_MONOTONIC nanoseconds, written by keyline-fastpath */
	__u32 worker_pid;
	__u32 worker_engine;      /* enum kl_crypto_engine */
	__u32 handover_ifindex;   /* the near (kernel's) end of the handover veth pair */
	__u32 hold;               /* 1: packets that wait for an SA go to the fast path to be held; 0: dropped */
	__u8 default_action;      /* for packets no rule covers: KL_ACTION_BYPASS or KL_ACTION_BLOCK */
	__u8 xfrm_share;          /* 1 + which share of the XFRM numbers is the instance's (datapath/xfrm_share.h); 0: none yet */
	__u16 ike_port;           /* UDP ports of our own IKE sockets, host order: never subject to policy */
	__u16 nat_port;           /* of IKE and UDP-encapsulated ESP (RFC 3948) */
	__u16 reserved16;
	__u32 acquire_interval_ms; /* an acquire unanswered for so long is raised again by the next packet */
	__u32 last_epoch;         /* of struct kl_sa; the next SA gets one more */
	__u32 discovery;          /* 1: some rule has KL_RULE_DISCOVER */
	__u32 auth_firewall;      /* 1: some rule has KL_AUTH_FIREWALL */
};
KL_ASSERT_SIZE(struct kl_config, 64);

enum kl_crypto_engine { KL_CRYPTO_NONE = 0, KL_CRYPTO_OPENSSL = 1, KL_CRYPTO_IPSEC_MB = 2 };
enum kl_action { KL_ACTION_BYPASS = 0, KL_ACTION_PROTECT = 1, KL_ACTION_BLOCK = 2 };

#define KL_MAX_WORKERS 16

#endif
