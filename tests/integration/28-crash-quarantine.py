"""A plugin that keeps crashing the server is left out, and comes back when it
has changed or an operator says so. Everything else works meanwhile."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import urllib.request

import crashes
import ctl
import harness
from crashes import plugin
from disk import Disk
from power import PowerDisk

LEFT_OUT = "a plugin is left out because it crashes the server plugin=%s "
SPARED = "a plugin crashes the server and is loaded all the same plugin=%s "


class QuarantineTest(crashes.CrashTest):
    more = ""
    sets = ()
    others = (harness.STORE, harness.CHAT)

    def setUp(self):
        self.options = {"plugins": (), "sets": self.sets}
        server = self.server = harness.Server(**self.options)
        self.file = server.directory / "crasher.so"
        shutil.copy(crashes.PLUGINS / "crasher.so", self.file)
        self.configure(self.more)
        server.start()
        self.addCleanup(
            shutil.rmtree, server.directory, ignore_errors=True)
        self.addCleanup(server.stop)

    def configure(self, more="", *others):
        self.server.config.write_text(harness.settings_text(
            [plugin(more=more, path=self.file), *self.others, *others]))

    async def crash_often(self, times, what="crash.segv"):
        for _ in range(times):
            await self.crash(what)
            self.server.start()

    def out(self):
        """Names in quarantine, by the server's own account."""
        return [item["name"] for item in
                self.server.http("/api/ws/stats")[2]["quarantine"]]

    def restart(self):
        self.server.stop()
        self.server.start()

    def metrics(self):
        url = f"http://127.0.0.1:{self.server.port}/metrics"
        with urllib.request.urlopen(url, timeout=harness.DEADLINE) as answer:
            return answer.read().decode()


class Quarantine(QuarantineTest):
    async def test_comes_with_the_third_crash(self):
        await self.crash_often(2)
        self.assertEqual(self.out(), [])
        self.assertIn('nexus_plugin_crashes{plugin="crasher"} 2',
                      self.metrics())
        client = await self.connect("alice")
        await client.ack("crash.hello")
        await self.crash_often(1)
        self.assertEqual(self.out(), ["crasher"])
        line = self.server.wait_for_line(LEFT_OUT % "crasher" + ".*")[0]
        for part in ("crashes=3", "signal=SIGSEGV", "callback=event",
                     "event=crash.segv",
                     'release="nexusctl plugin release crasher"'):
            self.assertIn(part, line)

    async def test_leaves_everything_else_as_it_is(self):
        await self.crash_often(3)
        client = await self.connect("alice")
        self.assertNotIn("crash.", client.welcome["features"])
        await client.error("plugin_quarantined", "crash.hello")
        await client.error("unknown_event", "crashing.hello")
        await client.ack("chat.message", conversation_id="team",
                         content="still here")
        await client.ack("room.join", room_id="hall")

    async def test_is_shown_wherever_one_looks(self):
        await self.crash_often(3)
        status, _, body = self.server.http("/health/ready")
        self.assertEqual((status, body["status"], body["quarantine"]),
                         (200, "ready", ["crasher"]))
        item, = self.server.http("/api/ws/stats")[2]["quarantine"]
        self.assertEqual(
            (item["version"], item["crashes"], item["event"]),
            ("1.2.3", 3, "crash.segv"))
        metrics = self.metrics()
        self.assertIn('nexus_plugin_quarantined{plugin="crasher"} 1', metrics)
        self.assertIn('nexus_plugin_quarantined{plugin="chat"} 0', metrics)
        code, text, _ = ctl.ask(self.server, "plugins")
        self.assertEqual(code, 0)
        self.assertIn("crasher is left out", text)
        code, text, _ = ctl.ask(self.server, "plugins", "--json")
        answer = json.loads(text)
        self.assertEqual(answer["quarantine"][0]["name"], "crasher")
        self.assertEqual(len(answer["plugins"]), 2)
        code, text, _ = ctl.ask(self.server, "status")
        self.assertRegex(text, "(?m)^quarantine +crasher$")

    async def test_outlasts_restarts_reloads_and_its_window(self):
        await self.crash_often(3)
        self.restart()
        self.assertEqual(self.out(), ["crasher"])
        code, text, error = ctl.ask(self.server, "reload")
        self.assertEqual((code, "added=0" in text), (0, True), error)
        self.assertEqual(self.out(), ["crasher"])
        self.server.sets.append("crash.window=1")
        self.restart()
        self.assertEqual(self.out(), ["crasher"])

    async def test_ends_with_nexusctl_release(self):
        await self.crash_often(3)
        client = await self.connect("alice")
        code, _, error = ctl.ask(
            self.server, "plugin", "release", "chat")
        self.assertEqual(code, 1)
        self.assertIn("no plugin chat is in quarantine", error)
        code, text, error = ctl.ask(
            self.server, "plugin", "release", "crasher")
        self.assertEqual((code, "added=1" in text), (0, True), error)
        await client.expect("system.features")
        await client.ack("crash.hello")
        self.assertEqual(self.out(), [])
        self.restart()
        self.assertEqual(self.out(), [])

    async def test_ends_with_another_file(self):
        await self.crash_often(3)
        with open(self.file, "ab") as file:
            file.write(b"another version")
        self.restart()
        self.assertEqual(self.out(), [])
        self.server.wait_for_line("a plugin is back.*plugin=crasher")
        client = await self.connect("alice")
        await client.ack("crash.hello")
        # And begins anew with that one.
        await self.crash_often(2)
        self.assertEqual(self.out(), [])

    async def test_ends_with_a_reload_of_other_settings(self):
        await self.crash_often(3)
        self.configure('colour = "blue";')
        code, text, error = ctl.ask(self.server, "reload")
        self.assertEqual((code, "added=1" in text), (0, True), error)
        client = await self.connect("alice")
        await client.ack("crash.hello")
        self.assertEqual(self.out(), [])

    async def test_ends_when_it_is_no_longer_wanted(self):
        await self.crash_often(3)
        self.configure('on_crash = "restart";')
        self.restart()
        self.assertEqual(self.out(), [])
        client = await self.connect("alice")
        await client.ack("crash.hello")

    async def test_is_for_each_plugin_by_itself(self):
        self.server.sets.append("crash.limit=2")
        self.configure("", plugin("crasher_too"))
        self.restart()
        await self.crash_often(1)
        await self.crash_often(1, "crash_too.abort")
        self.assertEqual(self.out(), [])
        await self.crash_often(1)
        self.assertEqual(self.out(), ["crasher"])
        await self.crash_often(1, "crash_too.assert")
        self.assertEqual(self.out(), ["crasher", "crasher_too"])
        ctl.ask(self.server, "plugin", "release", "crasher")
        self.assertEqual(self.out(), ["crasher_too"])

    async def test_counts_a_stuck_loop(self):
        self.server.sets += ["crash.limit=1", "callbacks.stuck_ms=1000"]
        self.restart()
        await self.crash_often(1, "crash.loop")
        self.assertEqual(self.out(), ["crasher"])

    async def test_does_not_count_what_others_do(self):
        self.server.sets.append("crash.limit=1")
        self.restart()
        for signo in (signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL):
            self.server.process.send_signal(signo)
            crashes.ended(self.server)
            self.server.start()
        self.assertEqual(self.out(), [])


class Restart(QuarantineTest):
    more = 'on_crash = "restart";'

    async def test_never_leaves_it_out(self):
        await self.crash_often(4)
        self.assertEqual(self.out(), [])
        self.server.wait_for_line(SPARED % "crasher" + '.*on_crash')
        client = await self.connect("alice")
        await client.ack("crash.hello")


class Create(harness.ServerTest):
    """One that lets no server start."""

    def setUp(self):
        self.server = harness.Server(
            plugins=[plugin("crash_create"), harness.CHAT], wait=False)
        self.addCleanup(
            shutil.rmtree, self.server.directory, ignore_errors=True)
        self.addCleanup(self.server.stop)

    async def test_is_left_out_after_three_starts(self):
        for _ in range(3):
            self.server.start()
            self.assertNotEqual(crashes.ended(self.server), 0)
        self.server.wait = True
        self.server.start()
        self.server.wait_for_line(
            LEFT_OUT % "crash_create" + ".*callback=create")
        client = await self.connect("alice")
        await client.error("plugin_quarantined", "create.hello")
        done = subprocess.run(
            [harness.BUILD / "nexusd", "--config", self.server.config,
             "--check", "--set", f"data_dir={self.server.directory}/data"],
            capture_output=True, text=True, timeout=harness.DEADLINE)
        self.assertEqual((done.returncode, done.stdout),
                         (0, "the configuration is good\n"), done.stderr)
        self.assertIn("plugin crash_create is in quarantine", done.stderr)


class Notes(QuarantineTest):
    """The file with what is remembered."""

    def path(self):
        return pathlib.Path(f"{self.server.directory}/data/crash/notes")

    async def test_that_were_damaged_are_ignored_and_used_again(self):
        await self.crash_often(1)
        size = self.path().stat().st_size
        self.path().write_bytes(os.urandom(size))
        self.restart()
        self.server.wait_for_line(
            f"damaged notes of crashes are ignored.*notes={size // 512}")
        await self.crash_often(3)
        self.assertEqual(self.out(), ["crasher"])

    async def test_that_are_no_file_are_left_alone(self):
        self.server.stop()
        self.path().unlink()
        os.symlink("/etc/hostname", self.path())
        self.server.start()
        self.server.wait_for_line("crashes will not be remembered")
        await self.crash_often(3)
        self.assertEqual(self.out(), [])
        self.assertTrue(self.path().is_symlink())

    async def test_are_of_one_size_for_ever(self):
        size = self.path().stat().st_size
        self.server.sets.append("crash.on_crash=restart")
        await self.crash_often(5)
        self.assertEqual(self.path().stat().st_size, size)


class FullDisk(QuarantineTest):
    def setUp(self):
        self.disk = Disk("8m")
        self.addCleanup(self.disk.close)
        self.sets = [f"crash.dir={self.disk.path}"]
        super().setUp()

    async def test_does_not_make_crashes_forgotten(self):
        self.disk.fill()
        await self.crash_often(3)
        self.assertEqual(self.out(), ["crasher"])

    async def test_before_there_was_a_file_does_no_harm(self):
        self.server.stop()
        (self.disk.path / "notes").unlink()
        self.disk.fill()
        self.server.start()
        self.server.wait_for_line(
            "crashes will not be remembered.*No space left on device")
        await self.crash_often(3)
        self.assertEqual(self.out(), [])


class Power(QuarantineTest):
    """The power is cut right after each crash."""

    lie = None
    others = (harness.CHAT,)

    def setUp(self):
        parent = self.enterContext(
            tempfile.TemporaryDirectory(prefix="nexus-crash-"))
        folder = pathlib.Path(parent) / "crash"
        self.disk = PowerDisk(folder, random.Random(28), lie=self.lie)
        self.sets = [f"crash.dir={folder}"]
        super().setUp()

    async def crash_often(self, times, what="crash.segv"):
        self.server.env = self.disk.env
        self.restart()
        for _ in range(times):
            await self.crash(what)
            self.disk.cut()
            self.server.start()

    async def test_notes_are_there_after_a_power_cut(self):
        await self.crash_often(3)
        self.assertEqual(self.out(), ["crasher"])
        self.server.kill()
        self.disk.cut()
        self.server.start()
        self.assertEqual(self.out(), ["crasher"])


class LyingPower(Power):
    """A disk that has not written what it says: the test above would see."""

    lie = "notes"

    def setUp(self):
        super().setUp()
        self.disk.torn = False

    async def test_notes_are_there_after_a_power_cut(self):
        await self.crash_often(3)
        self.assertEqual(self.out(), [])


if __name__ == "__main__":
    harness.main()
