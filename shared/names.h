/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What people are shown for numbers in the maps. For user space. */
#ifndef KEYLINE_SHARED_NAMES_H
#define KEYLINE_SHARED_NAMES_H

#include "shared/config.h"
#include "shared/port.h"

static inline const char *kl_xdp_mode_name(unsigned int mode)
{
	switch (mode) {
	case KL_XDP_NATIVE:
		return "native";
	case KL_XDP_GENERIC:
		return "generic";
	default:
		return "none";
	}
}

static inline const char *kl_xsk_mode_name(unsigned int mode)
{
	switch (mode) {
	case KL_XSK_ZEROCOPY:
		return "zero-copy";
	case KL_XSK_COPY:
		return "copy";
	case KL_XSK_GENERIC:
		return "generic";
	default:
		return "none";
	}
}

static inline const char *kl_crypto_engine_name(unsigned int engine)
{
	switch (engine) {
	case KL_CRYPTO_OPENSSL:
		return "openssl";
	case KL_CRYPTO_IPSEC_MB:
		return "ipsec-mb";
	default:
		return "none";
	}
}

#endif
