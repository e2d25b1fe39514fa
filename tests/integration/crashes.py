"""Servers that are meant to crash: test plugins that do it, and the reports.

tests/plugins/crasher.h lists the ways and places.
"""

import contextlib
import os
import pathlib
import re
import subprocess

import harness
import websockets

PLUGINS = harness.BUILD / "tests/plugins"
# A sanitizer hears of a crash after our handler and ends the process its way.
SANITIZED = "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ


def plugin(name="crasher", more="", path=None):
    path = path or PLUGINS / f"{name}.so"
    return f'{{ name = "{name}"; path = "{path}"; {more} }}'


class Report:
    """The text of one report, by its lines."""

    def __init__(self, text):
        self.text = text
        self.facts = {}
        self.frames = []  # (file, address in it)
        for line in text.splitlines():
            frame = re.match(r" +#\d+ (\S+) (0x[0-9a-f]+)$", line)
            if frame:
                self.frames.append(frame.groups())
            fact = re.match(r"(\w+(?: \w+)?)  +(.*)$", line)
            if fact and not frame:
                self.facts.setdefault(fact[1], fact[2])

    def source(self, index):
        """What addr2line says of a frame: the function, file and line."""
        file, address = self.frames[index]
        command = ["addr2line", "-Cfipe", file, address]
        return subprocess.run(command, capture_output=True, text=True,
                              check=True).stdout.strip()


def reports_in(text, title="crash report"):
    """The reports of this kind in a log."""
    pattern = rf"=== NEXUS {title} ===\n.*?=== end of report ==="
    return [Report(found) for found in re.findall(pattern, text, re.S)]


def files(server):
    """The report files, the oldest first."""
    folder = pathlib.Path(f"{server.directory}/data/crash")
    return sorted(folder.glob("crash-*.txt"))


def ended(server):
    """Waits for the end of a server that crashes, and forgets it."""
    code = server.wait_for_exit()
    server.process = None
    return code


class CrashTest(harness.ServerTest):
    options = {"plugins": [plugin(), harness.CHAT]}

    def signal_of(self, code, signo):
        """Whether the process ended as by this signal."""
        if SANITIZED:
            self.assertNotEqual(code, 0)
        else:
            self.assertEqual(code, -signo, self.server.log())

    async def crash(self, what="crash.segv", server=None, **fields):
        """Has a plugin crash the server; its report and exit code."""
        server = server or self.server
        client = await self.connect("mallory", server)
        with contextlib.suppress(websockets.ConnectionClosed):
            await client.send(what, **fields)
        code = ended(server)
        await client.closed()
        found = reports_in(server.log())
        self.assertEqual(len(found), 1, server.log())
        return found[0], code
