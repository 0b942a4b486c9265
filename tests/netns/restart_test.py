# SPDX-License-Identifier: Apache-2.0
"""Processes die, come back and end; traffic and peers notice no more than they must."""

import time

from scenario import Scenario, main
from lab.processes import wait_until
from lab.traffic import BackgroundPing, UdpStream

PACKETS_PER_SECOND = 5000
# Of AF_XDP, between the kernel and a worker (userspace/fastpath/xsk_socket.h): packets.
QUEUE = 2048


class KilledKeylined(Scenario):
    def test_traffic_goes_on_and_sas_are_adopted(self):
        self.start()
        self.assert_pings(self.b.address)
        spis = {sa["spi"] for sa in self.sas(self.a)}
        running = BackgroundPing(self.a, self.b.address, interval=0.02)
        wait_until(lambda: running.answers() > 10, "answers")
        self.a.keylined.kill()
        time.sleep(1)
        self.a.start_keylined()
        time.sleep(1)
        self.assertLessEqual(running.finish().lost, 1)  # one may be under way when ping ends
        self.assertEqual(spis, {sa["spi"] for sa in self.sas(self.a)})
        self.assertEqual(2, len(self.a.query("sas")))

    def test_stop_can_leave_the_sas_to_the_next(self):
        self.start()
        self.assert_pings(self.b.address)
        spis = {sa["spi"] for sa in self.sas(self.a)}
        self.a.keyline("stop", "--keep-sas")
        self.a.keylined.wait(10)
        self.assert_pings(self.b.address)
        self.a.start_keylined()
        self.assertEqual(spis, {sa["spi"] for sa in self.sas(self.a)})

    def test_protected_traffic_never_goes_in_the_clear_without_the_daemons(self):
        self.start()
        self.assert_pings(self.b.address)
        assert_right = self.assert_pings if self.by_kernel(self.a) else self.assert_silent
        self.a.keylined.kill()
        self.a.fastpath.kill()
        capture = self.cable.capture()
        assert_right(self.b.address)
        self.assertEqual(0, capture.stop().kinds()["clear"])
        self.a.start_keyline()
        self.assert_pings(self.b.address)


class KilledFastpath(Scenario):
    def test_a_new_one_takes_over_the_sas(self):
        self.start()
        self.assert_pings(self.b.address)
        spis = {sa["spi"] for sa in self.sas(self.a)}
        self.a.fastpath.kill()
        assert_right = self.assert_pings if self.by_kernel(self.a) else self.assert_silent
        assert_right(self.b.address)
        self.a.start_fastpath()
        self.assert_pings(self.b.address)
        self.assertEqual(spis, {sa["spi"] for sa in self.sas(self.a)})

    def test_what_a_stream_loses_is_counted_or_was_in_its_queues(self):
        self.start()
        self.assert_pings(self.b.address)
        spis = {sa["spi"] for sa in self.sas(self.a)}
        opened_before = self.opened(self.b)
        stream = UdpStream(self.a, self.b, self.b.address, PACKETS_PER_SECOND, seconds=4)
        wait_until(lambda: self.opened(self.b) > PACKETS_PER_SECOND, "a second's packets")
        self.a.fastpath.kill()
        self.a.start_fastpath()  # as systemd does
        sent = stream.finish()
        lost = sent - (self.opened(self.b) - opened_before)
        counted = self.counters(self.a)["no-worker"]
        print(f"kill -9 keyline-fastpath at {PACKETS_PER_SECOND} packets/s: {lost} of {sent} lost, the traffic of "
              f"{lost * 1000 // PACKETS_PER_SECOND} ms; {counted} of them counted as no-worker")
        self.assertGreater(sent - lost, PACKETS_PER_SECOND)
        self.assertLessEqual(lost - counted, 2 * QUEUE)
        self.assertEqual(spis, {sa["spi"] for sa in self.sas(self.a)})

    @staticmethod
    def opened(host):
        return sum(sa["packets"] for sa in host.query("sas") if sa["direction"] == "in")


class Shutdown(Scenario):
    def test_the_admin_can_ask_for_it(self):
        self.start()
        self.assert_pings(self.b.address)
        self.a.keyline("stop")
        self.assertEqual(0, self.a.keylined.wait(30))
        wait_until(lambda: not self.sas(self.b), "b's SAs to go")

    def test_the_peers_sas_go_too(self):
        self.start()
        self.assert_pings(self.b.address)
        self.assertEqual(2, len(self.sas(self.b)))
        self.assertEqual(0, self.a.keylined.stop())
        wait_until(lambda: not self.sas(self.b), "b's SAs to go")

    def test_a_clean_start_follows(self):
        self.start()
        self.assert_pings(self.b.address)
        self.a.keylined.stop()
        self.a.start_keylined()
        self.assert_pings(self.b.address)


class UpAndDown(Scenario):
    def test_an_administrator_makes_and_deletes_sas(self):
        self.start()
        self.a.keyline("up", self.b.address)
        self.assertEqual(2, len(self.sas(self.a)))
        self.a.keyline("down", self.b.address)
        for host in self.lab.hosts:
            wait_until(lambda: not self.sas(host), f"{host.name}'s SAs to go")
        self.assert_pings(self.b.address)


if __name__ == "__main__":
    main()
