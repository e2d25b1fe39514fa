"""nexusctl plugin new: what it writes builds, passes its tests and the check,
and is served, with the installed SDK alone. It writes over nothing.
"""

import os
import subprocess
import sys
import unittest

import harness

sys.path.insert(0, str(harness.SOURCE / "tests/abi"))
import installed_sdk as sdk  # noqa: E402: found by the line before
from installed_sdk import (  # noqa: E402
    build_by_cmake, copy, examples, exports, found, run)

setUpModule = sdk.setUpModule
# What an example cannot do without.
SETTINGS = {"webhook": ("--set", "url=http://127.0.0.1:9/",
                        "--set", "events=*")}


def nexusctl(*arguments, cwd=None):
    """(exit code, stdout, stderr)"""
    done = subprocess.run([str(found("nexusctl")), "plugin", *arguments],
                          text=True, capture_output=True, cwd=cwd or sdk.WORK)
    return done.returncode, done.stdout, done.stderr


class Complete(unittest.TestCase):
    def check(self, name, *options):
        code, told, wrong = nexusctl("new", name, *options)
        self.assertEqual((code, wrong), (0, ""))
        for command in ("cmake -B build\n", "cmake --build build\n",
                        "ctest --test-dir build\n", "nexusctl plugin check"):
            self.assertIn(command, told)
        source = sdk.WORK / name
        build = build_by_cmake(source, "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON")
        plugin = build / f"{name}.so"
        self.assertEqual(exports(plugin), ["nexus_plugin_v1"])
        tests = run("ctest", "--test-dir", build, "--output-on-failure",
                    "--no-tests=error")
        self.assertIn("100% tests passed", tests)
        checked = nexusctl("check", str(plugin))
        self.assertEqual(checked[0], 0, checked)
        self.assertNotIn("warn  elf", checked[1])
        run(found("nexusd"), "--check", "--config", source / f"{name}.conf",
            "--set", f"data_dir={sdk.WORK}/data")
        return source

    def test_in_c(self):
        source = self.check("word-game")
        self.assertIn('"word_game.hello"', (source / "word-game.c").read_text())
        for path in source.iterdir():
            if path.is_file():
                self.assertNotRegex(path.read_text(), "@[A-Z]+@", path)

    def test_in_cpp(self):
        source = self.check("greeter", "--lang", "cpp", "--prefix", "hi.")
        self.assertIn('"hi.hello"', (source / "greeter.cpp").read_text())


class Examples(unittest.TestCase):
    def test_each_passes_the_check_in_whatever_language(self):
        for example in examples():
            with self.subTest(example=example.name):
                build = build_by_cmake(copy(example, "checked"),
                                       "-DBUILD_TESTING=OFF")
                code, told, wrong = nexusctl(
                    "check", str(build / f"{example.name}.so"),
                    *SETTINGS.get(example.name, ()))
                self.assertEqual(code, 0, told + wrong)


class Refused(unittest.TestCase):
    def refused(self, code, sentence, *arguments):
        before = sorted(os.listdir(sdk.WORK))
        got, _, wrong = nexusctl("new", *arguments)
        self.assertEqual(got, code, wrong)
        self.assertIn(sentence, wrong)
        self.assertEqual(sorted(os.listdir(sdk.WORK)), before)

    def test_names(self):
        rule = "a name is a lower-case letter and up to 31 more"
        for name in ("Word", "1st", "a b", "../up", "a.b", "", "x" * 33, "ä"):
            self.refused(2, rule, name)
        self.refused(2, "CMake has a target of this name", "test")

    def test_prefixes_and_languages(self):
        rule = "a prefix is a lower-case letter and up to 30 more"
        for prefix in ("Word", "a.b.", ".", "", "9.", "x" * 33, 'a".'):
            self.refused(2, rule, "word", "--prefix", prefix)
        self.refused(2, "the server's own", "word", "--prefix", "room")
        self.refused(2, "it is c or cpp", "word", "--lang", "rust")

    def test_what_is_there_already(self):
        there = sdk.WORK / "there"
        there.mkdir()
        (there / "there.c").write_text("mine")
        self.refused(3, "exists already and is left as it is", "there")
        self.refused(3, "exists already", "other", "--dir", str(there))
        (sdk.WORK / "file").write_text("mine")
        self.refused(3, "exists already", "other", "--dir", "file")
        self.assertEqual((there / "there.c").read_text(), "mine")
        self.assertEqual(os.listdir(there), ["there.c"])

    def test_a_folder_that_cannot_be_made(self):
        self.refused(3, "cannot make the folder", "word", "--dir", "no/such")

    def test_a_full_disk_leaves_nothing_behind(self):
        # No file may be longer than one block of 512 bytes.
        script = 'ulimit -f 1; trap "" XFSZ; exec "$0" plugin new full'
        done = subprocess.run(["sh", "-c", script, str(found("nexusctl"))],
                              text=True, capture_output=True, cwd=sdk.WORK)
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("cannot write", done.stderr)
        self.assertFalse((sdk.WORK / "full").exists())


if __name__ == "__main__":
    harness.main()
