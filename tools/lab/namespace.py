# SPDX-License-Identifier: Apache-2.0
"""A host made of Linux namespaces: its own network, host name, mounts, BPF file system and /run. Hosts share cgroups."""

import os

from lab.processes import Process, run

_SETUP = """
set -e
mount -t sysfs sysfs /sys
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run
hostname "$0"
ip link set lo up
echo ready
exec sleep infinity
"""


class Namespace:
    """Commands given to it run inside; all of it ends with close()."""

    def __init__(self, hostname, directory, environment=None):
        self.hostname = hostname
        self.directory = directory
        # C.UTF-8: what commands print is compared and parsed.
        self.environment = {**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})}
        os.makedirs(directory, exist_ok=True)
        self._background = []
        self._holder = Process(["unshare", "--net", "--mount", "--uts", "--propagation", "private", "sh", "-c", _SETUP,
                                hostname], os.path.join(directory, "namespace.log"))
        try:
            self._holder.wait_for_output("ready")
        except BaseException:
            self._holder.kill()
            raise

    @property
    def pid(self):
        """Names the namespaces, as in `nsenter --target PID --net --mount --uts`."""
        return self._holder.pid

    def inside(self, command):
        """The command line that runs `command` here."""
        return ["nsenter", f"--target={self.pid}", "--net", "--mount", "--uts", "--wd=/", *command]

    def run(self, *command, **options):
        return run(self.inside([str(word) for word in command]), env=self.environment, **options)

    def output(self, *command, **options):
        """What the command printed."""
        return self.run(*command, **options).stdout

    def start(self, *command, log, environment=None):
        """Starts a background process; its log is a file name in the namespace's directory."""
        process = Process(self.inside([str(word) for word in command]), os.path.join(self.directory, log),
                          env={**self.environment, **(environment or {})})
        self._background.append(process)
        return process

    def stop_processes(self):
        """Ends what start() started, the newest first."""
        while self._background:
            self._background.pop().stop()

    def close(self):
        self.stop_processes()
        self._holder.kill()


def connect(left, left_name, right, right_name):
    """A veth link from one namespace to another, both ends up."""
    run(["ip", "link", "add", "name", left_name, "netns", str(left.pid), "type", "veth",
         "peer", "name", right_name, "netns", str(right.pid)])
    for namespace, name in ((left, left_name), (right, right_name)):
        namespace.run("ip", "link", "set", name, "up")
