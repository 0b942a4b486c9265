# SPDX-License-Identifier: Apache-2.0
"""Honest negotiations per second while a flood of first messages runs. tools/bench/bench-flood starts this."""

import argparse
import concurrent.futures
import ipaddress
import json
import os
import socket
import statistics
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from lab import inject  # noqa: E402
from lab.cable import Cable  # noqa: E402
from lab.host import BUILD  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.processes import wait_until  # noqa: E402

METHOD = """Host b negotiates with host a over and over, {peers} negotiations at a time (anonymous, ecp256; main mode, quick
mode, both deleted again), while a flood of first messages from addresses of {spoofed} reaches a: BPF_PROG_TEST_RUN
makes live frames as fast as it can. Hosts and flood share {cpus} CPUs. Medians of {rounds} rounds of {seconds} s, in turns;
the ratio is to the rate without a flood.
"""
SPOOFED = ipaddress.ip_network("10.128.0.0/9")
HONEST = ipaddress.ip_network("10.78.0.0/24")
PEERS = 16
# What is said to the spoofed addresses costs next to nothing behind the cable's end.
DROP_SPOOFED = """
struct xdp_md { unsigned data, data_end; };
enum { DROP = 1, PASS = 2 };
__attribute__((section("xdp"))) int drop_spoofed(struct xdp_md *xdp)
{
    unsigned char *frame = (void *)(long)xdp->data;

    if (frame + 34 > (unsigned char *)(long)xdp->data_end)
        return PASS;
    return frame[30] == 10 && frame[31] >= 128 ? DROP : PASS; /* the destination, IPv4 */
}
"""
NEVER = 10000  # as dos_threshold: that many unfinished negotiations are the limit of all

# Name, whether XDP sees the flood, dos_threshold, whether there is a flood.
CASES = [
    ("no flood", True, 500, False),
    ("cookie in XDP", True, 500, True),
    ("cookie in keylined", False, 500, True),
    ("no cookie", False, NEVER, True),
]


def configuration(host, lab, in_xdp, threshold):
    """`b` reaches `a` under many addresses, so that its negotiations do not wait for each other."""
    rules = [{"name": "honest", "local": str(HONEST), "remote": lab.b.address, "action": "protect"},
             {"name": "spoofed", "local": str(HONEST), "remote": str(SPOOFED), "action": "protect"}]
    if host is lab.b:
        rules = [{"name": "honest", "local": lab.b.address, "remote": str(HONEST), "action": "protect"}]
    document = host.configuration(*rules)
    document["auth"] = {"anonymous": {}}
    document["main_mode"] = {"auth": ["anonymous"], "dh_groups": ["ecp256"]}
    document["keying"] = {"mm_sas_per_peer": NEVER, "negotiations_per_peer": NEVER, "dos_threshold": threshold,
                          "retransmit_interval": "500ms"}
    if not in_xdp and host is lab.a:
        del document["host"]
    return document


class Control:
    """keylined's control socket, seen from outside its namespaces."""

    def __init__(self, host):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(f"/proc/{host.pid}/root{host.control_socket}")
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def ask(self, command, **arguments):
        self._socket.sendall(json.dumps({"command": command, **arguments}).encode() + b"\n")
        return json.loads(self._lines.readline())


def negotiate(host, peer, until):
    """How many negotiations with one peer succeeded."""
    control, succeeded = Control(host), 0
    while time.monotonic() < until:
        succeeded += control.ask("up", peer=peer)["ok"]
        control.ask("down", what=peer)
    return succeeded


def rate(host, peers, seconds):
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(peers)) as pool:
        done = [pool.submit(negotiate, host, peer, begin + seconds) for peer in peers]
        succeeded = sum(each.result() for each in done)
    return succeeded / (time.monotonic() - begin)


class Bench:
    def __init__(self, lab, seconds):
        self.lab, self.seconds = lab, seconds
        self.peers = [str(HONEST[number + 1]) for number in range(PEERS)]
        self.frame = os.path.join(lab.directory, "first")

    def prepare(self):
        lab = self.lab
        lab.cable.run_xdp(Cable.LEFT, DROP_SPOOFED)
        # A veth without XDP takes the flood's frames only when it does GRO.
        lab.a.run("ethtool", "-K", lab.a.INTERFACE, "gro", "on")
        for peer in self.peers:
            lab.a.run("ip", "address", "add", f"{peer}/32", "dev", lab.a.INTERFACE)
        lab.a.run("ip", "route", "add", str(SPOOFED), "via", lab.b.address)
        lab.b.run("ip", "route", "add", str(HONEST), "via", lab.a.address)
        self.record()

    def record(self):
        """Keeps the frame of a first message from b to a."""
        self.start(True, 500)
        capture = self.lab.cable.capture(f"udp port 500 and src host {self.lab.b.address}")
        negotiate(self.lab.b, self.peers[0], time.monotonic() + 0.1)
        self.stop()
        with open(self.frame, "wb") as file:
            file.write(next(inject.frames_of(capture.stop().path)))

    def start(self, in_xdp, threshold):
        for host in self.lab.hosts:
            host.configure(configuration(host, self.lab, in_xdp, threshold))
            host.start_keyline()

    def stop(self):
        for host in self.lab.hosts:
            host.fastpath.stop()
            # At once: nobody waits for the deletion of thousands of SAs.
            host.keylined.kill()
            host.run("rm", "-r", os.path.dirname(host.pin("")))

    def flooder(self):
        """Runs until it is stopped."""
        return self.lab.cable.start(os.path.join(BUILD, "tools", "bench", "bench_flood"), Cable.LEFT, self.frame,
                                    str(SPOOFED), 3600, log="flood.log")

    def received(self):
        """Frames that have reached a."""
        return int(self.lab.a.output("cat", "/sys/class/net/eth0/statistics/rx_packets"))

    def measure(self, in_xdp, threshold, flooded):
        """Negotiations per second, and frames of the flood per second."""
        self.start(in_xdp, threshold)
        flooder = self.flooder() if flooded else None
        if flooded and threshold != NEVER:
            where = "XDP" if in_xdp else "keylined"
            wait_until(lambda: self.lab.a.query("status")["dos_cookies"] == where, f"DoS cookies: {where}")
        frames, begin = self.received(), time.monotonic()
        negotiations = rate(self.lab.b, self.peers, self.seconds)
        frames = (self.received() - frames) / (time.monotonic() - begin)
        if flooder:
            flooder.stop()
        self.stop()
        return negotiations, frames


def main():
    parser = argparse.ArgumentParser(prog="sudo tools/bench/bench-flood")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    print(METHOD.format(peers=PEERS, spoofed=SPOOFED, cpus=os.cpu_count(), **vars(options)))
    with Lab() as lab:
        bench = Bench(lab, options.seconds)
        bench.prepare()
        results = {name: [] for name, *_ in CASES}
        for _ in range(options.rounds):
            for name, *case in CASES:
                results[name].append(bench.measure(*case))
    baseline = statistics.median(rate for rate, _ in results["no flood"])
    print(f"{'':<20} {'negotiations/s':>15} {'ratio':>7} {'frames/s at a':>15}")
    for name, measured in results.items():
        negotiations, frames = (statistics.median(column) for column in zip(*measured))
        print(f"{name:<20} {negotiations:>15.1f} {negotiations / baseline:>7.3f} {frames:>15.0f}")


if __name__ == "__main__":
    main()
