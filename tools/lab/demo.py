# SPDX-License-Identifier: Apache-2.0
"""First light, shown: two hosts, a KDC, one ping, and what became of it. `sudo tools/demo` runs this."""

import argparse
import collections
import json
import signal
import statistics
import sys

from lab import domain
from lab.host import program
from lab.lab import Lab
from lab.processes import LabError, wait_until
from lab.screen import Screen
from lab.traffic import iperf, ping_command, read_ping

PINGS = 10
IPERF_SECONDS = 3


def arguments():
    parser = argparse.ArgumentParser(prog="sudo tools/demo", description="Two hosts keyed by AuthIP, on this machine.")
    parser.add_argument("--json", metavar="FILE", help="also write what is shown as data")
    parser.add_argument("--keep", action="store_true", help="at the end wait for Ctrl-C, with both hosts up")
    return parser.parse_args()


class Demo:
    """Each step shows something and adds to `results`."""

    def __init__(self, lab, screen):
        self.lab, self.screen = lab, screen
        self.captures = []
        self.results = {"negotiated": False, "auth_method": None, "messages": [], "ping_sent": 0, "ping_lost": 0,
                        "wire_esp": 0, "wire_ike": 0, "wire_clear": 0, "iperf_bits_per_second": 0.0, "engine": None,
                        "xdp_mode": None}

    def introduce_hosts(self):
        self.screen.step("Two hosts on a cable, and a domain controller beside it")
        for host in self.lab.hosts:
            self.screen.note(f"{host.name}   {host.address}   {host.principal}")
        self.screen.note("cable   between eth0 of a and eth0 of b; tcpdump listens on it")
        self.screen.note(f"dc  {domain.ADDRESS}   krb5kdc for {domain.REALM}")

    def start_keyline(self):
        self.screen.step("keylined and keyline-fastpath start on both, with one rule: protect the other host")
        for host, peer in zip(self.lab.hosts, reversed(self.lab.hosts)):
            document = host.configuration({"name": "neighbour", "local": host.address, "remote": peer.address,
                                           "action": "protect", "mode": "transport"})
            # With one suite to choose from the first quick mode is a fast one: six messages in all.
            document["quick_mode"] = {"suites": ["aes-gcm-16-256"]}
            host.configure(document)
            host.start_keyline()
        self.screen.command("a", "cat keyline.toml")
        with open(self.lab.a.config_path, encoding="utf-8") as file:
            self.screen.block(file.read().replace(self.lab.a.keytab, "/etc/krb5.keytab"))

    def ping(self):
        a, b = self.lab.hosts
        self.screen.step("The first ping meets the rule, raises an acquire, and AuthIP runs")
        monitors = self.start_monitors()
        self.captures.append(self.lab.cable.capture())
        command = ping_command(b.address, count=PINGS)
        self.screen.command("a", " ".join(command))
        said = a.run(*command, check=False).stdout
        self.captures[-1].stop()
        for monitor in monitors.values():
            monitor.stop(signal.SIGINT)
        self.screen.command("a", "keyline monitor --ladder")
        self.screen.block(monitors["ladder"].output())
        self.note_negotiation([json.loads(line) for line in monitors["events"].output().splitlines()])
        self.note_ping(said)

    def start_monitors(self):
        """`keyline monitor` on host a, drawing and as data, both listening."""
        a = self.lab.a
        monitors = {name: a.start(program("keyline"), "monitor", option, log=f"{name}.log")
                    for name, option in (("ladder", "--ladder"), ("events", "--json"))}

        def connected():
            return a.output("ss", "-x", "-H", "state", "connected", "src", a.control_socket).count("\n")

        wait_until(lambda: connected() == len(monitors), "both monitors to connect")
        return monitors

    def note_negotiation(self, events):
        established = [event for event in events if event["event"] == "mm-established"]
        self.results["negotiated"] = any(event["event"] == "qm-established" for event in events)
        self.results["auth_method"] = established[0]["method"] if established else None
        self.results["messages"] = [
            {"number": event["number"],
             "from": "initiator" if (event["event"] == "message-sent") == (event["role"] == "initiator")
             else "responder",
             "encrypted": event["encrypted"], "payloads": event["payloads"]}
            for event in events if event["event"] in ("message-sent", "message-received") and event["number"]]

    def note_ping(self, said):
        result = read_ping(said)
        self.results.update(ping_sent=result.sent, ping_lost=result.lost)
        self.screen.step("The ping: the first packet waited for the negotiation, the others did not")
        self.screen.block(said)
        if result.milliseconds:
            first, *others = result.milliseconds
            self.screen.note(f"first {first:.1f} ms, with the negotiation in it"
                             + (f"; the others {statistics.median(others):.2f} ms (median)" if others else ""))

    def show_sas(self):
        a = self.lab.a
        self.screen.step("The security associations, as keyline tells them")
        self.screen.command("a", "keyline sas")
        self.screen.block(a.keyline("sas").stdout)
        sas = a.query("sas")
        self.results["engine"] = sas[0]["engine"] if sas else None
        self.results["xdp_mode"] = a.query("status")["datapath"]["interfaces"][0]["xdp"]

    def show_map(self):
        a = self.lab.a
        self.screen.step("The same in the public BPF map, as bpftool dumps it; keys are in another")
        self.screen.command("a", f"bpftool map dump pinned {a.pin('kl_sas')}")
        self.screen.block(a.output("bpftool", "map", "dump", "pinned", a.pin("kl_sas")))

    def run_iperf(self):
        a, b = self.lab.hosts
        self.screen.step("TCP through the SA")
        self.screen.command("a", f"iperf3 -c {b.address} -t {IPERF_SECONDS}")
        # Of these packets only what is not ESP is of interest, and millions would be.
        self.captures.append(self.lab.cable.capture(only="not ip proto 50"))
        rate = iperf(a, b, b.address, IPERF_SECONDS)
        self.captures[-1].stop()
        self.results["iperf_bits_per_second"] = rate
        self.screen.note(f"{rate / 1e9:.2f} Gbit/s received")

    def count_wire(self):
        self.screen.step("What crossed the cable, as tshark tells it")
        kinds = sum((capture.kinds() for capture in self.captures), collections.Counter())
        self.results.update({f"wire_{kind}": kinds[kind] for kind in ("esp", "ike", "clear")})
        self.screen.note(f"ESP {kinds['esp']}   IKE {kinds['ike']}   clear {kinds['clear']}")
        self.screen.note("ESP and IKE during the ping; clear during the ping and iperf3; ARP and neighbour discovery"
                         " aside")

    def judge(self):
        results = self.results
        good = bool(results["negotiated"] and results["ping_lost"] == 0 and results["wire_esp"]
                    and results["wire_clear"] == 0)
        print()
        self.screen.verdict(good, f"{results['auth_method']}, {len(results['messages'])} messages, "
                            f"{results['ping_sent']} pings, {results['ping_lost']} lost, "
                            f"{results['wire_clear']} packets in the clear")
        return good

    def run(self):
        self.introduce_hosts()
        self.start_keyline()
        self.ping()
        self.show_sas()
        self.show_map()
        if self.results["negotiated"]:
            self.run_iperf()
        self.count_wire()
        return self.judge()


def keep(lab, screen):
    screen.title("Both hosts stay up until Ctrl-C. To enter one:")
    for host in lab.hosts:
        screen.command(host.name, host.entry_command())
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()


def main():
    options = arguments()
    screen = Screen()
    screen.title("Keyline: two hosts keyed by AuthIP, their traffic carried by XDP, TC and AF_XDP")
    with Lab() as lab:
        demo = Demo(lab, screen)
        try:
            good = demo.run()
        finally:
            if options.json:
                with open(options.json, "w", encoding="utf-8") as file:
                    json.dump(demo.results, file, indent=2)
                    file.write("\n")
        if options.keep:
            keep(lab, screen)
    screen.note("Nothing is left of it. Try next: `sudo tools/demo --keep`, enter host a, and watch"
                " `keyline monitor --ladder &` while you `keyline down 10.77.0.2` and ping again.")
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
