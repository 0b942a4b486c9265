/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The maps of an instance, by the name they are pinned under, and where each is described. (mmap) marks arrays that
 * user space maps into memory.
 *
 *   kl_config           ARRAY 1 (mmap)       config.h          kl_ports            ARRAY (mmap)   port.h
 *   kl_port_by_ifindex  HASH                 port.h            kl_xsks             XSKMAP         port.h
 *   kl_rules            ARRAY (mmap)         rule.h            kl_selectors        ARRAY_OF_MAPS  selector_table.h
 *   kl_flows            LRU HASH             flow.h            kl_fragments        LRU HASH       flow.h
 *   kl_slots            ARRAY (mmap)         slot.h            kl_slot_by_key      HASH           slot.h
 *   kl_acquires         LRU HASH             slot.h            kl_events           RINGBUF        event.h
 *   kl_sas              HASH                 sa.h              kl_sa_keys          HASH           sa.h
 *   kl_sa_state         ARRAY (mmap)         sa.h              kl_sa_by_spi        HASH           sa.h
 *   kl_counters         PERCPU_ARRAY         reasons.h         kl_worker_counters  ARRAY (mmap)   worker.h
 *   kl_dos_cookies      ARRAY 1 (mmap)       dos_cookie.h      kl_connections      LRU HASH       flow.h
 *   kl_cpus             CPUMAP               sa.h              kl_mark_by_user     HASH           user_mark.h
 *   kl_user_marks       ARRAY 1 (mmap)       user_mark.h
 */
#ifndef KEYLINE_SHARED_MAPS_H
#define KEYLINE_SHARED_MAPS_H

/* Entries of the maps whose size is chosen when the instance is made; keylined may choose others. */
#define KL_DEFAULT_SAS 8192
#define KL_DEFAULT_FLOWS 65536
#define KL_DEFAULT_FRAGMENTS 4096
#define KL_DEFAULT_ACQUIRES 4096
#define KL_EVENT_RING_OCTETS (256 * 1024)

/* Entries of kl_counters: enum kl_reason, with room for reasons to come. */
#define KL_COUNTERS 64

#endif
