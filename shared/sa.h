/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Security associations (RFC 4301 4.4.2). An SA has an index, which names it in every map; index 0 is no SA.
 *
 *   kl_sas         HASH   index -> struct kl_sa        public: what `bpftool map dump` shows an operator
 *   kl_sa_keys     HASH   index -> struct kl_sa_keys   key octets, and nothing else, live here
 *   kl_sa_state    ARRAY  index -> struct kl_sa_state  mmap-able: what changes per packet
 *   kl_sa_by_spi   HASH   struct kl_spi_key -> index   inbound SAs; with KL_SPI_KERNEL where the kernel has the SA
 *   kl_cpus        CPUMAP number -> struct bpf_cpumap_val   the CPUs that open ESP of kernel SAs (kl_sa.cpu)
 *
 * keylined writes kl_sa_keys, kl_sas and kl_sa_state (epoch last), then kl_sa_by_spi or the slot; it removes in the
 * opposite order. keyline-fastpath reads the first two when an epoch is new to it, and owns the rest of kl_sa_state.
 * For SAs of the kernel, keylined copies into kl_sa_state what the kernel counts, about once a second.
 */
#ifndef KEYLINE_SHARED_SA_H
#define KEYLINE_SHARED_SA_H

#include "shared/types.h"

enum kl_direction { KL_INBOUND = 0, KL_OUTBOUND = 1 };
/* KL_AUTH_FIREWALL is transport mode of which only the first packet of a connection makes use (MS-AIPS 3.10). */
enum kl_mode { KL_TRANSPORT = 0, KL_TUNNEL = 1, KL_AUTH_FIREWALL = 2 };
/* Who does the ESP of an SA: XFRM, or keyline-fastpath. */
enum kl_engine { KL_ENGINE_AUTO = 0, KL_ENGINE_KERNEL = 1, KL_ENGINE_FASTPATH = 2 };

/* What a network device does of an SA of the kernel: nothing, the cryptography, or all of ESP. */
enum kl_offload { KL_OFFLOAD_NONE = 0, KL_OFFLOAD_CRYPTO = 1, KL_OFFLOAD_PACKET = 2 };

/* The numbers of policy::Encryption and policy::Integrity. */
enum kl_encryption {
	KL_ENCR_NULL = 0,
	KL_ENCR_DES_CBC = 1,
	KL_ENCR_3DES_CBC = 2,
	KL_ENCR_AES_CBC = 3,
	KL_ENCR_AES_GCM_16 = 4,
	KL_ENCR_AES_GMAC = 5,
};
enum kl_integrity {
	KL_INTEG_NONE = 0,
	KL_INTEG_HMAC_MD5_96 = 1,
	KL_INTEG_HMAC_SHA1_96 = 2,
	KL_INTEG_HMAC_SHA2_256_128 = 3,
	KL_INTEG_HMAC_SHA2_384_192 = 4,
	KL_INTEG_HMAC_SHA2_512_256 = 5,
};

/* Suites that only OpenSSL carries here, whatever engine the workers have: old ones, and one without encryption. */
static inline int kl_needs_openssl(__u8 encryption, __u8 integrity)
{
	return encryption == KL_ENCR_DES_CBC || encryption == KL_ENCR_3DES_CBC || encryption == KL_ENCR_AES_GMAC ||
	       integrity == KL_INTEG_HMAC_MD5_96;
}

#define KL_SA_ESN (1u << 0)
#define KL_SA_UDP_ENCAP (1u << 1)
#define KL_SA_FOLLOW_PEER (1u << 2) /* the peer is behind a NAT, which may give it another address or port (RFC 3947 7) */
#define KL_SA_BOUNDARY (1u << 3) /* the peer takes this traffic in the clear, too (MS-IKEE 3.7.1) */

/* Ports and protocol in host order, 0: any. */
struct kl_selector {
	struct kl_address local;
	struct kl_address remote;
	__u8 local_prefix;
	__u8 remote_prefix;
	__u8 family; /* KL_FAMILY_* */
	__u8 protocol;
	__u16 local_port;
	__u16 remote_port;
};
KL_ASSERT_SIZE(struct kl_selector, 40);

struct kl_sa {
	__u32 spi;      /* host order */
	__u32 twin_spi; /* of the other direction's SA of the same quick mode */
	__u32 epoch;    /* unique per installation: tells a reused index from the SA that had it before */
	__u32 slot;     /* outbound: the slot that leads here; inbound: 0 */
	__u32 rule;
	__u32 impersonation_handle;
	__u8 direction;  /* enum kl_direction */
	__u8 mode;       /* enum kl_mode */
	__u8 engine;     /* enum kl_engine, never AUTO: what this SA really uses */
	__u8 family;     /* of the outer addresses */
	__u8 encryption; /* enum kl_encryption */
	__u8 integrity;  /* enum kl_integrity */
	__u16 flags;     /* KL_SA_* */
	struct kl_address local;  /* outer, or in transport mode the only, addresses */
	struct kl_address remote;
	struct kl_selector selector;
	__u16 encap_local_port; /* host order; 0 without KL_SA_UDP_ENCAP */
	__u16 encap_remote_port;
	__u32 replay_window;    /* packets */
	__u64 installed;        /* CLOCK_REALTIME, seconds */
	__u64 soft_seconds, hard_seconds; /* after `installed`; 0: none */
	__u64 soft_octets, hard_octets;   /* of plaintext IP packets */
	__u64 soft_packets, hard_packets;
	__u8 key_octets;        /* of the cipher key without salt; 0 for KL_ENCR_NULL */
	__u8 offload;           /* kernel: enum kl_offload, what the device at offload_ifindex does */
	__u16 cpu;              /* inbound, kernel: 1 + the CPU that XDP takes its packets to; 0: the one they come to */
	__u32 xfrm_ifindex;     /* outbound, kernel: the XFRM interface that leads to it; 0: the stack does, by a policy */
	/* Kernel: inbound what it marks packets with, outbound what its policy wants of their marks (user_mark.h). */
	__u32 mark, mark_mask;
	__u32 offload_ifindex;
	__u32 raw_mark;         /* outbound, kernel: what a raw socket sends with it meets the SA (user_mark.h); 0: by its `mark` */
	char peer[64];          /* authenticated name, NUL-terminated, cut if longer */
};
KL_ASSERT_SIZE(struct kl_sa, 256);

struct kl_sa_keys {
	__u8 encryption[36]; /* cipher key, then the 4-octet salt where the suite has one */
	__u8 integrity[64];
	__u8 encryption_octets; /* with the salt */
	__u8 integrity_octets;
	__u8 reserved[2];
};
KL_ASSERT_SIZE(struct kl_sa_keys, 104);

#define KL_REPLAY_MAX_WINDOW 2048
#define KL_REPLAY_WORDS (KL_REPLAY_MAX_WINDOW / 64 + 1) /* RFC 6479: one word more than the window */

#define KL_SA_SOFT_EXPIRED (1u << 0)
#define KL_SA_HARD_EXPIRED (1u << 1)

struct kl_sa_state {
	__u32 epoch; /* of the SA this state belongs to; 0: the index is free */
	__u32 flags; /* KL_SA_SOFT_EXPIRED, KL_SA_HARD_EXPIRED */
	__u64 sequence; /* outbound: last number used, taken by atomic add; inbound: highest number authenticated */
	__u64 packets;
	__u64 octets;    /* of plaintext IP packets */
	__u64 last_used; /* CLOCK_MONOTONIC, nanoseconds */
	__u64 errors;    /* packets dropped by this SA, whatever the reason; of these: */
	__u64 replay;    /* KL_REASON_DROP_REPLAY */
	__u64 icv;       /* KL_REASON_DROP_ICV */
	__u64 selector;  /* KL_REASON_DROP_SELECTOR; the kernel does not tell whose they are */
	__u32 lock;      /* inbound: guards sequence and window between workers */
	__u32 reserved;
	__u64 source;    /* KL_SA_FOLLOW_PEER, inbound: of the newest authenticated packet, as kl_source() has it */
	__u64 window[KL_REPLAY_WORDS];
	__u32 kernel_replay; /* what its state in the kernel had counted when keylined looked last */
	__u32 kernel_icv;
	__u64 reserved64[3]; /* whole cache lines, so that two SAs share none */
};
KL_ASSERT_SIZE(struct kl_sa_state, 384);

/* An IPv4 address, as it lies in the header, and a port in host order, in one word, so that both change at once. */
static inline __u64 kl_source(const __u8 *address, __u16 port)
{
	return (__u64)address[0] << 40 | (__u64)address[1] << 32 | (__u64)address[2] << 24 | (__u64)address[3] << 16 | port;
}

#define KL_SPI_KERNEL (1u << 31)
#define KL_SPI_CPU_SHIFT 20 /* with KL_SPI_KERNEL, above the index: kl_sa.cpu, in ... */
#define KL_SPI_CPU_MASK 0x7ff

/* The destination keeps two local addresses apart (RFC 4301 4.1). */
struct kl_spi_key {
	__u32 spi; /* host order */
	__u32 family;
	struct kl_address local;
};
KL_ASSERT_SIZE(struct kl_spi_key, 24);

#endif
