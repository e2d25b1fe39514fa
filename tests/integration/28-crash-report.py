"""What a server that crashes leaves behind: a report that names the plugin,
and the signal it would have ended with anyway."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
import unittest

import crashes
import harness
from crashes import SANITIZED, plugin


class Ways(crashes.CrashTest):
    """Each way to end a process, in the handler of an event."""

    async def check(self, way, signo):
        report, code = await self.crash(f"crash.{way}")
        facts = report.facts
        self.signal_of(code, signo)
        self.assertIn(f"{signal.Signals(signo).name} ({signo})",
                      facts["signal"])
        self.assertEqual(facts["plugin"],
                         "crasher (id crasher, version 1.2.3)")
        self.assertEqual(facts["file"], str(crashes.PLUGINS / "crasher.so"))
        self.assertRegex(facts["sha256"], "^[0-9a-f]{64}$")
        self.assertRegex(facts["callback"], r"^event, for \d+\.\d{3} s$")
        self.assertEqual(facts["event"], f"crash.{way}")
        self.assertRegex(facts["session"], "^c-[0-9a-f]+$")
        self.assertRegex(facts["thread"], r"^logic \(\d+\)$")
        self.assertRegex(facts["server"],
                         r"^nexusd \d+\.\d+\.\d+, process \d+, up \d")
        self.assertIn(report.text, crashes.files(self.server)[0].read_text())
        return report

    async def test_a_wrong_address(self):
        report = await self.check("segv", signal.SIGSEGV)
        self.assertIn("at address 0x10", report.facts["signal"])
        if not SANITIZED:  # which cannot be sure where functions begin
            self.assertRegex(report.source(0),
                             r"^crasher_segv at .*/crasher\w*\.[ch]:\d+")
            self.assertRegex(report.source(1), r"crasher\.h:\d+")

    async def test_abort(self):
        report = await self.check("abort", signal.SIGABRT)
        files = [file for file, _ in report.frames]
        self.assertIn(str(crashes.PLUGINS / "crasher.so"), files)

    async def test_an_assertion(self):
        report = await self.check("assert", signal.SIGABRT)
        self.assertRegex(report.facts["message"],
                         r"crasher_ways\.h:\d+: .*Assertion.*== 42")

    async def test_an_endless_recursion(self):
        report = await self.check("overflow", signal.SIGSEGV)
        self.assertIn("more times", report.text)

    async def test_a_function_that_is_not_there(self):
        report = await self.check("null_call", signal.SIGSEGV)
        self.assertRegex(report.source(1), "crasher_(null_call|take)")

    async def test_a_division_by_zero(self):
        report = await self.check("divide", signal.SIGFPE)
        self.assertIn("division of an integer by zero",
                      report.facts["signal"])

    async def test_an_illegal_instruction(self):
        await self.check("trap", signal.SIGILL)


class Places(crashes.CrashTest):
    """Each place a plugin's code runs in."""

    async def test_a_timer(self):
        report, _ = await self.crash("crash.segv", **{"in": "timer"})
        self.assertRegex(report.facts["callback"], "^timer, for")
        self.assertNotIn("event", report.facts)

    async def test_a_job_on_its_thread(self):
        report, code = await self.crash("crash.segv", **{"in": "job"})
        self.signal_of(code, signal.SIGSEGV)
        self.assertRegex(report.facts["thread"], r"^job \(\d+\)$")
        self.assertRegex(report.facts["callback"], "^job, for")
        self.assertRegex(report.facts["plugin"], "^crasher ")

    async def test_the_stack_of_a_job(self):
        report, code = await self.crash("crash.overflow", **{"in": "job"})
        self.signal_of(code, signal.SIGSEGV)
        self.assertRegex(report.facts["plugin"], "^crasher ")

    async def test_a_record_of_a_room(self):
        report, _ = await self.crash("crash.segv", **{"in": "record"})
        self.assertRegex(report.facts["callback"], "^on_record, for")
        self.assertEqual(report.facts["room"], "crasher:hall")

    async def test_a_route(self):
        with self.assertRaises(OSError):
            await asyncio.to_thread(self.server.http, "/api/crasher")
        crashes.ended(self.server)
        report, = crashes.reports_in(self.server.log())
        self.assertRegex(report.facts["callback"], "^http, for")

    async def test_another_of_two_plugins(self):
        self.server.stop()
        self.server.config.write_text(harness.settings_text(
            [plugin(), plugin("crasher_too")]))
        self.server.start()
        report, _ = await self.crash("crash_too.segv")
        self.assertRegex(report.facts["plugin"], "^crasher_too ")
        self.assertEqual(report.facts["event"], "crash_too.segv")


class Steps(unittest.TestCase):
    """The steps of a plugin's life, before the server is ready."""

    def crash_at_start(self, entry):
        server = harness.Server(plugins=[entry], wait=False)
        with server:
            crashes.ended(server)
            report, = crashes.reports_in(server.log())
        return report.facts

    def test_create(self):
        facts = self.crash_at_start(plugin("crash_create"))
        self.assertRegex(facts["plugin"], "^crash_create ")
        self.assertRegex(facts["callback"], "^create, for")

    def test_configure(self):
        facts = self.crash_at_start(plugin(more='at = "configure";'))
        self.assertRegex(facts["callback"], "^configure, for")

    def test_start(self):
        facts = self.crash_at_start(plugin(more='at = "start";'))
        self.assertRegex(facts["callback"], "^start, for")


class Others(crashes.CrashTest):
    async def test_a_signal_from_outside_blames_nobody(self):
        self.server.process.send_signal(signal.SIGSEGV)
        self.signal_of(crashes.ended(self.server), signal.SIGSEGV)
        report, = crashes.reports_in(self.server.log())
        self.assertIn(f"sent by process {os.getpid()}",
                      report.facts["signal"])
        self.assertEqual(report.facts["plugin"], "none, the server itself")

    async def test_the_first_process_of_a_container_ends_too(self):
        """Which the system does not end by a signal of its own."""
        for way, signo in (("abort", signal.SIGABRT),
                           ("segv", signal.SIGSEGV)):
            with self.subTest(way), harness.Server(
                    plugins=[plugin()], sets=["callbacks.stuck_ms=0"],
                    command=["unshare", "--pid", "--fork"]) as server:
                report, code = await self.crash(f"crash.{way}", server)
                self.assertRegex(report.facts["server"], "process 1,")
                self.assertNotEqual(code, 0)
                if way == "abort" or not SANITIZED:
                    self.assertIn(code, (128 + signo, -signo))

    async def test_reports_are_kept_up_to_a_number(self):
        self.server.sets.append("crash.reports=2")
        for _ in range(3):
            self.server.process.send_signal(signal.SIGABRT)
            crashes.ended(self.server)
            newest = crashes.files(self.server)[-1]
            self.server.start()
        left = crashes.files(self.server)
        self.assertEqual(len(left), 2)
        self.assertEqual(left[-1], newest)
        self.assertEqual(newest.stat().st_mode & 0o777, 0o600)

    async def test_a_folder_that_cannot_be_made_costs_the_file_only(self):
        self.server.stop()
        self.server.sets.append("crash.dir=/dev/null/crash")
        self.server.start()
        self.server.wait_for_line("crashes cannot be kept.*/dev/null/crash"
                                  ".*setting=crash.dir")
        report, code = await self.crash()
        self.signal_of(code, signal.SIGSEGV)
        self.assertRegex(report.facts["plugin"], "^crasher ")

    async def test_a_reader_who_does_not_read_holds_nobody_up(self):
        """Standard error is a full pipe: the file is written all the same,
        and the process ends."""
        self.server.stop()
        inside, outside = os.pipe()
        os.set_blocking(outside, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(outside, b"x" * 4096)
        os.set_blocking(outside, True)
        process = self.start_on(outside)
        os.close(outside)
        if SANITIZED:  # which does wait for the reader, for ever
            self.drain(inside)
        else:
            code = await asyncio.to_thread(process.wait, 60)
            self.assertEqual(code, -signal.SIGSEGV)
            os.close(inside)
        report, = crashes.reports_in(
            crashes.files(self.server)[0].read_text())
        self.assertRegex(report.facts["plugin"], "^crash_create ")

    def drain(self, inside):
        """Reads when the report is in its file."""
        deadline = time.monotonic() + 60
        while not any("end of report" in file.read_text()
                      for file in crashes.files(self.server)):
            self.assertLess(time.monotonic(), deadline)
        with open(inside, "rb") as rest:
            rest.read()

    def start_on(self, stderr):
        self.server.config.write_text(
            harness.settings_text([plugin("crash_create")]))
        command = [str(harness.BUILD / "nexusd"), "--config",
                   str(self.server.config)]
        for item in [*self.server.sets, "log.level=error"]:
            command += ["--set", item]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=stderr,
                                   cwd=self.server.directory)
        self.addCleanup(process.kill)
        return process


if __name__ == "__main__":
    harness.main()
