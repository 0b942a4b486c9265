// SPDX-License-Identifier: Apache-2.0
// For LD_PRELOAD: on kernels without ESP an IKE daemon believes that its SAs were installed, and goes on. Policies
// are the kernel's still; no packet is ever protected.
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

static bool option_is(int fd, int option, int expected)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 && value == expected;
}

static bool about_sa(const struct nlmsgerr *answer)
{
	switch (answer->msg.nlmsg_type) {
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA:
		return true;
	case XFRM_MSG_DELSA:
		return answer->error == -ESRCH;
	default:
		return false;
	}
}

static void turn_refusals(void *octets, ssize_t size)
{
	int left = (int)size;

	for (struct nlmsghdr *message = octets; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
		struct nlmsgerr *answer = NLMSG_DATA(message);

		if (message->nlmsg_type == NLMSG_ERROR && message->nlmsg_len >= NLMSG_LENGTH(sizeof(*answer)) &&
		    about_sa(answer))
			answer->error = 0;
	}
}

ssize_t recvfrom(int fd, void *octets, size_t size, int flags, struct sockaddr *from, socklen_t *from_size)
{
	ssize_t (*next)(int, void *, size_t, int, struct sockaddr *, socklen_t *) = dlsym(RTLD_NEXT, "recvfrom");
	ssize_t received = next(fd, octets, size, flags, from, from_size);

	if (received > 0 && option_is(fd, SO_DOMAIN, AF_NETLINK) && option_is(fd, SO_PROTOCOL, NETLINK_XFRM))
		turn_refusals(octets, received);
	return received;
}

ssize_t recv(int fd, void *octets, size_t size, int flags)
{
	return recvfrom(fd, octets, size, flags, NULL, NULL);
}
