# SPDX-License-Identifier: Apache-2.0
"""The contents of any BPF map as octets: arrays by mapping them, as decoding 65,536 entries takes bpftool minutes."""

import ctypes
import json
import mmap
import os

_BPF_F_MMAPABLE = 1 << 10


def _mapped_octets(number, size):
    libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
    descriptor = libbpf.bpf_map_get_fd_by_id(number)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), f"BPF map {number}")
    try:
        with mmap.mmap(descriptor, size, mmap.MAP_SHARED, mmap.PROT_READ) as memory:
            return memory[:]
    finally:
        os.close(descriptor)


def octets_of(host, *which):
    """Everything in a map that bpftool would name by `which`, as in ("pinned", PATH): its memory if it is mappable,
    else what bpftool prints."""
    about = json.loads(host.output("bpftool", "--json", "map", "show", *which))
    if about["flags"] & _BPF_F_MMAPABLE:
        # The kernel lays values out at multiples of eight octets.
        stride = (about["bytes_value"] + 7) // 8 * 8
        return _mapped_octets(about["id"], stride * about["max_entries"])
    # Maps that hold sockets, and the event ring, have nothing to dump.
    return host.run("bpftool", "--json", "map", "dump", *which, check=False).stdout.encode()
