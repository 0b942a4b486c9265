# SPDX-License-Identifier: Apache-2.0
"""A peer loses everything without a word; the traffic of the other one is protected again soon."""

from scenario import Scenario, main
from lab.host import program
from lab.processes import wait_until
from lab.traffic import BackgroundPing


class SilentRestart(Scenario):
    def lose_everything(self, host):
        host.keylined.kill()
        host.fastpath.kill()
        host.run(program("keylined"), "--config", host.config_path, "--purge")
        host.start_keyline()

    def assert_negotiation_counted(self, host, reason):
        def counted():
            return {row["name"]: row["count"] for row in host.query("counters", "--all") if row["where"] == "keying"}

        wait_until(lambda: counted()[reason] >= 1, f"{reason} to be counted")

    def test_esp_under_lost_sas_is_noticed(self):
        self.start()
        self.assert_pings(self.b.address)
        running = BackgroundPing(self.a, self.b.address, interval=0.05)
        wait_until(lambda: running.answers() > 5, "answers")
        self.lose_everything(self.b)
        before = running.answers()
        wait_until(lambda: running.answers() > before + 20, "answers after the restart", timeout=30)
        running.finish()
        self.assert_negotiation_counted(self.b, "ike-stray")
        self.assert_negotiation_counted(self.a, "ike-restarted-peer")

    def test_messages_under_a_lost_main_mode_are_noticed(self):
        self.start()
        self.assert_pings(self.b.address)
        self.lose_everything(self.b)
        self.a.keyline("down", f"0x{self.sas(self.a)[0]['spi']:08x}")
        self.assert_pings(self.b.address)
        self.assert_negotiation_counted(self.b, "ike-stray")


class AddressDeletion(Scenario):
    def test_the_sas_of_the_address_go_with_it(self):
        self.start()
        self.assert_pings(self.b.address)
        self.assert_pings(self.a.address, host=self.b)
        self.a.run("ip", "address", "del", f"{self.a.address}/24", "dev", self.a.INTERFACE)
        wait_until(lambda: not self.sas(self.a), "a's SAs to go")
        self.a.run("ip", "address", "add", f"{self.a.address}/24", "dev", self.a.INTERFACE)
        self.assert_pings(self.b.address)


if __name__ == "__main__":
    main()
