"""What the server tells a service manager, heard on a real socket."""

import asyncio
import contextlib
import os
import pathlib
import re
import signal
import socket
import tempfile
import time
import unittest

import harness


class Manager:
    """The end of NOTIFY_SOCKET that systemd has."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="nexus-notify-")
        self.path = f"{self.folder.name}/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(harness.DEADLINE)

    def hear(self):
        """The assignments of the next datagram."""
        text = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.split("\n"))

    def expect(self, name):
        """The next datagram with this assignment; beats may come before it."""
        while True:
            said = self.hear()
            if name in said:
                return said
            if not set(said) <= {"STATUS", "WATCHDOG"}:
                raise AssertionError(f"{said} came instead of {name}")

    def silent(self):
        self.socket.setblocking(False)
        try:
            raise AssertionError(f"{self.hear()} was said")
        except BlockingIOError:
            pass
        finally:
            self.socket.settimeout(harness.DEADLINE)

    def close(self):
        self.socket.close()
        self.folder.cleanup()


def state_of(pid):
    """R, S, T, ... as in proc(5)."""
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0]


class Supervised(harness.ServerTest):
    extra = {}
    plugins = (harness.CHAT,)

    def setUp(self):
        self.manager = Manager()
        self.addCleanup(self.manager.close)
        self.options = {"plugins": self.plugins, "env": {
            "NOTIFY_SOCKET": self.manager.path, **self.extra}}
        super().setUp()

    async def test_ready_comes_when_clients_can_connect(self):
        said = self.manager.hear()
        self.assertEqual(said["READY"], "1")
        self.assertRegex(said["STATUS"], r"^serving 0 sessions, 0 rooms$")
        self.server.wait_for_line("ready$")
        self.assertEqual(self.server.http("/health/ready")[0], 200)
        await self.connect("alice")

    async def test_each_reload_is_told(self):
        self.manager.expect("READY")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        os.kill(self.server.process.pid, signal.SIGHUP)
        said = self.manager.expect("RELOADING")
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.assertLessEqual(before, int(said["MONOTONIC_USEC"]))
        self.assertLessEqual(int(said["MONOTONIC_USEC"]), after)
        self.assertNotIn("last reload", self.manager.expect("READY")["STATUS"])
        self.server.wait_for_line("reload: done")

    async def test_a_refused_reload_is_told_with_its_reason(self):
        self.manager.expect("READY")
        self.server.config.write_text("limits = { colour = 1; };\n")
        os.kill(self.server.process.pid, signal.SIGHUP)
        self.manager.expect("RELOADING")
        self.assertRegex(self.manager.expect("READY")["STATUS"],
                         r"; last reload refused: .*nexus\.conf:1: .*colour")

    async def test_stopping_is_told_before_clients_are_sent_away(self):
        self.manager.expect("READY")
        alice = await self.connect("alice")
        os.kill(self.server.process.pid, signal.SIGTERM)
        said = await asyncio.to_thread(self.manager.expect, "STOPPING")
        # Twice drain.timeout, for clients and for storage, and some more.
        self.assertEqual(said["EXTEND_TIMEOUT_USEC"], str(30 * 10**6))
        self.assertEqual(await alice.closed(), 4512)
        self.assertEqual(self.server.wait_for_exit(), 0)
        self.server.process = None


class Watched(Supervised):
    extra = {"WATCHDOG_USEC": "200000"}

    def test_beats_for_as_long_as_it_runs(self):
        self.manager.expect("READY")
        for _ in range(5):
            said = self.manager.hear()
            self.assertEqual(said["WATCHDOG"], "1")
            self.assertIn("sessions", said["STATUS"])

    def test_a_stopped_process_does_not_beat(self):
        """What the watchdog is for: nothing but the loop beats."""
        self.manager.expect("READY")
        pid = self.server.process.pid
        os.kill(pid, signal.SIGSTOP)
        self.addCleanup(os.kill, pid, signal.SIGCONT)
        while state_of(pid) != "T":
            pass
        self.manager.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.manager.hear()
        # Ten times as long as it may be silent.
        self.manager.socket.settimeout(2)
        with self.assertRaises(TimeoutError):
            self.manager.hear()
        self.manager.socket.settimeout(harness.DEADLINE)
        os.kill(pid, signal.SIGCONT)
        self.assertEqual(self.manager.expect("WATCHDOG")["WATCHDOG"], "1")

    def test_the_watchdog_waits_for_the_longest_way_to_stop(self):
        self.manager.expect("READY")
        os.kill(self.server.process.pid, signal.SIGTERM)
        self.assertEqual(self.manager.expect("STOPPING")["WATCHDOG_USEC"],
                         str(30 * 10**6))


class NotReady(unittest.TestCase):
    """A server that does not come up says nothing."""

    def ends_in_silence(self, **options):
        manager = Manager()
        self.addCleanup(manager.close)
        server = harness.Server(wait=False, **options,
                                env={"NOTIFY_SOCKET": manager.path})
        with server:
            self.assertNotEqual(server.wait_for_exit(), 0)
            server.process = None
            manager.silent()
            return server.log()

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            log = self.ends_in_silence(sets=[f"listen.port={port}"])
        self.assertRegex(log, "in use")

    def test_unknown_setting(self):
        self.ends_in_silence(config="colour = 1;\n")

    def test_plugin_that_is_not_there(self):
        self.ends_in_silence(plugins=['{ name = "nope"; }'])


class NobodyListens(harness.ServerTest):
    options = {"env": {"NOTIFY_SOCKET": "/nonexistent/notify"}}

    async def test_the_server_serves_all_the_same(self):
        alice = await self.connect("alice")
        self.assertEqual((await alice.request("ping"))["event_type"], "pong")
        lines = re.findall("the service manager does not listen",
                           self.server.log())
        self.assertEqual(len(lines), 1)


if __name__ == "__main__":
    harness.main()
