# SPDX-License-Identifier: Apache-2.0
"""Extended mode (MS-AIPS 3.6, 3.7): a second authentication, of the machine or of each user, and SAs of users' own."""

import os

from scenario import Scenario, main
from tunnel_test import address_in, lay_tunnel, network_behind
from lab.domain import REALM

PORT = 7777

ECHO = f"""
import socket, socketserver
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, address_family = True, socket.AF_INET6
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
            self.assertEqual({"method": "kerberos", "peer": peer.principal, "impersonation": False,
                              "explicit_credentials": False}, mm["extended_mode"])

    def test_a_peer_without_it_is_refused(self):
        def only_b(host, document):
            if host is self.b:
                document["rule"][0]["extended_auth"] = ["kerberos"]

        self.start(only_b)
        up = self.b.keyline("up", self.a.address, check=False)
        self.assertNotEqual(0, up.returncode)
        self.assertEqual([], self.b.query("sas"))
        self.assertEqual([], self.a.query("sas"))

    def test_a_peer_with_it_refuses_one_without_at_once(self):
        def only_b(host, document):
            if host is self.b:
                document["rule"][0]["extended_auth"] = ["kerberos"]

        self.start(only_b)
        self.assert_silent(self.b.address)
        self.assert_told(self.b, "the peer does without extended mode")
        self.assertEqual([], self.b.query("sas"))

    def test_explicit_credentials(self):
        keytab = os.path.join(self.a.directory, "backup.keytab")
        self.lab.domain.admin("addprinc", "-randkey", "backup")
        self.lab.domain.admin("ktadd", "-k", keytab, "backup")

        def change(permitted):
            def explicit(host, document):
                if host is self.a:
                    document["auth"]["credentials"] = [
                        {"name": "backup", "kerberos": {"principal": f"backup@{REALM}", "keytab": keytab}}]
                    document["rule"][0]["explicit_credentials"] = {"extended_mode": "backup"}
                elif permitted:
                    document["peer"] = [{"address": self.a.address, "explicit_credentials": ["extended_mode"]}]

            return explicit

        self.start(change(False), extended_auth=["kerberos"])
        self.assert_silent(self.b.address)
        self.assert_told(self.b, f"backup@{REALM}", "came by explicit credentials")
        self.configure(change(True), extended_auth=["kerberos"])
        self.b.keyline("reload")
        self.assert_pings(self.b.address)
        [mm] = [mm for mm in self.b.query("mm") if mm["established"]]
        self.assertEqual({"method": "kerberos", "peer": f"backup@{REALM}", "impersonation": False,
                          "explicit_credentials": True}, mm["extended_mode"])
        self.assertIn("explicit credentials", self.b.keyline("mm").stdout)


class UserScenario(Scenario):
    """Users of one host reach one server under SAs of their own."""

    USERS = {"alice": 1001, "bob": 1002}

    def server(self):
        """Its address."""
        return self.b.address

    def serve(self):
        self.b.start("/usr/bin/python3", "-c", ECHO, log="echo.log").wait_for_output("listening")

    def converse(self, uid, seconds=20, *, program=CONVERSE, port=PORT, more=()):
        """Whether the user gets through to the server, by a program that takes its address and port, and a time limit."""
        done = self.a.run("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "/usr/bin/python3", "-c",
                          program, self.server(), port, seconds, *more, check=False, timeout=60 + seconds)
        return "conversed" in done.stdout


class KerberosUsers(UserScenario):
    """By Kerberos, with the users' own tickets; a third has none."""

    RULE = {}

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
        self.start(self.with_users, extended_auth=["kerberos"], **self.RULE)
        self.serve()

    def with_users(self, host, document):
        if host is self.a:
            document["rule"][0]["per_user"] = True
            document["auth"]["kerberos"]["user_ccache"] = f"FILE:{self.caches}"

    def outbound(self, host):
        """Packets sent, by impersonation handle."""
        host.query("sas")  # else what kernel ESP has counted is in the maps a second later
        counts = {}
        state = {entry["key"]: entry["value"] for entry in
                 (row["formatted"] for row in host.map("kl_sa_state")) if entry["value"]["epoch"]}
        for entry in (row["formatted"] for row in host.map("kl_sas")):
            if entry["value"]["direction"] == 1:
                handle = entry["value"]["impersonation_handle"]
                counts[handle] = counts.get(handle, 0) + state[entry["key"]]["packets"]
        return counts


class Each(KerberosUsers):
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


class OverIpv6:
    RULE = {"v6": True}

    def server(self):
        return self.b.address_v6


class BehindNat:
    behind_nat = "a"


class InTunnel:
    """Between networks behind the hosts, each with an address of its host."""

    def with_users(self, host, document):
        super().with_users(host, document)
        document["rule"][0].update(lay_tunnel(host, self.peer_of(host), "v4", "v4"))

    def server(self):
        return address_in(network_behind(self.b, "v4"))


class EachOverIpv6(OverIpv6, Each):
    pass


class EachBehindNat(BehindNat, Each):
    pass


class EachInTunnel(InTunnel, Each):
    pass


class Users(Each):
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

    def test_main_mode_may_prove_them(self):
        """RequireImpersonationMM: the user's tickets in main mode, and no extended mode."""
        def change(host, document):
            del document["rule"][0]["extended_auth"]
            if host is self.a:
                document["rule"][0]["per_user"] = ["main_mode"]
                document["auth"]["kerberos"]["user_ccache"] = f"FILE:{self.caches}"

        self.configure(change, extended_auth=["kerberos"])
        for host in self.lab.hosts:
            host.keyline("reload")
        for uid in self.USERS.values():
            self.assertTrue(self.converse(uid))
        self.assertFalse(self.converse(1003, seconds=8))
        self.assertEqual(sorted(f"{name}@{REALM}" for name in self.USERS),
                         sorted(mm["peer"] for mm in self.b.query("mm") if mm["established"]))


class OtherMethods(UserScenario):
    """By certificates and accounts that [[auth.credentials]] has for them."""

    def start_with(self, methods, kinds=("", ""), users=None):
        def change(host, document):
            document["auth"]["tls"] = self.lab.authorities.tls(host)
            document["auth"]["ntlm"] = {"accounts": self.write(self.b, "accounts",
                                                               "EXAMPLE:alice:one\nEXAMPLE:bob:two\n")}
            document["main_mode"]["dh_groups"] = ["ecp256"]
            document["rule"][0]["extended_auth"] = methods
            if host is self.b:
                document["peer"] = [{"address": self.a.address, "users": users}] if users else []
                return
            document["rule"][0]["per_user"] = True
            document["auth"]["credentials"] = [
                {"name": user, "uid": uid, "certificate": [self.lab.authorities.user_certificate(user, kind)],
                 "ntlm": {"user": user, "domain": "EXAMPLE",
                          "password": self.write(self.a, user, {"alice": "one", "bob": "two"}[user])}}
                for (user, uid), kind in zip(self.USERS.items(), kinds)]

        self.start(change)
        self.serve()

    def write(self, host, file, text):
        path = os.path.join(host.directory, file)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def proved(self):
        return sorted((mm["extended_mode"]["method"], mm["extended_mode"]["peer"]) for mm in self.b.query("mm")
                      if mm["established"])

    def test_certificates(self):
        self.start_with(["tls"])
        for uid in self.USERS.values():
            self.assertTrue(self.converse(uid))
        self.assertEqual([("tls", f"{user}@keyline.example") for user in self.USERS], self.proved())

    def test_a_refused_certificate_and_then_the_account(self):
        self.start_with(["tls", "ntlm"], kinds=("revoked", ""))
        for uid in self.USERS.values():
            self.assertTrue(self.converse(uid))
        self.assertEqual([("ntlm", "EXAMPLE\\alice"), ("tls", "bob@keyline.example")], self.proved())
        [mm] = [mm for mm in self.b.query("mm") if mm["failed_methods"]]
        self.assertEqual("tls", mm["failed_methods"][0]["method"])
        self.assertIn("revoked", mm["failed_methods"][0]["reason"])

    def test_only_users_that_the_peer_entry_names(self):
        self.start_with(["ntlm"], users=["EXAMPLE\\bob"])
        self.assertFalse(self.converse(self.USERS["alice"], seconds=8))
        self.assert_told(self.b, "EXAMPLE\\alice", "none of the peer's users")
        self.assertTrue(self.converse(self.USERS["bob"]))


if __name__ == "__main__":
    main()
