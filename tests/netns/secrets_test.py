# SPDX-License-Identifier: Apache-2.0
"""Key octets stand in kl_sa_keys and nowhere else: the tests read them there and search all that an operator sees."""

import base64
import os

from scenario import Scenario, main
from lab.bpf_map import octets_of
from lab.host import program


class Secrets(Scenario):
    def keys(self, host):
        """The cipher and integrity keys of the host's SAs."""
        found = []
        for entry in host.map("kl_sa_keys"):
            keys = entry["formatted"]["value"]
            for part in ("encryption", "integrity"):
                octets = keys[f"{part}_octets"]
                if octets:
                    found.append(bytes(keys[part][:octets]))
        return found

    def public_maps(self, host):
        names = host.output("ls", os.path.dirname(host.pin("x"))).split()
        self.assertIn("kl_sas", names)
        return {name: octets_of(host, "pinned", host.pin(name)) for name in names
                if name.startswith("kl_") and name != "kl_sa_keys"}

    def everything_shown(self, host):
        """Name and octets of all that Keyline prints, logs or leaves readable."""
        shown = {f"log {daemon.log}": daemon.output() for daemon in (host.keylined, host.fastpath)}
        for command in ("status", "sas", "mm", "policies", "flows", "counters"):
            shown[command] = host.keyline(command).stdout
            shown[f"{command} --json"] = host.keyline(command, "--json").stdout
        maps = {f"map {name}": octets for name, octets in self.public_maps(host).items()}
        return {name: text.encode() for name, text in shown.items()} | maps

    @staticmethod
    def spellings(key):
        """How key octets might be written; eight of them in a row would be a leak already."""
        piece = key[:8]
        texts = [piece.hex(), piece.hex().upper(), base64.b64encode(key).decode()[:10]]
        for separator in (" ", ":", ",", ", "):
            texts += [separator.join(style.format(octet) for octet in piece)
                      for style in ("{:02x}", "0x{:02x}", '"0x{:02x}"', "{}")]
        return [piece, *(text.encode() for text in texts)]

    def assert_no_key_in(self, keys, shown):
        for name, octets in shown.items():
            for key in keys:
                for spelling in self.spellings(key):
                    self.assertFalse(spelling in octets, f"a key stands in {name}")

    def test_no_key_in_anything_shown(self):
        for host in self.lab.hosts:
            host.configure(host.configuration(self.host_rule(host)))
            host.start_keylined("--log-level", "debug")
            host.start_fastpath("--log-level", "debug")
        self.assert_pings(self.b.address)
        keys = self.keys(self.a) + self.keys(self.b)
        self.assertEqual(4, len(keys))
        self.assertEqual(2, len(set(keys)))  # both hosts agree
        for host in self.lab.hosts:
            self.assert_no_key_in(keys, self.everything_shown(host))

    def test_the_search_finds_what_it_should(self):
        self.start()
        self.assert_pings(self.b.address)
        with self.assertRaises(AssertionError):
            self.assert_no_key_in(self.keys(self.a), {"keys": octets_of(self.a, "pinned", self.a.pin("kl_sa_keys"))})
        octets_of_sa = self.public_maps(self.a)["kl_sa_state"]
        self.assertNotEqual(bytes(len(octets_of_sa)), octets_of_sa)

    def test_the_daemons_leave_no_core(self):
        self.start()
        for daemon in (self.a.keylined, self.a.fastpath):
            with open(f"/proc/{daemon.pid}/limits", encoding="ascii") as limits:
                core = next(line for line in limits if line.startswith("Max core file size"))
            self.assertEqual(["0", "0"], core.split()[4:6])
            # prctl(PR_SET_DUMPABLE, 0) gives the process's files to root and closes them to others; no core, no ptrace.
            self.assertEqual(0, os.stat(f"/proc/{daemon.pid}/maps").st_uid)

    def test_the_socket_is_roots_alone(self):
        self.start()
        refused = self.a.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program("keyline"), "sas",
                             check=False)
        self.assertNotEqual(0, refused.returncode)


if __name__ == "__main__":
    main()
