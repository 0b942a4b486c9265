# SPDX-License-Identifier: Apache-2.0
"""Traffic from one host to another, with the tools an administrator would use."""

import dataclasses
import itertools
import json
import re
import signal

from lab.processes import LabError, patient


@dataclasses.dataclass
class Ping:
    sent: int
    received: int
    milliseconds: list  # round trip of each answer, in order
    output: str

    @property
    def lost(self):
        return self.sent - self.received


def read_ping(output):
    totals = re.search(r"(\d+) packets transmitted, (\d+) received", output)
    if not totals:
        raise LabError(f"ping said:\n{output}")
    times = [float(time) for time in re.findall(r"time=([\d.]+) ms", output)]
    return Ping(int(totals[1]), int(totals[2]), times, output)


def ping_command(destination, *, count=5, interval=0.2, size=56, df=False, pattern=None):
    command = ["ping", "-n", "-c", str(count), "-i", str(interval), "-s", str(size), "-W", f"{patient(3):g}",
               "-M", "do" if df else "dont"]
    return [*command, *(["-p", pattern.hex()] if pattern else []), destination]


def ping(host, destination, *, interval=0.2, **options):
    """Pings `destination` from `host`; answers that never come are in the result, not an error."""
    # It waits for the last answer no longer than this, once others have come.
    interval = max(interval, patient(0.05))
    done = host.run(*ping_command(destination, interval=interval, **options), check=False, timeout=120)
    return read_ping(done.stdout + done.stderr)


class BackgroundPing:
    """A ping that runs while something happens; finish() ends it and gives the result."""

    _numbers = itertools.count(1)

    def __init__(self, host, destination, **options):
        self._process = host.start(*ping_command(destination, count=100000, **options),
                                   log=f"ping-{next(self._numbers)}.log")

    def answers(self):
        return self._process.output().count("time=")

    def finish(self):
        self._process.stop(signal.SIGINT)
        return read_ping(self._process.output())


_servers = itertools.count(1)


def _iperf_server(server):
    listener = server.start("iperf3", "--server", "--one-off", "--forceflush", log=f"iperf3-{next(_servers)}.log")
    listener.wait_for_output("listening")
    return listener


def _read_iperf(output):
    report = json.loads(output)
    if "error" in report:
        raise LabError(f"iperf3: {report['error']}")
    return report["end"]


def iperf_client(client, address, seconds=3, *options):
    """Bits per second that were received over TCP, with a server that is there."""
    output = client.output("iperf3", "--client", address, "--time", seconds, "--json", *options, timeout=seconds + 60)
    return _read_iperf(output)["sum_received"]["bits_per_second"]


def iperf(client, server, address, seconds=3, *options):
    """Bits per second that the server received over TCP."""
    listener = _iperf_server(server)
    rate = iperf_client(client, address, seconds, *options)
    listener.wait(60)
    return rate


class UdpStream:
    """So many UDP packets of 100 octets each second, while something happens."""

    def __init__(self, client, server, address, packets_per_second, seconds):
        self._listener = _iperf_server(server)
        self._process = client.start("iperf3", "--client", address, "--udp", "--length", "100", "--bitrate",
                                     packets_per_second * 800, "--time", seconds, "--json", "--forceflush",
                                     log=f"udp-{next(_servers)}.log")

    def finish(self):
        """Waits for its end; returns how many were sent."""
        self._process.wait(120)
        self._listener.wait(60)
        return _read_iperf(self._process.output())["sum"]["packets"]
