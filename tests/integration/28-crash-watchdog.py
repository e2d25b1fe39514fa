"""A turn of the main loop that does not end: it is reported while it lasts,
then the server ends for its supervisor; but not for a server that was stopped
or is watched by a debugger."""

import asyncio
import contextlib
import ctypes
import os
import signal
import threading
import urllib.request

import crashes
import harness
import websockets
from crashes import plugin

PTRACE_SEIZE = 0x4206
STUCK = "report of a stuck loop"


class WatchdogTest(crashes.CrashTest):
    sets = ()

    def setUp(self):
        self.options = {"plugins": [plugin()], "sets": self.sets}
        super().setUp()

    async def ask(self, what, **fields):
        """Sends, and waits for nothing."""
        client = await self.connect("mallory")
        with contextlib.suppress(websockets.ConnectionClosed):
            await client.send(what, **fields)
        return client

    async def line(self, pattern):
        return await asyncio.to_thread(
            self.server.wait_for_line, pattern, 60)


class Report(WatchdogTest):
    sets = ["callbacks.stuck_warn_ms=200", "callbacks.stuck_ms=0"]

    async def test_names_what_runs_and_the_server_goes_on(self):
        client = await self.ask("crash.nap", ref="r")
        await client.expect("ack", ref="r")
        await self.line("end of report")
        report, = crashes.reports_in(self.server.log(), STUCK)
        self.assertRegex(report.facts["plugin"], "^crasher ")
        self.assertRegex(report.facts["callback"], "^event, for")
        self.assertEqual(report.facts["event"], "crash.nap")
        self.assertIn("it waits for something", report.facts["stuck"])
        files = [file for file, _ in report.frames]
        self.assertIn(str(crashes.PLUGINS / "crasher.so"), files)
        url = f"http://127.0.0.1:{self.server.port}/metrics"
        with urllib.request.urlopen(url, timeout=harness.DEADLINE) as answer:
            self.assertIn("\nnexus_stuck_turns_total 1\n",
                          answer.read().decode())


class End(WatchdogTest):
    sets = ["callbacks.stuck_warn_ms=200", "callbacks.stuck_ms=1000"]

    async def check(self, text, *arguments, **fields):
        await self.ask(*arguments, **fields)
        code = await asyncio.to_thread(crashes.ended, self.server)
        self.signal_of(code, signal.SIGABRT)
        self.assertIn("limit=callbacks.stuck_ms", self.server.log())
        report, = crashes.reports_in(self.server.log())
        self.assertIn(text, report.facts["stuck"])
        self.assertRegex(report.facts["plugin"], "^crasher ")
        self.assertRegex(report.facts["thread"], "^logic ")
        self.assertTrue(crashes.files(self.server))
        return report

    async def test_of_an_endless_loop(self):
        report = await self.check("it works or loops", "crash.loop")
        self.assertEqual(report.facts["event"], "crash.loop")
        if not crashes.SANITIZED:
            self.assertIn("crasher_loop", report.source(0))

    async def test_of_a_wait_without_end(self):
        report = await self.check("it waits for something", "crash.wait",
                                  **{"in": "timer"})
        self.assertRegex(report.facts["callback"], "^timer, for")

    async def test_does_not_come_for_a_job(self):
        """Jobs are there to take time."""
        client = await self.ask("crash.nap", ref="r", **{"in": "job"})
        await client.expect("ack", ref="r")
        await client.ack("crash.hello")
        self.assertNotIn("stuck", self.server.log())
        self.server.kill()


class Stopped(WatchdogTest):
    sets = ["callbacks.stuck_warn_ms=200", "callbacks.stuck_ms=6000"]

    async def test_time_while_nothing_ran_does_not_count(self):
        client = await self.ask("crash.nap", ref="r")
        await self.line("end of report")
        # In the middle of a turn, and longer than any turn may take.
        self.server.process.send_signal(signal.SIGSTOP)
        self.assertFalse(threading.Event().wait(8))
        self.server.process.send_signal(signal.SIGCONT)
        await client.expect("ack", ref="r")
        await client.ack("crash.hello")
        self.assertNotIn("the server ends", self.server.log())


class Traced(WatchdogTest):
    sets = ["callbacks.stuck_warn_ms=0", "callbacks.stuck_ms=500"]

    async def test_a_debugger_has_its_time(self):
        libc = ctypes.CDLL(None, use_errno=True)
        attached = libc.ptrace(PTRACE_SEIZE, self.server.process.pid, 0, 0)
        self.assertEqual(attached, 0, os.strerror(ctypes.get_errno()))
        await self.ask("crash.wait")
        await self.line("a debugger watches it")
        self.assertIsNone(self.server.process.poll())
        self.server.kill()


class Off(WatchdogTest):
    sets = ["callbacks.stuck_warn_ms=0", "callbacks.stuck_ms=0"]

    async def test_nothing_is_watched(self):
        client = await self.ask("crash.nap", ref="r")
        await client.expect("ack", ref="r")
        self.assertNotIn("stuck", self.server.log())


if __name__ == "__main__":
    harness.main()
