/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Whose a packet is, in its mark (docs/decisions/0007-users-on-kernel-esp.md): the kernel's own policies know no users.
 * In use from the first SA of a user's that the kernel carries on.
 *
 *   bit 31        it is decided whose the packet is
 *   bit 30        it is a user's of a peer
 *   bits 20 - 29  the user, 0: the machine
 *
 * Of a packet that keyline-fastpath sends by a raw socket, where the policies do not see protocol and ports either, for an
 * SA of one protocol or port (kl_sa.raw_mark):
 *
 *   bit 31        0
 *   bit 30        1
 *   bits 20 - 29  the SA, among those between the same addresses
 *
 *   kl_user_marks    ARRAY 1 (mmap)  struct kl_user_marks
 *   kl_mark_by_user  HASH            impersonation handle -> mark
 *
 * A mark is never given to another user: sockets keep theirs.
 */
#ifndef KEYLINE_SHARED_USER_MARK_H
#define KEYLINE_SHARED_USER_MARK_H

#include "shared/slot.h"
#include "shared/types.h"

#define KL_MARK_DECIDED 0x80000000u
#define KL_MARK_PEER 0x40000000u
#define KL_MARK_USER_SHIFT 20
#define KL_MARK_MASK 0xfff00000u /* what is ours of a mark */

#define KL_RAW_MARKS 1024
#define KL_MAX_USER_MARKS 1024 /* with the machine's */

struct kl_user_marks {
	__u32 active;   /* 1: packets are marked */
	__u32 per_user; /* 1: some rule asks whose this host's sockets are */
	__u64 netns;    /* cookie of the network namespace of this instance */
	__u32 last;     /* the user with the newest mark; taken by atomic add */
	__u32 reserved;
	__u32 users[KL_MAX_USER_MARKS]; /* impersonation handles, by the number in the mark; 0: the machine */
};
KL_ASSERT_SIZE(struct kl_user_marks, 24 + 4 * KL_MAX_USER_MARKS);

static inline __u32 kl_make_user_mark(__u32 number, __u32 user)
{
	return KL_MARK_DECIDED | (user >= KL_PEER_USERS ? KL_MARK_PEER : 0) | number << KL_MARK_USER_SHIFT;
}

static inline __u32 kl_make_raw_mark(__u32 number)
{
	return KL_MARK_PEER | number << KL_MARK_USER_SHIFT;
}

static inline __u32 kl_raw_mark_number(__u32 mark)
{
	return mark >> KL_MARK_USER_SHIFT & (KL_RAW_MARKS - 1);
}

/* The impersonation handle of a mark that is decided. */
static inline __u32 kl_marked_user(const struct kl_user_marks *marks, __u32 mark)
{
	return marks->users[mark >> KL_MARK_USER_SHIFT & (KL_MAX_USER_MARKS - 1)];
}

#endif
