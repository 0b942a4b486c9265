# SPDX-License-Identifier: Apache-2.0
"""Rules do what they say, and a reload applies exactly the difference."""

from scenario import MARKER, Scenario, main
from lab.processes import wait_until


class BlockAndBypass(Scenario):
    def test_block_stops_both_directions(self):
        self.configure(action="block")
        self.a.start_keyline()
        self.assert_silent(self.b.address)
        self.assert_silent(self.a.address, host=self.b)
        self.assert_counted(self.a, "block", 4)

    def test_bypass_goes_in_the_clear(self):
        self.start(action="bypass")
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assertTrue(capture.stop().holds(MARKER))

    def test_what_no_rule_covers_is_bypassed_or_blocked_as_the_default_says(self):
        self.start()
        self.assert_pings(self.b.address_v6)

        def blocking(host, document):
            document["host"]["default_action"] = "block"

        self.configure(blocking)
        self.a.keyline("reload")
        self.assert_silent(self.b.address_v6)
        self.assert_pings(self.b.address)


class OnePort(Scenario):
    """A rule for one TCP port leaves the others alone."""

    def serve(self, port):
        server = self.b.start("/usr/bin/python3", "-u", "-m", "http.server", port, log=f"http-{port}.log")
        server.wait_for_output("Serving")

    def fetch(self, port):
        return self.a.run("bash", "-c", f"exec 3<>/dev/tcp/{self.b.address}/{port}; printf 'HEAD /{MARKER.decode()} "
                          "HTTP/1.0\\r\\n\\r\\n' >&3; head -n 1 <&3").stdout

    def test_only_that_port_is_protected(self):
        def for_port(host, document):
            rule = document["rule"][0]
            rule["protocol"] = "tcp"
            rule["remote_port" if host is self.a else "local_port"] = 8080

        self.start(for_port)
        for port in (8080, 8081):
            self.serve(port)
        protected = self.cable.capture()
        self.assertIn("HTTP", self.fetch(8080))
        self.assert_protected(protected, esp=4)
        clear = self.cable.capture()
        self.assertIn("HTTP", self.fetch(8081))
        self.assertTrue(clear.stop().holds(MARKER))


class Reload(Scenario):
    def test_a_bad_file_changes_nothing(self):
        self.start()
        self.assert_pings(self.b.address)
        before = self.sas(self.a)
        document = self.a.configuration(self.host_rule(self.a, acton="bypass"))
        self.a.configure(document)
        refused = self.a.keyline("reload", check=False)
        self.assertNotEqual(0, refused.returncode)
        self.assertIn('did you mean "action"?', refused.stdout + refused.stderr)
        self.assertEqual([sa["spi"] for sa in before], [sa["spi"] for sa in self.sas(self.a)])
        self.assert_pings(self.b.address)

    def test_removing_a_rule_deletes_its_sa_and_tells_the_peer(self):
        self.start()
        self.assert_pings(self.b.address)
        self.a.configure(self.a.configuration())
        self.a.keyline("reload")
        for host in self.lab.hosts:
            wait_until(lambda: not self.sas(host), f"{host.name}'s SAs to go")

    def test_an_unchanged_file_keeps_the_sas(self):
        self.start()
        self.assert_pings(self.b.address)
        before = [sa["spi"] for sa in self.sas(self.a)]
        self.a.keyline("reload")
        self.assert_pings(self.b.address)
        self.assertEqual(before, [sa["spi"] for sa in self.sas(self.a)])


if __name__ == "__main__":
    main()
