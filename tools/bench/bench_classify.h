/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What bench-classify and its program agree on. */
#ifndef KEYLINE_BENCH_CLASSIFY_H
#define KEYLINE_BENCH_CLASSIFY_H

#define BENCH_TUPLES 65536
#define BENCH_LOOKUPS 262144 /* per run */

enum bench_what { BENCH_NOTHING = 0, BENCH_CLASSIFY = 1, BENCH_DECIDE = 2 };

#endif
