# SPDX-License-Identifier: Apache-2.0
"""Interfaces go and come back, or are wanted by two instances; XFRM holds what others have put there."""

from scenario import MARKER, Scenario, main
from lab.host import program
from lab.processes import wait_until
from lab.traffic import ping


class Gone(Scenario):
    def wait_for_answer(self):
        wait_until(lambda: ping(self.a, self.b.address, count=1, pattern=MARKER).received, "an answer")

    def test_an_attached_interface_that_comes_back_is_protected_again(self):
        self.start()
        self.assert_pings(self.b.address)
        self.a.run("ip", "link", "set", self.a.INTERFACE, "netns", self.cable.pid)
        self.assert_told(self.a, self.a.INTERFACE, "No such device")
        capture = self.cable.capture()
        self.cable.run("ip", "link", "set", self.a.INTERFACE, "netns", self.a.pid)
        self.a.run("ip", "link", "set", self.a.INTERFACE, "up")
        self.a.bring_up()
        self.wait_for_answer()
        self.assert_protected(capture, esp=2)

    def test_handover_interfaces_that_somebody_deletes_are_made_again(self):
        self.start()
        self.assert_pings(self.b.address)
        self.a.run("ip", "link", "delete", "klh-main")
        self.assert_told(self.a, "klh-main", "made again")
        self.wait_for_answer()


class TwoInstances(Scenario):
    def test_the_second_one_is_told_and_the_first_one_goes_on(self):
        self.start()
        self.assert_pings(self.b.address)
        document = self.a.configuration(self.host_rule(self.a))
        document["host"].update(instance="other", port=1500, nat_port=14500)
        self.a.configure(document)
        done = self.a.run(program("keylined"), "--config", self.a.config_path, check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertIn('eth0 belongs to Keyline\'s instance "main"', done.stderr)
        self.assertIn("keyline detach eth0 --instance main", done.stderr)
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assert_protected(capture, esp=10)


    def test_a_purge_of_one_leaves_the_others_xfrm_alone(self):
        """Their names have the same place among the shares of XFRM's numbers."""
        self.start()
        share = self.a.map("kl_config")[0]["formatted"]["value"]["xfrm_share"] - 1
        ours = 0x40000000 + share * 2**26 + 5
        self.a.run("ip", "xfrm", "policy", "add", "dst", "192.0.2.9", "dir", "out", "priority", ours)
        self.a.run(program("keylined"), "--purge", "--instance", "lan")
        self.assertIn("192.0.2.9", self.a.output("ip", "xfrm", "policy"))
        self.assertEqual(0, self.a.keylined.stop())
        self.a.run(program("keylined"), "--config", self.a.config_path, "--purge")
        self.assertNotIn("192.0.2.9", self.a.output("ip", "xfrm", "policy"))


class ForeignXfrm(Scenario):
    """Policies alone: they need no ESP in the kernel."""

    def policy(self, action, destination, *more):
        self.a.run("ip", "xfrm", "policy", action, "src", self.a.address, "dst", destination, "dir", "out", *more)

    def foreign(self):
        return self.a.query("status")["datapath"]["foreign_xfrm"]

    def test_it_is_reported_and_left_alone(self):
        self.policy("add", "192.0.2.9", "action", "block")
        self.policy("add", self.b.address, "action", "block", "priority", "7")
        self.start()
        self.assert_told(self.a, "0 states and 2 policies of others")
        self.assert_told(self.a, self.host_rule(self.a)["name"], f"{self.b.address}/32, priority 7", "policy delete")
        told = self.foreign()
        self.assertEqual((0, 2, 1), (told["states"], told["policies"], len(told["conflicts"])))
        self.assertIn("2 policies: left alone", self.a.keyline("status").stdout)
        refused = self.a.run("ping", "-c", "1", "-W", "1", self.b.address, check=False)
        self.assertNotEqual(0, refused.returncode, refused.stdout)

        remedy = told["conflicts"][0].split("`")[1]
        self.a.run(*remedy.split())
        self.assertEqual([], self.foreign()["conflicts"])
        self.assert_pings(self.b.address)
        self.assertEqual(0, self.a.keylined.stop())
        self.assertIn("192.0.2.9", self.a.output("ip", "xfrm", "policy"))

    def test_one_that_lets_packets_pass_is_no_obstacle_to_the_fast_path(self):
        self.policy("add", self.b.address)
        self.start(engine="fastpath")
        self.assertEqual([], self.foreign()["conflicts"])
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assert_protected(capture, esp=10)

    def test_a_reload_tells_of_what_its_rules_meet(self):
        self.policy("add", "192.0.2.9", "action", "block")
        self.start()
        self.assertEqual([], self.foreign()["conflicts"])
        blocked = {"name": "late", "remote": "192.0.2.0/24", "action": "protect", "engine": "fastpath"}
        self.a.configure(self.a.configuration(self.host_rule(self.a), blocked))
        warnings = self.a.query("reload")["warnings"]
        self.assertTrue(any('rule "late"' in warning for warning in warnings), warnings)


if __name__ == "__main__":
    main()
