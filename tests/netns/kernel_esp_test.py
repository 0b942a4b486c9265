# SPDX-License-Identifier: Apache-2.0
"""What is the kernel engine's alone, where the kernel has ESP: in the guests of tests/vm. All other scenarios run there with
engine = "kernel" unchanged."""

from scenario import MARKER, Scenario, main
from lab.processes import wait_until
from lab.traffic import BackgroundPing, iperf, ping


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


class Adoption(WithEngines):
    def test_a_killed_keylined_leaves_the_sas_to_the_next(self):
        self.start_with(("kernel", "kernel"))
        self.assert_pings(self.b.address)
        spis = self.spis(self.a)
        running = BackgroundPing(self.a, self.b.address, interval=0.1)
        wait_until(lambda: running.answers() > 5, "answers")
        self.a.keylined.kill()
        self.a.start_keylined()
        answered = running.answers()
        wait_until(lambda: running.answers() > answered + 5, "answers")
        self.assertLessEqual(running.finish().lost, 1)  # one may be under way when ping ends
        self.assertEqual(spis, self.spis(self.a))

    def test_sas_that_somebody_has_flushed_are_negotiated_anew(self):
        self.start_with(("kernel", "kernel"))
        self.assert_pings(self.b.address)
        spis = self.spis(self.a)
        self.a.run("ip", "xfrm", "state", "flush")
        wait_until(lambda: not spis & self.spis(self.a), "the SAs to go")
        wait_until(lambda: ping(self.a, self.b.address, count=1).lost == 0, "an answer under new SAs")

    def test_an_end_takes_everything_out_of_the_kernel(self):
        self.start_with(("kernel", "kernel"))
        self.a.run("ip", "xfrm", "policy", "add", "src", "192.0.2.1", "dst", "192.0.2.2", "dir", "out", "action", "block")
        self.assert_pings(self.b.address)
        self.assertEqual(0, self.a.keylined.stop())
        self.assertEqual("", self.a.output("ip", "xfrm", "state"))
        policies = self.a.output("ip", "xfrm", "policy")
        self.assertIn("192.0.2.2", policies)  # somebody else's
        self.assertNotIn("tmpl", policies)


if __name__ == "__main__":
    main()
