# SPDX-License-Identifier: Apache-2.0
"""A host that runs Keyline: its addresses, its keyline.toml and its two daemons."""

import json
import os

from lab import toml
from lab.namespace import Namespace
from lab.processes import LabError
from lab.ready_socket import ReadySocket

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("KEYLINE_BUILD", os.path.join(_ROOT, "build", "release"))
# The engine of every protect rule that names none, or two with a comma between: host a's and host b's. The product's
# default when this is empty.
ENGINES = os.environ.get("KEYLINE_ENGINE", "").split(",")
# Whether peers of another make have kernel ESP, which only guests can give them.
PEER_HAS_KERNEL_ESP = os.environ.get("KEYLINE_PEER_ESP") == "kernel"
_FOLDERS = {"keylined": "daemon", "keyline": "cli", "keyline-fastpath": "fastpath"}


def program(name):
    """Where the build has it."""
    path = os.path.join(BUILD, "userspace", _FOLDERS[name], name)
    if not os.path.exists(path):
        raise LabError(f"{path} is missing: tools/build makes it")
    return path


class Host(Namespace):
    INTERFACE = "eth0"
    control_socket = "/run/keyline/main.sock"

    def __init__(self, name, number, directory):
        super().__init__(f"{name}.keyline.example", os.path.join(directory, name))
        self.name = name
        self.number = number
        self.address = f"10.77.0.{number}"
        self.engine = ENGINES[(number - 1) % len(ENGINES)]
        self.public_address = self.address  # as the other host knows it: a NAT has one of its own
        self.address_v6 = f"fd77::{number}"
        self.config_path = os.path.join(self.directory, "keyline.toml")
        self.keylined = None
        self.fastpath = None

    def bring_up(self):
        """Gives the interface to the cable its addresses."""
        self.run("ip", "address", "add", f"{self.address}/24", "dev", self.INTERFACE)
        self.run("ip", "address", "add", f"{self.address_v6}/64", "dev", self.INTERFACE, "nodad")

    def join_domain(self, domain):
        self.environment["KRB5_CONFIG"] = domain.krb5_conf
        self.principal = domain.principal(self)
        self.keytab = domain.keytab(self)

    def configuration(self, *rules):
        """A keyline.toml, as a dictionary, that authenticates with Kerberos and has these rules."""
        return {
            "host": {"unprotected": [self.INTERFACE]},
            "auth": {"kerberos": {"principal": self.principal, "keytab": self.keytab}},
            "main_mode": {"auth": ["kerberos"]},
            "rule": list(rules),
        }

    def configure(self, document):
        """Writes keyline.toml: the text, or the dictionary."""
        if self.engine and isinstance(document, dict):
            for rule in document.get("rule", []):
                if rule["action"] == "protect":
                    rule.setdefault("engine", self.engine)
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(document if isinstance(document, str) else toml.dump(document))

    def start_keylined(self, *options):
        self.keylined = self._start_daemon("keylined", "--config", self.config_path, *options)

    def start_fastpath(self, *options):
        self.fastpath = self._start_daemon("keyline-fastpath", *options)

    def start_keyline(self):
        self.start_keylined()
        self.start_fastpath()

    def _start_daemon(self, name, *options):
        with ReadySocket(os.path.join(self.directory, "notify")) as ready:
            process = self.start(program(name), *options, log=f"{name}.log", environment=ready.environment)
            ready.wait(process)
        return process

    def keyline(self, *command, **options):
        """Runs the admin command; returns its CompletedProcess."""
        return self.run(program("keyline"), *command, **options)

    def query(self, *command):
        """What the admin command says with --json."""
        return json.loads(self.keyline(*command, "--json").stdout)

    def entry_command(self):
        """The command line with which a person enters the host, Keyline's programs at hand."""
        folders = ":".join(os.path.dirname(program(name)) for name in _FOLDERS)
        return " ".join(self.inside(["env", f"PATH={folders}:$PATH", "bash"]))

    def map(self, name):
        """A pinned map as bpftool dumps it, a list of decoded entries; empty if it holds nothing."""
        return json.loads(self.output("bpftool", "--json", "map", "dump", "pinned", self.pin(name)) or "[]")

    def pin(self, name):
        return f"/sys/fs/bpf/keyline/main/{name}"
