# SPDX-License-Identifier: Apache-2.0
"""What is the kernel engine's alone, where the kernel has ESP: in the guests of tests/vm. All other scenarios run there with
engine = "kernel" unchanged."""

import json
import pathlib
import re

import users_test
from scenario import MARKER, Scenario, main
from tunnel_test import Tunnel
from lab.host import program
from lab.processes import LabError, wait_until
from lab.traffic import BackgroundPing, iperf, ping, ping_command, read_ping

# Sends a stream that its peer echoes, and wants all of it back.
STREAM = """
import socket, sys, threading
said = bytes(range(256)) * 2000
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=float(sys.argv[3])) as connection:
    sender = threading.Thread(target=connection.sendall, args=(said,))
    sender.start()
    heard = b''
    while len(heard) < len(said):
        heard += connection.recv(65536)
    sender.join()
    assert heard == said
print('conversed')
"""

DATAGRAM_PORT = 7778

# One socket for all who ask.
DATAGRAM_SERVER = f"""
import socket
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as wire:
    wire.bind(('', {DATAGRAM_PORT}))
    print('listening', flush=True)
    while True:
        wire.sendto(*wire.recvfrom(2000))
"""

# One datagram, and no other.
DATAGRAM = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
    wire.settimeout(float(sys.argv[3]))
    wire.sendto(b'keyline-in-clear', (sys.argv[1], int(sys.argv[2])))
    wire.recv(100)
"""

# Ten datagrams, each until it is answered: by a connected socket, or by one that is not.
DATAGRAMS = """
import socket, sys
server, connected = (sys.argv[1], int(sys.argv[2])), sys.argv[4] == 'True'
with socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM) as wire:
    wire.settimeout(float(sys.argv[3]) / 10)
    if connected:
        wire.connect(server)
    for number in range(10):
        for attempt in range(5):
            wire.send(b'keyline-in-clear') if connected else wire.sendto(b'keyline-in-clear', server)
            try:
                wire.recv(100)
                break
            except OSError:
                pass
        else:
            sys.exit('no answer')
print('conversed')
"""


class WithEngines(Scenario):
    def document(self, host, engine, *before):
        return host.configuration(*before, self.host_rule(host, engine=engine))

    def start_with(self, engines):
        for host, engine in zip(self.lab.hosts, engines):
            host.configure(self.document(host, engine))
            host.start_keyline()

    def engines(self, host):
        return {sa["engine"] for sa in host.query("sas")}

    def spis(self, host):
        return {sa["spi"] for sa in host.query("sas")}


class MixedEngines(WithEngines):
    def test_the_kernel_and_the_fast_path_understand_each_other(self):
        self.start_with(("kernel", "fastpath"))
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        for octets in (64, 1400, 3000, 20000):
            self.assert_pings(self.b.address, count=2, size=octets)
        self.assertEqual([{"kernel"}, {"fastpath"}], [self.engines(host) for host in self.lab.hosts])
        self.assertGreater(iperf(self.a, self.b, self.b.address, 2), 1e5)
        self.assertGreater(iperf(self.b, self.a, self.a.address, 2), 1e5)
        self.assert_protected(capture, esp=20)


class Absent(Tunnel):
    """What the kernel has as modules, on a machine that loads none by itself: whoever follows the remedies gets there."""
    MODPROBE = pathlib.Path("/proc/sys/kernel/modprobe")
    SUITE = "3des-cbc/hmac-sha1-96"
    CIPHER = "crypto-des3_ede"
    # The rest of the suite.
    ALGORITHMS = "authenc", "cbc", "echainiv", "sha1"

    def setUp(self):
        super().setUp()
        self.addCleanup(self.MODPROBE.write_text, self.MODPROBE.read_text())
        self.MODPROBE.write_text("/bin/false")
        for algorithm in self.ALGORITHMS:
            self.a.run("modprobe", "--quiet", f"crypto-{algorithm}", check=False)  # it may be built in

    def start_by_remedies(self):
        """Starts a and b, loads the module that keylined names until it starts, and returns these modules."""
        named = []
        while True:
            try:
                self.a.start_keyline()
                break
            except LabError as error:
                module = re.findall("`modprobe (.*?)`", str(error))[-1]
                self.assertNotIn(module, named)
                named.append(module)
                self.a.run("modprobe", module)
        self.b.start_keyline()
        return named

    def test_tunnel(self):
        target = self.configure_tunnel("v4", "v4", quick_mode={"suites": [self.SUITE]})
        self.assertLess({"xfrm_user", "esp4"}, set(self.start_by_remedies()))
        capture = self.cable.capture()
        pinging = BackgroundPing(self.a, target)
        for module, *said in (("xfrm_interface", "`modprobe xfrm_interface`"),
                              (self.CIPHER, self.SUITE, "load their modules")):
            self.assert_told(self.a, *said)
            self.assertEqual([], self.a.query("sas"))
            self.a.run("modprobe", module)
        wait_until(lambda: pinging.answers() > 3, "answers")
        self.assertEqual({"kernel"}, {sa["engine"] for sa in self.a.query("sas")})
        self.assert_protected(capture, esp=6)


class EngineChange(WithEngines):
    def test_a_reload_moves_the_sas_and_nothing_is_lost(self):
        self.start_with(("fastpath", "kernel"))
        self.assert_pings(self.b.address)
        spis = self.spis(self.a)
        running = BackgroundPing(self.a, self.b.address, interval=0.1)
        wait_until(lambda: running.answers() > 5, "answers")
        for engine in ("kernel", "fastpath"):
            self.a.configure(self.document(self.a, engine))
            self.a.keyline("reload")
            self.assertEqual({engine}, self.engines(self.a))
            answered = running.answers()
            wait_until(lambda seen=answered: running.answers() > seen + 10, f"answers by the {engine} engine")
        self.assertLessEqual(running.finish().lost, 1)  # one may be under way when ping ends
        self.assertEqual(spis, self.spis(self.a))
        self.assertEqual("", self.a.output("ip", "xfrm", "state"))


class RuleOrder(WithEngines):
    def test_what_an_earlier_rule_covers_is_no_business_of_the_stacks(self):
        for host in self.lab.hosts:
            side = "remote_port" if host is self.a else "local_port"
            web = {"name": "web", "remote": self.peer_of(host).address, "protocol": "tcp", side: 8080,
                   "action": "bypass"}
            host.configure(self.document(host, "kernel", web))
            host.start_keyline()
        protected = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assert_protected(protected, esp=10)
        server = self.b.start("python3", "-u", "-m", "http.server", "8080", log="http.log")
        server.wait_for_output("Serving")
        clear = self.cable.capture()
        answer = self.a.output("bash", "-c", f"exec 3<>/dev/tcp/{self.b.address}/8080; printf 'HEAD /{MARKER.decode()} "
                               "HTTP/1.0\\r\\n\\r\\n' >&3; head -n 1 <&3")
        self.assertIn("HTTP", answer)
        self.assertTrue(clear.stop().holds(MARKER))


# Takes numbered datagrams until one without a number comes, and tells how many there were and how many had been overtaken.
RECEIVER = """
import json, socket, sys
SO_RCVBUFFORCE = 33  # Python does not name it
taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
taker.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
taker.bind(("", int(sys.argv[1])))
print("ready")
numbers = []
while datagram := taker.recv(100):
    numbers.append(int(datagram))
print(json.dumps({"received": len(set(numbers)), "overtaken": sum(a > b for a, b in zip(numbers, numbers[1:]))}))
"""

# The last datagrams have no number; one of them is enough.
SENDER = """
import socket, sys, time
address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
giver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(count):
    giver.sendto(str(number).encode(), (address, port))
    if number % 10 == 0:
        time.sleep(0.01)
for _ in range(3):
    time.sleep(0.5)
    giver.sendto(b"", (address, port))
"""


class Spread(WithEngines):
    """`b` sends two streams, under an SA each."""

    PORTS = (9001, 9002)
    COUNT = 2000

    def stream_rule(self, host, port):
        side = "remote_port" if host is self.b else "local_port"
        return {"name": f"stream-{port}", "remote": self.peer_of(host).address, "protocol": "udp", side: port,
                "action": "protect", "engine": "kernel"}

    def cpus(self):
        """By port, where `a` opens what comes for it."""
        found = {}
        for sa in self.sas(self.a):
            if sa["direction"] == 0:
                found[sa["selector"]["local_port"]] = sa["cpu"] - 1
        return found

    def begin(self):
        for host in self.lab.hosts:
            host.configure(host.configuration(*(self.stream_rule(host, port) for port in self.PORTS)))
            host.start_keyline()
        for port in self.PORTS:
            self.b.run("python3", "-c", SENDER, self.a.address, port, 1)
        wait_until(lambda: set(self.cpus()) == set(self.PORTS), "SAs of both streams")

    def stream(self, ports, cpu):
        """What `a` receives when `b`, on this CPU, sends to these ports at once. The cable is served by the same CPU, and so
        would `a` be."""
        receivers = [self.a.start("python3", "-u", "-c", RECEIVER, port, log=f"receiver-{port}.log") for port in ports]
        for receiver in receivers:
            receiver.wait_for_output("ready")
        for sender in [self.b.start("taskset", "--cpu-list", cpu, "python3", "-c", SENDER, self.a.address, port, self.COUNT,
                                    log=f"sender-{port}.log") for port in ports]:
            sender.wait(120)
        for receiver in receivers:
            receiver.wait(30)
        return [json.loads(receiver.output().splitlines()[-1]) for receiver in receivers]

    @staticmethod
    def packets_by_cpu():
        """Packets that the stack of each CPU has taken, in all network namespaces."""
        rows = pathlib.Path("/proc/net/softnet_stat").read_text(encoding="ascii").splitlines()
        return [int(row.split()[0], 16) for row in rows]

    def test_every_sa_is_opened_on_a_cpu_of_its_own(self):
        self.begin()
        self.assertEqual({0, 1}, set(self.cpus().values()))
        for port, cpu in self.cpus().items():
            before = self.packets_by_cpu()
            self.stream([port], cpu=1 - cpu)
            grown = [after - then for after, then in zip(self.packets_by_cpu(), before)]
            self.assertGreaterEqual(grown[cpu], self.COUNT, grown)

    def test_nothing_is_lost_or_overtaken(self):
        self.begin()
        complete = {"received": self.COUNT, "overtaken": 0}
        self.assertEqual([complete, complete], self.stream(self.PORTS, cpu=0))
        self.assert_counted(self.a, "in-spread", 2 * self.COUNT)


class SpreadInGenericXdp(Spread):
    """By a device whose driver has no XDP: one above the host's interface, in its place."""

    def begin(self):
        a, interface, below = self.a, self.a.INTERFACE, "below"
        a.run("ip", "address", "flush", "dev", interface)
        a.run("ip", "link", "set", interface, "down")
        a.run("ip", "link", "set", interface, "name", below)
        a.run("ip", "link", "add", "link", below, "name", interface, "type", "macvlan")
        a.bring_up()
        for link in (below, interface):
            a.run("ip", "link", "set", link, "up")
        super().begin()
        [mode] = [port["xdp"] for port in a.query("status")["datapath"]["interfaces"] if port["name"] == interface]
        self.assertEqual("generic", mode)


class FirstPacket(WithEngines):
    """The SA of one protocol and port is met by the packet that asked for it: the datagram is sent once."""

    def datagram_rule(self, host, **more):
        side = "remote_port" if host is self.a else "local_port"
        return self.host_rule(host, protocol="udp", engine="kernel", **{side: DATAGRAM_PORT}, **more)

    def start_with(self, **more):
        for host in self.lab.hosts:
            # What `keyline up` negotiates, so that a quick mode is all that the datagram waits for.
            first = {**self.host_rule(host, protocol="icmp", engine="kernel"), "name": "first"}
            host.configure(host.configuration(first, self.datagram_rule(host, **more)))
            host.start_keyline()
        self.b.start("/usr/bin/python3", "-c", DATAGRAM_SERVER, log="datagrams.log").wait_for_output("listening")
        self.a.keyline("up", self.b.address)

    def assert_answered(self):
        self.a.run("/usr/bin/python3", "-c", DATAGRAM, self.b.address, DATAGRAM_PORT, 60)

    def test_it_is_not_lost(self):
        self.start_with()
        capture = self.cable.capture()
        self.assert_answered()
        self.assert_protected(capture, esp=2)
        self.assert_counted(self.a, "out-held", 1)

    def test_another_sa_of_the_same_rule_has_another_mark(self):
        self.start_with(populate_from_packet=["local", "remote", "protocol", "local_port", "remote_port"])
        self.assert_answered()
        self.assert_answered()
        marks = [sa["raw_mark"] for sa in self.sas(self.a) if sa["direction"] == 1 and sa["selector"]["protocol"] == 17]
        self.assertEqual(2, len(marks))
        self.assertEqual(2, len(set(marks) - {0}))
        self.a.keylined.kill()
        self.a.start_keylined()
        self.assert_answered()
        self.a.keyline("down", self.b.address)
        wait_until(lambda: "mark" not in self.a.output("ip", "xfrm", "policy"), "the policies for the marks to go")


class Adoption(WithEngines):
    def test_what_somebody_flushes_under_traffic_comes_back(self):
        self.start_with(("kernel", "kernel"))
        self.a.keyline("up", self.b.address)
        spis = self.spis(self.a)
        running = BackgroundPing(self.a, self.b.address, interval=0.1)
        wait_until(lambda: running.answers() > 5, "answers")
        for what in ("policy", "state"):
            self.a.run("ip", "xfrm", what, "flush")
            answered = running.answers()
            wait_until(lambda seen=answered: running.answers() > seen + 5, f"answers after a {what} flush", timeout=60)
            self.assertEqual(what == "policy", bool(spis & self.spis(self.a)))
        running.finish()

    def test_an_end_takes_everything_out_of_the_kernel(self):
        self.start_with(("kernel", "kernel"))
        self.add_what_is_somebody_elses()
        self.assert_pings(self.b.address)
        told = self.a.query("status")["datapath"]["foreign_xfrm"]
        self.assertEqual((1, 1, []), (told["states"], told["policies"], told["conflicts"]))
        self.assertEqual(0, self.a.keylined.stop())
        self.assert_only_somebody_elses_is_left()

    def test_a_purge_takes_everything_out_of_the_kernel(self):
        for host in self.lab.hosts:
            web = {"name": "web", "remote": self.peer_of(host).address, "protocol": "tcp", "remote_port": 8080,
                   "action": "bypass"}
            host.configure(self.document(host, "kernel", web))
            host.start_keyline()
        self.add_what_is_somebody_elses()
        self.assert_pings(self.b.address)
        self.a.keylined.kill()
        self.a.run(program("keylined"), "--config", self.a.config_path, "--purge")
        self.assert_only_somebody_elses_is_left()

    def add_what_is_somebody_elses(self):
        ends = ("src", "192.0.2.1", "dst", "192.0.2.2")
        self.a.run("ip", "xfrm", "policy", "add", *ends, "dir", "out", "action", "block")
        self.a.run("ip", "xfrm", "state", "add", *ends, "proto", "esp", "spi", "0x1000", "enc", "ecb(cipher_null)", "")

    def assert_only_somebody_elses_is_left(self):
        for kind in ("state", "policy"):
            left = self.a.output("ip", "xfrm", kind)
            self.assertEqual(["src"], [line.split()[0] for line in left.splitlines() if not line.startswith("\t")], left)
            self.assertIn("192.0.2.2", left)


class Users(users_test.KerberosUsers):
    """The stack seals for them, and knows them by marks: alice, bob, and the machine with its root."""

    WHO = [*users_test.KerberosUsers.USERS.values(), 0]
    WANT_MARKS = 40  # datagrams of those that the server answers
    PIECES = 1  # packets of ESP for a datagram above the MTU

    def sent_by(self, host):
        """Packets sent, by impersonation handle; the kernel's counts are copied once a second."""
        self.assertEqual({"kernel"}, {sa["engine"] for sa in host.query("sas")})
        return self.outbound(host)

    def test_streams_are_cut_to_what_the_sa_leaves(self):
        for uid in self.WHO:
            self.assertTrue(self.converse(uid, seconds=60, program=STREAM), uid)
        for host in self.lab.hosts:
            self.assertEqual(0, self.counters(host)["out-marked"])
            self.assertNotIn("mtu", host.output("ip", "route", "get", self.peer_of(host).public_address))
            sent = self.sent_by(host)
            self.assertEqual(3, len(sent))
            self.assertTrue(all(count > 100 for count in sent.values()), sent)

    def test_fragments_of_each_are_one_packet_to_their_sa(self):
        self.a.run("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647")
        for uid in self.WHO:
            self.assertTrue(self.converse(uid, seconds=60))
        before = [self.sent_by(host) for host in self.lab.hosts]
        capture = self.cable.capture()
        for uid in self.WHO:
            command = ping_command(self.server(), count=5, size=5000, pattern=MARKER)
            done = self.a.run("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *command, check=False)
            self.assertEqual(0, read_ping(done.stdout + done.stderr).lost, done.stdout)
        self.assert_protected(capture, esp=30)
        for host, sent in zip(self.lab.hosts, before):
            # Four fragments each, where the stack has cut them before.
            wait_until(lambda of=host, sent=sent: all(0 <= count - sent[who] - 5 * self.PIECES < 5
                                                      for who, count in self.sent_by(of).items()), "five of each")

    def test_a_server_with_one_socket_answers_each_under_their_own(self):
        server = self.b.start("/usr/bin/python3", "-c", DATAGRAM_SERVER, log="datagrams.log")
        server.wait_for_output("listening")
        capture = self.cable.capture()
        for connected in (True, False):
            for uid in self.WHO:
                self.assertTrue(self.converse(uid, seconds=20, program=DATAGRAMS, more=[connected],
                                              port=DATAGRAM_PORT), (uid, connected))
        self.assert_protected(capture, esp=120)
        self.assert_counted(self.b, "out-marked", self.WANT_MARKS)
        for host in self.lab.hosts:
            wait_until(lambda of=host: len(self.sent_by(of)) == 3 and all(
                count >= 20 for count in self.sent_by(of).values()), "twenty packets by each SA")

    def test_the_next_keylined_adopts_them_and_an_end_leaves_nothing(self):
        alice = self.WHO[0]
        self.assertTrue(self.converse(alice))
        spis = {sa["spi"] for sa in self.a.query("sas")}
        self.a.keylined.kill()
        self.a.start_keylined()
        self.assertTrue(self.converse(alice))
        self.assertEqual(spis, {sa["spi"] for sa in self.a.query("sas")})
        self.assertIn("kl_connect_v4", self.a.output("bpftool", "cgroup", "show", "/sys/fs/cgroup"))
        for host in self.lab.hosts:
            self.assertEqual(0, host.keylined.stop())
            self.assertEqual("", host.output("ip", "xfrm", "state"))
            host.fastpath.stop()
            host.run(program("keylined"), "--config", host.config_path, "--purge")
            self.assertNotIn("tmpl", host.output("ip", "xfrm", "policy"))
        wait_until(lambda: "kl_" not in self.a.output("bpftool", "cgroup", "show", "/sys/fs/cgroup"),
                   "the programs to go from the cgroup")


class UsersOverIpv6(users_test.OverIpv6, Users):
    pass


class UsersBehindNat(users_test.BehindNat, Users):
    pass


class UsersInTunnel(users_test.InTunnel, Users):
    """TC egress knows whose a packet for a tunnel is: none wants a mark. It sees fragments, and they are sealed each."""

    WANT_MARKS, PIECES = 0, 4


class OwnInterfaces(Tunnel):
    def test_those_that_somebody_deletes_are_made_again(self):
        target = self.start_tunnel("v4", "v4")
        self.a.keyline("up", self.b.address)
        links = [link["ifname"] for link in json.loads(self.a.output("ip", "-json", "link", "show", "type", "xfrm"))]
        self.assertEqual(2, len(links), links)
        for link in links:
            self.a.run("ip", "link", "delete", link)
        wait_until(lambda: self.a.keylined.output().count("made again") == 2, "both to be told")
        spis = {sa["spi"] for sa in self.a.query("sas")}
        capture = self.cable.capture()
        self.assert_pings(target)
        self.assert_protected(capture, esp=10)
        self.assertEqual(spis, {sa["spi"] for sa in self.a.query("sas")})


if __name__ == "__main__":
    main()
