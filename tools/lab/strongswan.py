# SPDX-License-Identifier: Apache-2.0
"""strongSwan's charon in a host of the lab: a peer of another make that speaks IKEv1. Its ESP is its own in user space,
which is always encapsulated in UDP, or the kernel's where KEYLINE_PEER_ESP is "kernel"."""

import os
import shutil

from lab.host import PEER_HAS_KERNEL_ESP
from lab.processes import wait_until

_CHARON = "/usr/lib/ipsec/charon"
_SOCKET = "unix:///run/charon.vici"
# kernel-netlink has the addresses and routes, and the ESP that kernel-libipsec has not taken before it.
_ESP = "kernel-netlink" if PEER_HAS_KERNEL_ESP else "kernel-libipsec kernel-netlink"
_PLUGINS = ("random nonce drbg openssl aes sha1 sha2 md5 hmac kdf gcm gmp pem pkcs1 pkcs8 x509 pubkey socket-default "
            f"constraints {_ESP} vici updown counters")
_CONF = """
charon {{
  load = {plugins}
  install_routes = yes
  retransmit_timeout = 1.0
  retransmit_tries = 3
  plugins {{
    vici {{ socket = {socket} }}
    kernel-libipsec {{ allow_peer_ts = yes }}
  }}
  filelog {{ main {{ path = {log}
    flush_line = yes
    default = 1
    ike = 2
    knl = 2
  }} }}
}}
swanctl {{ load = random openssl pem pkcs1 pkcs8 x509 pubkey sha1 sha2 md5 hmac }}
"""


class StrongSwan:
    """charon in `host`; its configuration is swanctl's, loaded with load()."""

    def __init__(self, host):
        self._host = host
        self._directory = os.path.join(host.directory, "strongswan")
        for credentials in ("x509", "x509ca", "private"):
            os.makedirs(os.path.join(self._directory, credentials))
        self.log = os.path.join(self._directory, "charon.log")
        conf = os.path.join(self._directory, "strongswan.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(_CONF.format(plugins=_PLUGINS, socket=_SOCKET, log=self.log))
        self._environment = {"STRONGSWAN_CONF": conf, "SWANCTL_DIR": self._directory}
        self._start()

    def _start(self):
        self._charon = self._host.start(_CHARON, log="charon.out", environment=self._environment)
        # A socket may be there before somebody listens.
        wait_until(lambda: self.swanctl("--stats", check=False).returncode == 0, "charon to answer")

    def swanctl(self, command, *options, **how):
        environment = [f"{name}={value}" for name, value in self._environment.items()]
        return self._host.run("env", *environment, "swanctl", command, "--uri", _SOCKET, *options, **how)

    def load(self, text):
        path = os.path.join(self._directory, "swanctl.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.swanctl("--load-all", "--clear", "--file", path)

    def install(self, kind, *files):
        """Has it load these files for certificates ("x509"), those of CAs ("x509ca") or keys ("private")."""
        directory = os.path.join(self._directory, kind)
        for old in os.listdir(directory):
            os.remove(os.path.join(directory, old))
        for file in files:
            shutil.copy(file, directory)

    def restart(self):
        """It ends without a word and starts anew, with nothing loaded."""
        self.kill()
        self._start()

    def send(self, number):
        self._charon.send(number)

    def kill(self):
        """It ends without a word to its peers."""
        self._charon.kill()

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()
