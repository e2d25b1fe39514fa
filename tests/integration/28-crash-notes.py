"""What the server remembers of crashes: by a plugin that lets none start, in a
file that is damaged, on a disk that is full or loses its power."""

import os
import pathlib
import random
import shutil
import subprocess
import tempfile

import crashes
import ctl
import harness
from crashes import plugin
from disk import Disk
from power import PowerDisk
from quarantine import LEFT_OUT, QuarantineTest


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
        # A reload goes on without it, and does not let it back in like this.
        code, text, error = ctl.ask(self.server, "reload")
        self.assertEqual((code, "added=0" in text), (0, True), error)
        code, _, error = ctl.ask(
            self.server, "plugin", "release", "crash_create")
        self.assertEqual(code, 1)
        self.assertIn("crash_create", error)
        await client.ack("room.join", room_id="hall")


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
