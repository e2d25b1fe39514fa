"""Plugins of a later minor version on today's server.

They are built with headers that have grown. What leaves new members alone and
looks before it calls works; what cannot do without is refused with a sentence
that says so, and before any of its code runs where that is possible.
"""

import os
import pathlib
import subprocess
import tempfile

import fixtures
import grow
import harness

HERE = pathlib.Path(__file__).parent
MACROS = ["-Wno-missing-field-initializers"]  # NX_PLUGIN() did not grow


def build(output, *flags):
    include = output.parent / "include"
    grow.main(str(include))
    subprocess.run(
        [os.environ.get("CC", "gcc"), "-std=c11", "-g", "-fPIC", "-shared",
         "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", *MACROS,
         f"-Wl,--version-script={harness.SOURCE}/sdk/nexus_plugin.map",
         "-Wl,-z,defs", "-I", include, *flags, HERE / "newer/newer.c", "-o",
         output], check=True)


class NewerTest(harness.ServerTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="nexus-abi-")
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "newer.so"
        self.line = f'{{ name = "newer"; path = "{self.file}"; }}'


class ThatLooks(NewerTest):
    def setUp(self):
        super().setUp()
        build(self.file)
        self.options = {"plugins": (self.line,)}
        harness.ServerTest.setUp(self)

    async def test_does_without_what_the_server_has_not(self):
        alice = await self.connect("alice")
        report = await alice.ack("newer.report")
        wanted = {"rooms_added": False, "event_added": False,
                  "event_json": True, "moon": False, "rooms_2": False,
                  "define_with_tail": "unsupported", "send": "ok",
                  "send_with_tail": "unsupported", "session_info": "ok",
                  "session_info_added": 0}
        self.assertEqual({key: report[key] for key in wanted}, wanted)
        self.assertLess(report["host_minor"], grow.MINOR)
        sent = [event for event in await alice.settle()
                if event["event_type"] == "newer.sent"]
        self.assertEqual(len(sent), 1)


class ThatCannotDoWithout(NewerTest):
    def refusal(self, *flags):
        build(self.file, *flags)
        config = self.file.with_suffix(".conf")
        config.write_text(harness.settings_text([self.line]))
        result = subprocess.run(
            [harness.BUILD / "nexusd", "--config", config, "--set",
             f"data_dir={self.file.parent}/data"], capture_output=True,
            text=True, timeout=harness.DEADLINE, stdin=subprocess.DEVNULL)
        self.assertNotEqual(result.returncode, 0)
        return result.stderr

    def requires(self, text):
        return self.refusal(f'-DNEWER_REQUIRES="{text}"')

    async def test_an_interface_that_is_not_there(self):
        self.assertIn("requires the interface nexus.moon/1, which this server "
                      "does not have", self.requires("nexus.moon/1"))

    async def test_a_later_version_of_an_interface(self):
        self.assertIn("requires the interface nexus.rooms in version 2, this "
                      "server has version 1", self.requires("nexus.rooms/2"))

    async def test_functions_that_came_later(self):
        self.assertIn("requires the interface nexus.rooms/1 of ABI 1.9, this "
                      "server has that of 1.", self.requires("nexus.rooms/1.9"))

    async def test_a_callback_that_nobody_would_call(self):
        self.assertIn("uses members of struct nx_plugin that this server does "
                      "not know", self.refusal("-DNEWER_INSTANCE_TAIL=1"))

    async def test_a_fact_that_nobody_would_read(self):
        self.assertIn("uses members of struct nx_plugin_info that this server "
                      "does not know", self.refusal("-DNEWER_INFO_TAIL"))


class Fixtures(fixtures.Fixtures):
    """The sources of the fixtures, built with headers that have grown."""

    @classmethod
    def find_binaries(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="nexus-abi-"))
        grow.main(str(folder / "include"))
        subprocess.run(
            [HERE / "build-fixtures", cls.version, folder,
             folder / "include"], check=True,
            env={**os.environ, "CPPFLAGS": " ".join(MACROS)})
        return folder, False


if __name__ == "__main__":
    harness.main()
