# SPDX-License-Identifier: Apache-2.0
"""Hosts of a domain whose controller is Samba: Kerberos with the machine accounts of a Windows domain."""

from scenario import Scenario, main
from lab.samba_domain import SambaDomain


class MachineAccounts(Scenario):
    domain = SambaDomain

    def test_ping_is_protected_and_both_machines_are_proved(self):
        self.start()
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        self.assert_protected(capture, esp=10)
        for host, peer in ((self.a, self.b), (self.b, self.a)):
            self.assertEqual([("kerberos", peer.principal)], [(mm["method"], mm["peer"]) for mm in host.query("mm")])


if __name__ == "__main__":
    main()
