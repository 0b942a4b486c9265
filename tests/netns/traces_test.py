# SPDX-License-Identifier: Apache-2.0
"""Attaching, detaching and ending leave the machine as it was."""

from scenario import Scenario, main
from lab.host import program


class Traces(Scenario):
    def state(self, host):
        """What Keyline could leave behind in a host: interfaces, programs, filters, pins, sockets' folder."""
        return {
            "links": host.output("ip", "-o", "link").count("\n"),
            "programs": host.output("bpftool", "net"),
            "qdiscs": host.output("tc", "qdisc", "show", "dev", "eth0"),
            "pins": host.output("find", "/sys/fs/bpf", "-mindepth", "1"),
        }

    def test_detach_takes_everything_off_the_interface(self):
        before = self.a.output("bpftool", "net")
        self.configure()
        self.a.start_keyline()
        self.assertIn("eth0", self.a.output("bpftool", "net"))
        self.a.keyline("detach", "eth0")
        attached = self.a.output("bpftool", "net")
        self.assertNotIn("eth0", attached.replace(before, ""))
        self.a.keyline("attach", "eth0")
        self.assertIn("eth0", self.a.output("bpftool", "net"))

    def test_purge_leaves_no_trace(self):
        before = self.state(self.a)
        self.start()
        self.assert_pings(self.b.address)
        self.a.fastpath.stop()
        self.a.keylined.stop()
        self.a.run(program("keylined"), "--config", self.a.config_path, "--purge")
        self.assertEqual(before, self.state(self.a))


if __name__ == "__main__":
    main()
