# SPDX-License-Identifier: Apache-2.0
"""SAs are replaced under load, by time and by octets, and no packet is lost."""

from scenario import Scenario, main
from lab.processes import wait_until
from lab.traffic import BackgroundPing


class Rekey(Scenario):
    def check(self, lifetime, size, interval):
        def short_lived(_host, document):
            document["quick_mode"] = lifetime
            document["keying"] = {"rekey_overlap": "2s"}

        self.start(short_lived)
        self.assert_pings(self.b.address)
        seen = {sa["spi"] for sa in self.sas(self.a)}
        running = BackgroundPing(self.a, self.b.address, interval=interval, size=size)

        def rekeyed_thrice():
            seen.update(sa["spi"] for sa in self.sas(self.a))
            return len(seen) >= 8

        wait_until(rekeyed_thrice, "three rekeys", timeout=60, interval=0.2)
        result = running.finish()
        self.assertLessEqual(result.lost, 1, result.output[-200:])  # one may be under way when ping ends


class ByTime(Rekey):
    def test_no_packet_is_lost(self):
        self.check({"soft_lifetime": "4s", "lifetime": "12s"}, size=56, interval=0.01)


class ByOctets(Rekey):
    def test_no_packet_is_lost(self):
        self.check({"soft_lifetime_octets": "500kB", "lifetime_octets": "5MB"}, size=1000, interval=0.005)


if __name__ == "__main__":
    main()
