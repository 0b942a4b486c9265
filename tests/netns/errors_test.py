# SPDX-License-Identifier: Apache-2.0
"""What an administrator gets wrong is told in one line that names the thing and the remedy."""

from scenario import Scenario, main
from lab.host import program


class StartUp(Scenario):
    def refused(self, *command, **options):
        """What a daemon that must not start says, having checked that it is one line."""
        done = self.a.run(*command, check=False, **options)
        self.assertNotEqual(0, done.returncode)
        said = (done.stdout + done.stderr).strip()
        self.assertEqual(1, len(said.splitlines()), said)
        return said

    def keylined(self, *options):
        return (program("keylined"), "--config", self.a.config_path, *options)

    def test_absent_file(self):
        self.assertIn(self.a.config_path, self.refused(*self.keylined()))

    def test_absent_interface(self):
        document = self.a.configuration(self.host_rule(self.a))
        document["host"]["unprotected"] = ["eth7"]
        self.a.configure(document)
        self.assertIn("eth7", self.refused(*self.keylined()))

    def test_second_instance(self):
        self.configure()
        self.a.start_keylined()
        self.assertIn("main", self.refused(*self.keylined()))

    def test_taken_port(self):
        self.configure()
        bind = "import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('', 500)); print('bound')"
        holder = self.a.start("/usr/bin/python3", "-uc", f"{bind}; time.sleep(60)", log="holder.log")
        holder.wait_for_output("bound")
        self.assertIn("500", self.refused(*self.keylined()))

    def test_not_root(self):
        self.configure()
        self.assertIn("root", self.refused("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                           *self.keylined()))

    def test_no_daemon(self):
        self.assertIn("keylined", self.refused(program("keyline"), "sas"))
        self.assertIn("keylined", self.refused(program("keyline-fastpath")))

    def test_missing_keytab(self):
        document = self.a.configuration(self.host_rule(self.a))
        document["auth"]["kerberos"]["keytab"] = "/absent.keytab"
        self.a.configure(document)
        self.assertIn("/absent.keytab", self.refused(*self.keylined()))

    def test_kernel_esp_for_users_without_cgroups(self):
        self.a.run("umount", "/sys/fs/cgroup")
        self.configure(per_user=True, extended_auth=["kerberos"], engine="kernel")
        said = self.refused(*self.keylined())
        self.assertIn("mount -t cgroup2", said)
        self.assertIn('engine = "fastpath"', said)


class Kerberos(Scenario):
    """What fails in a negotiation is in the initiator's log, and `keyline probe` tells it too."""

    def test_no_kdc(self):
        self.lab.domain.stop_kdc()
        self.start()
        self.assert_silent(self.b.address)
        self.assert_told(self.a, "KDC")
        self.lab.domain.start_kdc()
        self.assert_pings(self.b.address, count=8)

    def test_hanging_kdc(self):
        """Only the negotiations that wait for it are held up, and they end."""
        self.lab.domain.freeze_kdc()
        self.start()
        self.assert_silent(self.b.address)
        self.assertEqual("initiator", self.a.query("mm")[0]["role"])
        self.assert_told(self.a, "KDC")
        self.lab.domain.thaw_kdc()
        self.assert_pings(self.b.address, count=8)

    def test_wrong_keytab_at_the_responder(self):
        """Its key was changed at the KDC after the keytab was written."""
        self.lab.domain.admin("change_password", "-randkey", self.b.principal)
        self.start()
        self.assert_silent(self.b.address)
        self.assert_told(self.b, "keytab")


if __name__ == "__main__":
    main()
