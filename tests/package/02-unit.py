"""The unit is sound, strict, and the server can do its work under it.

A service manager cannot run here. So what the server asks of the kernel over its
whole life is held against what the unit permits, as systemd itself lists it.
"""

import os
import pathlib
import re
import signal
import subprocess
import unittest
import urllib.request

import harness
from machine import (STATE, UNIT, Machine, Service, configure,
                     packages_of)

EXPOSURE_MAX = 15  # tenths; docs/operations.md tells the figure
TRACE = "/tmp/trace"


def setUpModule():
    global MACHINE
    MACHINE = Machine()
    MACHINE.install(packages_of("1")["nexus-server"])
    configure(MACHINE, ("#port = 8000;", "port = 0;"))


def group(name):
    """The system calls of "@system-service"; groups within groups, too."""
    calls = set()
    for line in MACHINE.run("systemd-analyze", "syscall-filter",
                            name).splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= group(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def permitted_calls():
    """As systemd reads SystemCallFilter=: the first line says what is
    permitted, later ones add to it or, after ~, take away from it."""
    calls = set()
    for line in MACHINE.unit("SystemCallFilter"):
        words = line.lstrip("~").split()
        named = set().union(*(group(word) if word.startswith("@") else {word}
                              for word in words))
        calls = calls - named if line.startswith("~") else calls | named
    return calls


class Unit(unittest.TestCase):
    def test_systemd_finds_nothing_wrong(self):
        done = subprocess.run([*MACHINE.prefix(), "systemd-analyze", "verify",
                               UNIT], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_it_is_as_strict_as_the_documents_say(self):
        told = MACHINE.run("systemd-analyze", "security", "--offline=true",
                           f"--threshold={EXPOSURE_MAX}", UNIT)
        figure, = re.findall(r"Overall exposure level for .*: ([\d.]+)", told)
        words = (harness.SOURCE / "docs/operations.md").read_text().split()
        said, = re.findall(r"an exposure of ([\d.]+)", " ".join(words))
        self.assertEqual(figure, said)

    def test_there_is_time_to_drain(self):
        """Twice drain.timeout and ten seconds, as the server asks for."""
        default = MACHINE.path("/etc/nexus/nexus.conf").read_text()
        drain, = re.findall(r"drain = \{.*?#timeout = (\d+);", default,
                            re.DOTALL)
        stop, = MACHINE.unit("TimeoutStopSec")
        self.assertGreater(int(stop), 2 * int(drain) + 10)

    def test_there_are_enough_descriptors(self):
        default = MACHINE.path("/etc/nexus/nexus.conf").read_text()
        wanted = sum(int(number) for number in re.findall(
            r"#(?:http_)?connections = (\d+);", default))
        limit, = MACHINE.unit("LimitNOFILE")
        self.assertGreater(int(limit), 2 * wanted)


class Traced(harness.ServerTest):
    """One life of the server: start, clients, storage, reload, stop."""

    def setUp(self):
        self.server = Service(MACHINE, wrapper=[
            "strace", "-f", "-qq", "-y", "-s", "256", "-o", TRACE])
        self.server.start()
        self.addCleanup(self.server.stop)

    async def live(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        for client in (alice, bob):
            await client.ack("room.join", room_id="hall")
        await alice.ack("chat.message", conversation_id="conv_1",
                        content="x" * 2000)
        await bob.ack("chat.history", conversation_id="conv_1")
        await bob.ack("presence.subscribe", user_ids=["alice"])
        for path in ("/metrics", "/health/ready", "/api/ws/stats"):
            await self.fetch(path)
        MACHINE.run("nexusctl", "sessions")
        MACHINE.run("nexusctl", "store", "backup", f"{STATE}/copy.db")
        self.server.reload()
        plugins = harness.BUILD / "examples"
        MACHINE.path("/tmp/echo.so").write_bytes(
            (plugins / "echo.so").read_bytes())
        configure(MACHINE, ('{ name = "store"; },',
                            '{ name = "store"; },\n    { name = "echo"; '
                            'path = "/tmp/echo.so"; },'))
        self.server.reload()
        await alice.ack("echo.say", text="hello")
        os.kill(self.pid(), signal.SIGTERM)
        await alice.closed()
        self.server.wait_for_exit()
        self.server.process = None

    async def fetch(self, path):
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.server.port}{path}",
                timeout=harness.DEADLINE) as answer:
            self.assertEqual(answer.status, 200)

    def pid(self):
        """Of nexusd itself, not of what traces it."""
        text = MACHINE.run("nexusctl", "status", "--json")
        return int(re.search(r'"pid": *(\d+)', text).group(1))

    def check_calls(self, lines):
        used = {match.group(1) for match in
                (re.match(r"\d+ +(\w+)\(", line) for line in lines) if match}
        self.assertIn("epoll_wait", used)
        self.assertIn("fdatasync" if "fdatasync" in used else "fsync", used)
        # systemd executes the program before the filter is its own.
        self.assertEqual(used - permitted_calls() - {"execve"}, set())

    def check_memory(self, lines):
        """MemoryDenyWriteExecute=: nothing is or becomes executable."""
        for line in lines:
            if re.search(r" (mprotect|pkey_mprotect)\(", line):
                self.assertNotIn("PROT_EXEC", line)
            if " mmap(" in line and "PROT_EXEC" in line:
                self.assertNotIn("PROT_WRITE", line)

    def check_sockets(self, lines):
        families = set(re.findall(r"\bsocket(?:pair)?\((AF_\w+)",
                                  "\n".join(lines)))
        allowed, = MACHINE.unit("RestrictAddressFamilies")
        self.assertEqual(families - set(allowed.split()), set())

    def check_files(self, lines):
        """ProtectSystem=strict: it writes where the unit lets it."""
        writable = re.compile(
            r"(/var/lib/nexus|/run/nexus|/tmp|/var/tmp|/dev|/proc/self)(/|$)")
        for line in lines:
            match = re.search(
                r' openat\(AT_FDCWD<(.*?)>, "(.*?)", (\S+?)[,)]', line)
            if match and re.search("O_WRONLY|O_RDWR|O_CREAT", match.group(3)):
                path = pathlib.PurePosixPath(match.group(1), match.group(2))
                inside = re.sub(f"^{MACHINE.root}", "", str(path))
                self.assertRegex(inside, writable)

    async def test_the_unit_permits_all_that_the_server_does(self):
        await self.live()
        lines = MACHINE.path(TRACE).read_text().splitlines()
        self.assertGreater(len(lines), 1000)
        self.check_calls(lines)
        self.check_memory(lines)
        self.check_sockets(lines)
        self.check_files(lines)


if __name__ == "__main__":
    harness.main()
