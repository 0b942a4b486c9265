# SPDX-License-Identifier: Apache-2.0
"""Host b of hybrid_test.py, in the guest: it negotiates, and sends and fetches traffic of all sizes.

    hybrid_peer.py CONFIG PEER
"""

import contextlib
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))

from lab.host import Host  # noqa: E402
from lab.processes import run, wait_until  # noqa: E402
from lab.traffic import iperf_client, ping  # noqa: E402

TCP_PORTS = {"to": 5201, "from": 5202}
SIZES = (1, 64, 512, 1300, 1400, 1472, 1473, 3000, 9000, 20000, 65000)


def exchange_traffic(b, peer):
    wait_until(lambda: ping(b, peer, count=1).received, f"an answer of {peer}", timeout=60)
    engines = {sa["engine"] for sa in b.query("sas")}
    if engines != {"kernel"}:
        sys.exit(f"the SAs are not the kernel's: {engines}")
    for octets in SIZES:
        result = ping(b, peer, count=2, size=octets)
        print(f"ping of {octets} octets: {result.received} of {result.sent}")
        if result.lost:
            sys.exit(result.output)
    for direction, options in (("to", []), ("from", ["--reverse"])):
        rate = iperf_client(b, peer, 2, "--port", TCP_PORTS[direction], *options)
        print(f"TCP {direction} {peer}: {rate / 1e6:.1f} Mbit/s")


def main():
    config, peer = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory, contextlib.closing(Host("b", 2, directory)) as b:
        run(["ip", "link", "set", b.INTERFACE, "netns", str(b.pid)])
        b.configure(pathlib.Path(config).read_text(encoding="utf-8"))
        b.start_keylined()
        # Only while keylined is there: otherwise the stack says in the clear that nobody listens for IKE.
        b.bring_up()
        b.run("ip", "link", "set", b.INTERFACE, "up")
        try:
            exchange_traffic(b, peer)
        except BaseException:
            print(f"--- keylined\n{b.keylined.output()}")
            raise
        finally:
            b.run("ip", "link", "set", b.INTERFACE, "down")


if __name__ == "__main__":
    main()
