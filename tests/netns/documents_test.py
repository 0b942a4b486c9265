# SPDX-License-Identifier: Apache-2.0
"""What the README tells a newcomer to write and type is true of the programs that were built."""

import os
import re
import tempfile
import unittest

from scenario import main
from lab.host import program
from lab.processes import run

_README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "README.md")


class Readme(unittest.TestCase):
    def setUp(self):
        with open(_README, encoding="utf-8") as file:
            self.text = file.read()

    def test_configurations_have_no_error(self):
        blocks = re.findall(r"^```toml\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)
        self.assertTrue(blocks)
        for block in blocks:
            with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
                file.write(block)
                file.flush()
                run([program("keylined"), "--check", "--config", file.name])

    def test_commands_exist(self):
        commands = set(re.findall(r"^    keyline (\w+)", self.text, re.MULTILINE))
        self.assertTrue(commands)
        for command in commands:
            run([program("keyline"), command, "--help"])

    def test_links_lead_somewhere(self):
        for target in re.findall(r"\]\(([^)#:]+)\)", self.text):
            self.assertTrue(os.path.exists(os.path.join(os.path.dirname(_README), target)), target)


if __name__ == "__main__":
    main()
