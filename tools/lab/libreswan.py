# SPDX-License-Identifier: Apache-2.0
"""Libreswan's pluto in a host of the lab: a second peer of another make that speaks IKEv1. Its ESP is the kernel's. Where
there is none, pluto is made to believe in it (tests/netns/take_any_sa.c): it negotiates, and no packet passes."""

import os
import re

from lab.host import BUILD, PEER_HAS_KERNEL_ESP
from lab.processes import LabError, wait_until

_UNPACKED = os.environ.get("KEYLINE_LIBRESWAN", "/var/cache/keyline/libreswan")
_IPSEC = "/usr/libexec/ipsec"
_SOCKET = "/run/pluto/pluto.ctl"
_CONF = """
config setup
  ikev1-policy=accept

conn net
  ikev2=no
  auto=add
  leftupdown=/bin/true
"""


class Libreswan:
    """pluto in `host` with one connection, "net", of these options of ipsec.conf."""

    NICKNAME = "own"  # of its certificate

    def __init__(self, host, *, key=None, certificate=None, ca=None, **options):
        """It authenticates by a pre-shared key, or by a certificate ("file" and "key") and who `ca` vouches for."""
        if not os.path.exists(f"{_UNPACKED}{_IPSEC}/pluto"):
            raise LabError(f"{_UNPACKED} has no Libreswan: tests/netns/fetch-libreswan fetches it")
        self._host = host
        self._directory = os.path.join(host.directory, "libreswan")
        os.makedirs(self._path("nss"))
        with open(self._path("ipsec.conf"), "w", encoding="utf-8") as file:
            file.write(_CONF + "".join(f"  {name}={value}\n" for name, value in options.items()))
        with open(os.open(self._path("ipsec.secrets"), os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(f'%any %any : PSK "{key}"\n' if key else "")
        # It finds its other programs under /usr only. The host's mounts are its own.
        host.run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={_UNPACKED}/usr:/usr", "/usr")
        host.run("mkdir", "-p", os.path.dirname(_SOCKET))
        self._database = f"sql:{self._path('nss')}"
        host.run("certutil", "-N", "-d", self._database, "--empty-password")
        if certificate:
            self._install(certificate, ca)
        self._start()

    def _install(self, certificate, ca):
        """Its database takes a key in PKCS #12 only."""
        bundle = self._path("own.p12")
        self._host.run("openssl", "pkcs12", "-export", "-in", certificate["file"], "-inkey", certificate["key"], "-name",
                       self.NICKNAME, "-passout", "pass:", "-out", bundle)
        self._host.run("pk12util", "-i", bundle, "-d", self._database, "-W", "", "-K", "")
        self._host.run("certutil", "-A", "-n", "ca", "-t", "CT,,", "-i", ca, "-d", self._database)

    def _path(self, name):
        return os.path.join(self._directory, name)

    def _start(self):
        shim = {} if PEER_HAS_KERNEL_ESP else {"LD_PRELOAD": os.path.join(BUILD, "tests", "netns", "libtake_any_sa.so")}
        self._pluto = self._host.start(
            f"{_IPSEC}/pluto", "--config", self._path("ipsec.conf"), "--nssdir", self._path("nss"), "--secretsfile",
            self._path("ipsec.secrets"), "--rundir", os.path.dirname(_SOCKET), "--nofork", "--stderrlog", "--no-dnssec",
            "--nhelpers", "0", log="pluto.log", environment=shim)
        wait_until(lambda: '"net"' in self.whack("--status", check=False).stdout, "pluto to have its connection")
        self.whack("--debug", "private", "--debug", "crypt", "--debug", "base")

    def whack(self, *options, **how):
        return self._host.run(f"{_IPSEC}/whack", "--ctlsocket", _SOCKET, *options, **how)

    def up(self):
        self.whack("--name", "net", "--initiate", "--asynchronous")

    def down(self):
        self.whack("--name", "net", "--terminate")

    def sas(self):
        """The SPIs of its ESP SAs, in hexadecimal."""
        return set(re.findall(r"\besp[.:]([0-9a-f]+)@", self.whack("--status").stdout))

    def keys(self):
        """All keys of ESP that it ever had, in hexadecimal."""
        dumps = re.findall(r"\| ESP (?:enc|auth)key:\n((?:.*\|   .*\n)+)", self.output())
        # Of each line 16 octets in hexadecimal, in 50 columns, before the same as text.
        return {"".join("".join(line.split("|   ", 1)[1][:50].split()) for line in dump.splitlines()) for dump in dumps}

    def restart(self):
        """It ends without a word and starts anew."""
        self.kill()
        self._start()

    def send(self, number):
        self._pluto.send(number)

    def kill(self):
        self._pluto.kill()

    def output(self):
        return self._pluto.output()
