# SPDX-License-Identifier: Apache-2.0
"""Commands that end with the lab: run to completion, or kept in the background and stopped by process id."""

import os
import signal
import subprocess
import threading
import time


class LabError(Exception):
    """Something in the lab did not work; the message is for people."""


# The kernel kills what we started if we die without cleaning up.
_DIE_WITH_US = ["setpriv", "--pdeathsig", "KILL"]


# How many times longer than on real hardware things may take here: an emulated processor needs more than one.
_PATIENCE = float(os.environ.get("KEYLINE_PATIENCE", "1"))


def patient(seconds):
    """A time limit, stretched for this machine."""
    return seconds * _PATIENCE


def run(command, *, timeout=180, check=True, text=True, **options):
    """Runs a command, returns its CompletedProcess. A failure is a LabError with what the command said."""
    try:
        done = subprocess.run(command, capture_output=True, text=text, timeout=patient(timeout), **options)
    except subprocess.TimeoutExpired as expired:
        raise LabError(f"no end after {patient(timeout):g} s: {' '.join(command)}") from expired
    if check and done.returncode != 0:
        said = done.stderr or done.stdout
        raise LabError(f"exit {done.returncode}: {' '.join(command)}\n{said}")
    return done


def wait_until(condition, what, timeout=30.0, interval=0.02):
    """Returns the first true value of `condition()`."""
    deadline = time.monotonic() + patient(timeout)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"still waiting after {patient(timeout):g} s for {what}")
        time.sleep(interval)


class Process:
    """A background process whose output goes to a file.

    It has a session of its own, so that Ctrl-C at the terminal reaches only us and we end it in order.
    """

    def __init__(self, command, log, **options):
        assert threading.current_thread() is threading.main_thread(), "the parent death signal follows the thread"
        self.command = command
        self.log = str(log)
        with open(log, "ab") as output:
            self._child = subprocess.Popen(_DIE_WITH_US + command, stdin=subprocess.DEVNULL, stdout=output,
                                           stderr=subprocess.STDOUT, start_new_session=True, **options)

    @property
    def pid(self):
        return self._child.pid

    def running(self):
        return self._child.poll() is None

    def send(self, number):
        if self.running():
            os.kill(self.pid, number)

    def wait(self, timeout):
        """The exit code."""
        try:
            return self._child.wait(patient(timeout))
        except subprocess.TimeoutExpired as expired:
            raise LabError(f"still running after {patient(timeout):g} s: {' '.join(self.command)}") from expired

    def stop(self, number=signal.SIGTERM, timeout=30):
        """Ends the process, by force if it must be; returns the exit code."""
        self.send(number)
        try:
            return self._child.wait(patient(timeout))
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()

    def kill(self):
        return self.stop(signal.SIGKILL)

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_for_output(self, text, timeout=60):
        def seen():
            if text in self.output():
                return True
            if not self.running():
                raise LabError(f"ended with exit {self._child.returncode}: {' '.join(self.command)}\n{self.output()}")
            return False

        wait_until(seen, f"'{text}' from {self.command[0]}", timeout)
