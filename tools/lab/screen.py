# SPDX-License-Identifier: Apache-2.0
"""How the demo looks: numbered steps and indented output, in colour on a terminal that wants it (no-color.org)."""

import os
import sys

_COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
_BOLD, _DIM, _GREEN, _RED, _CYAN = "1", "2", "1;32", "1;31", "1;36"


def _paint(style, text):
    return f"\033[{style}m{text}\033[0m" if _COLOUR else text


class Screen:
    def __init__(self):
        self._step = 0

    def title(self, text):
        print(f"\n{_paint(_BOLD, text)}")

    def step(self, text):
        self._step += 1
        print(f"\n{_paint(_CYAN, f'{self._step}.')} {_paint(_BOLD, text)}", flush=True)

    def note(self, text):
        print(f"   {text}", flush=True)

    def command(self, host, text):
        """The command line that a person would type at the host."""
        print(_paint(_DIM, f"   {host}# {text}"), flush=True)

    def block(self, text):
        for line in text.rstrip().splitlines():
            print(f"   {line}".rstrip())
        sys.stdout.flush()

    def verdict(self, good, text):
        print(f"   {_paint(_GREEN, 'ok') if good else _paint(_RED, 'NOT OK')}  {text}", flush=True)
