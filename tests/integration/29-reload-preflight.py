"""A file of a plugin is loaded in a process of its own first: one that crashes
or hangs is refused by a reload and by nexusd --check, and the server does not
notice. The plugin `constructor` does what CHECK_CONSTRUCTOR says.
"""

import asyncio
import json
import os
import signal
import subprocess

import ctl
import harness
from harness import CHAT

PLUGIN = harness.BUILD / "tests/plugins/check/constructor.so"
LINE = '{ name = "check"; path = "%s"; }' % PLUGIN
# Long enough for a good one on a busy machine.
PATIENT = "reload = { preflight_timeout = 60; freeze_ms = 60000; };\n"
HASTY = "reload = { preflight_timeout = 2; };\n"
OFF = "reload = { preflight = false; freeze_ms = 60000; };\n"


class Preflight(harness.ServerTest):
    options = {"plugins": (CHAT,), "sets": ("limits.messages_per_second=0",)}
    mistake = None

    def setUp(self):
        if self.mistake:
            self.options = {**self.options,
                            "env": {"CHECK_CONSTRUCTOR": self.mistake}}
        super().setUp()

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.alice = await self.connect("alice")

    def add_plugin(self, text):
        self.server.config.write_text(
            text + harness.settings_text((CHAT, LINE)))

    async def talk(self):
        await self.alice.ack("chat.join", conversation_id="c1")

    async def reload(self, text=PATIENT):
        """What nexusctl reload says; the client is answered meanwhile."""
        self.add_plugin(text)
        process = subprocess.Popen(
            [ctl.PROGRAM, "reload", "--json", "--socket",
             str(ctl.path_of(self.server))],
            stdout=subprocess.PIPE, text=True, env=ctl.ENV)
        answered = 0
        while process.poll() is None:
            await self.alice.request("ping")
            answered += 1
        with process.stdout:
            return json.load(process.stdout), answered

    def folder_is_clean(self):
        images = self.server.directory / "data" / "images"
        names = sorted(os.listdir(images))
        self.assertEqual([name for name in names if "check" in name
                          or "preflight" in name], [])


class Refused(Preflight):
    async def refused(self, reason, text=PATIENT):
        result, answered = await self.reload(text)
        self.assertEqual(result["outcome"], "refused", result)
        error, = result["errors"]
        self.assertIn("plugin check: constructor.so ", error)
        self.assertIn(reason, error)
        await self.talk()
        self.folder_is_clean()
        return answered


class LoadCrash(Refused):
    mistake = "load crash"

    async def test_a_constructor_that_crashes(self):
        await self.refused("crashed with SIGABRT while it was "
                                         "mapped, in a constructor")


class LoadHang(Refused):
    mistake = "load hang"

    async def test_a_constructor_that_hangs_holds_nobody_up(self):
        answered = await self.refused(
            "did not come to an end within 2 s while it was "
                         "mapped, in a constructor (reload.preflight_timeout)",
            HASTY)
        self.assertGreater(answered, 1)


class CreateCrash(Refused):
    mistake = "create crash"

    async def test_a_create_that_crashes(self):
        await self.refused("crashed with SIGABRT in create()")


class ConfigureCrash(Refused):
    mistake = "configure crash"

    async def test_a_configure_that_crashes(self):
        await self.refused("crashed with SIGABRT in configure()")


class CreateExit(Refused):
    mistake = "create exit"

    async def test_a_create_that_ends_the_process(self):
        await self.refused("ended its process with exit code 3 in create()")


class Stop(Preflight):
    mistake = "load hang"

    async def test_a_server_that_stops_does_not_wait_for_it(self):
        self.add_plugin(PATIENT)
        self.server.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(self.server.wait_for_line, "reload: begins")
        await self.talk()
        self.server.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(self.server.wait_for_exit)
        self.assertEqual(code, 0)
        self.folder_is_clean()


class Good(Preflight):
    async def test_a_good_one_is_loaded(self):
        result, _ = await self.reload()
        self.assertEqual(result["outcome"], "done", result)
        self.assertEqual(result["plugins"]["added"], 1)
        await self.alice.ack("check.do")

    async def test_it_can_be_turned_off(self):
        result, _ = await self.reload(OFF)
        self.assertEqual(result["outcome"], "done", result)
        await self.alice.ack("check.do")

    async def test_one_that_refuses_in_order_says_why_itself(self):
        other = harness.BUILD / "tests/plugins/bad_abi.so"
        self.server.config.write_text(PATIENT + harness.settings_text(
            (CHAT, '{ name = "bad"; path = "%s"; }' % other)))
        done = ctl.run("reload", "--socket", ctl.path_of(self.server))
        self.assertEqual(done.returncode, 1)
        self.assertIn("was built for plugin ABI 2", done.stderr)


class Check(Preflight):
    def check(self, text, mistake):
        self.add_plugin(text)
        done = subprocess.run(
            [str(harness.BUILD / "nexusd"), "--check", "--config",
             str(self.server.config), "--set",
             f"data_dir={self.server.directory}/other"],
            capture_output=True, text=True, timeout=100,
            env={**ctl.ENV, "CHECK_CONSTRUCTOR": mistake})
        return done.returncode, done.stderr

    async def test_check_names_the_plugin_and_the_reason(self):
        code, told = self.check(PATIENT, "load crash")
        self.assertEqual(code, 1)
        self.assertRegex(told, r"error: .*nexus\.conf:\d+: plugin check: "
                               r"constructor\.so crashed with SIGABRT")
        code, told = self.check(HASTY, "create hang")
        self.assertEqual(code, 1)
        self.assertIn("did not come to an end within 2 s in create()", told)
        code, told = self.check(PATIENT, "")
        self.assertEqual((code, told), (0, ""))

    async def test_without_it_the_check_dies_itself(self):
        code, _ = self.check(OFF, "load crash")
        self.assertNotIn(code, (0, 1))


if __name__ == "__main__":
    harness.main()
