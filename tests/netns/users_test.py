# SPDX-License-Identifier: Apache-2.0
"""Extended mode (MS-AIPS 3.6, 3.7): a second authentication, of the machine or of each user, and SAs of users' own."""

import os

from scenario import Scenario, main
from lab.domain import REALM

PORT = 7777

ECHO = f"""
import socketserver
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
server = Server(('', {PORT}), Echo)
print('listening', flush=True)
server.serve_forever()
"""

CONVERSE = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=float(sys.argv[3])) as connection:
    for line in range(20):
        said = b'keyline-in-clear %d' % line
        connection.sendall(said)
        heard = b''
        while len(heard) < len(said):
            heard += connection.recv(4096)
        assert heard == said
print('conversed')
"""


class Machine(Scenario):
    """Both machines authenticate twice."""

    def test_ping_is_protected(self):
        self.start(extended_auth=["kerberos"])
        capture = self.cable.capture()
        self.assert_pings(self.b.address)
        kinds = self.assert_protected(capture, esp=10)
        self.assertGreaterEqual(kinds["ike"], 12)
        for host, peer in ((self.a, self.b), (self.b, self.a)):
            [mm] = host.query("mm")
            self.assertEqual("Extended Mode Complete", mm["state"])
            self.assertEqual({"method": "kerberos", "peer": peer.principal, "impersonation": False},
                             mm["extended_mode"])

    def test_a_peer_without_it_is_refused(self):
        def only_b(host, document):
            if host is self.b:
                document["rule"][0]["extended_auth"] = ["kerberos"]

        self.start(only_b)
        up = self.b.keyline("up", self.a.address, check=False)
        self.assertNotEqual(0, up.returncode)
        self.assertEqual([], self.b.query("sas"))
        self.assertEqual([], self.a.query("sas"))


class Users(Scenario):
    """Two users of one host reach one server under SAs of their own; a third has no credentials."""

    USERS = {"alice": 1001, "bob": 1002}

    def setUp(self):
        super().setUp()
        self.caches = os.path.join(self.a.directory, "krb5cc_%{uid}")
        for name, uid in self.USERS.items():
            keytab = os.path.join(self.a.directory, f"{name}.keytab")
            cache = self.caches.replace("%{uid}", str(uid))
            self.lab.domain.admin("addprinc", "-randkey", name)
            self.lab.domain.admin("ktadd", "-k", keytab, name)
            self.a.run("kinit", "-k", "-t", keytab, "-c", f"FILE:{cache}", name)
            os.chown(cache, uid, uid)
        self.start(self.with_users, extended_auth=["kerberos"])
        self.b.start("/usr/bin/python3", "-c", ECHO, log="echo.log").wait_for_output("listening")

    def with_users(self, host, document):
        if host is self.a:
            document["rule"][0]["per_user"] = True
            document["auth"]["kerberos"]["user_ccache"] = f"FILE:{self.caches}"

    def converse(self, uid, seconds=20):
        """Whether the user gets through to the server."""
        done = self.a.run("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "/usr/bin/python3", "-c",
                          CONVERSE, self.b.address, PORT, seconds, check=False, timeout=60)
        return "conversed" in done.stdout

    def outbound(self, host):
        """Packets sent, by impersonation handle."""
        counts = {}
        state = {entry["key"]: entry["value"] for entry in
                 (row["formatted"] for row in host.map("kl_sa_state")) if entry["value"]["epoch"]}
        for entry in (row["formatted"] for row in host.map("kl_sas")):
            if entry["value"]["direction"] == 1:
                handle = entry["value"]["impersonation_handle"]
                counts[handle] = counts.get(handle, 0) + state[entry["key"]]["packets"]
        return counts

    def test_each_under_their_own(self):
        capture = self.cable.capture()
        for uid in self.USERS.values():
            self.assertTrue(self.converse(uid))
        self.assert_protected(capture, esp=40)
        self.assertEqual(sorted(self.USERS.values()), sorted(mm["user"] for mm in self.a.query("mm")))
        self.assertEqual(sorted(f"{name}@{REALM}" for name in self.USERS),
                         sorted(mm["extended_mode"]["peer"] for mm in self.b.query("mm")))
        sent = self.outbound(self.a)
        answered = self.outbound(self.b)
        self.assertEqual(set(self.USERS.values()), set(sent))
        # What the server answers goes back by the SA of the user who asked.
        self.assertEqual(2, len(answered))
        self.assertTrue(all(count >= 20 for count in [*sent.values(), *answered.values()]), (sent, answered))

    def test_one_without_credentials_rides_on_nobodys(self):
        self.assertTrue(self.converse(self.USERS["alice"]))
        before = self.outbound(self.a)
        self.assertFalse(self.converse(1003, seconds=8))
        self.assertEqual({self.USERS["alice"]}, set(before))
        self.assertEqual(before, self.outbound(self.a))
        self.assert_counted(self.a, "hold-failed")
        self.assertIn("uid 1003", self.a.keylined.output())
        self.assertTrue(self.converse(self.USERS["alice"]))

    def test_root_is_the_machine(self):
        self.assert_pings(self.b.address)
        [mm] = self.a.query("mm")
        self.assertIsNone(mm["user"])
        self.assertFalse(mm["extended_mode"]["impersonation"])


if __name__ == "__main__":
    main()
