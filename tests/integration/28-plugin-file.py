"""nexusctl plugin info and check: what they tell, and their exit codes."""

import json
import pathlib
import subprocess
import tempfile
import unittest

import ctl
import harness

ECHO = harness.BUILD / "examples" / "echo.so"
COUNTER = harness.BUILD / "tests" / "plugins" / "counter.so"


def plugin(*arguments):
    """(exit code, stdout, stderr); a check may take long on a busy machine."""
    done = subprocess.run(
        [ctl.PROGRAM, "plugin", *map(str, arguments)], capture_output=True,
        text=True, timeout=100, env=ctl.ENV)
    return done.returncode, done.stdout, done.stderr


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="nexus-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path


class Info(Folder):
    def test_text(self):
        code, told, wrong = plugin("info", ECHO)
        self.assertEqual((code, wrong), (0, ""))
        lines = told.splitlines()
        for line in ("id               echo", "version          1.0.0",
                     "abi              1.0", "prefixes         echo.",
                     "requires         nexus.json/1 nexus.router/1 "
                     "nexus.metrics/1", "state            none",
                     f"size             {ECHO.stat().st_size}"):
            self.assertIn(line, lines)
        self.assertRegex(told, r"exports .*\bnexus_plugin_v1\b")
        self.assertRegex(told, r"needs .*\blib\w+\.so\.\d")

    def test_json(self):
        code, told, _ = plugin("info", COUNTER, "--json")
        self.assertEqual(code, 0)
        facts = json.loads(told)
        self.assertEqual(facts["id"], "counter")
        self.assertEqual((facts["state_version_min"], facts["state_version"]),
                         (1, 1))
        self.assertEqual(facts["settings"][0], {
            "key": "step", "kind": "int", "default": "1", "range": "1..1000",
            "help": "What an event adds.", "required": False, "secret": False,
            "live": True})
        sha256 = subprocess.run(["sha256sum", str(COUNTER)], text=True,
                                capture_output=True, check=True).stdout[:64]
        self.assertEqual(facts["sha256"], sha256)

    def test_files_that_are_no_plugins(self):
        whole = ECHO.read_bytes()
        other = bytearray(whole)
        other[18] ^= 1
        for name, content, sentence in (
                ("text", b"hello", "is not a shared object but some other"),
                ("empty", b"", "is empty; it may still be being copied"),
                ("half.so", whole[:len(whole) // 2], "is cut short"),
                ("other.so", bytes(other), "for another kind of machine"),
                ("none.so", whole.replace(b".nexus.info", b".nexus.none"),
                 "has no section .nexus.info")):
            with self.subTest(file=name):
                for command in ("info", "check"):
                    code, told, wrong = plugin(command,
                                               self.file(name, content))
                    self.assertEqual((code, told), (1, ""))
                    self.assertIn(sentence, wrong)

    def test_a_file_that_cannot_be_read(self):
        code, _, wrong = plugin("info", self.folder / "nothing.so")
        self.assertEqual(code, 3)
        self.assertIn("nothing.so cannot be read: No such file", wrong)


class Check(Folder):
    def failed(self, *arguments):
        code, told, _ = plugin("check", "--json", *arguments)
        report = json.loads(told)
        self.assertEqual(code, 0 if report["passed"] else 1)
        return {check["check"]: check["detail"] for check in report["checks"]
                if check["result"] == "fail"}

    def test_json(self):
        self.assertEqual(self.failed(ECHO), {})

    def test_settings_from_the_command_line(self):
        failed = self.failed(COUNTER, "--set", "step=13")
        self.assertIn("13 brings bad luck", failed["life"])
        failed = self.failed(COUNTER, "--set", "stepp=1")
        self.assertIn('has no setting \\"stepp\\", did you mean',
                      failed["life"])

    def test_settings_from_a_configuration(self):
        config = self.file("nexus.conf", b"""plugins = (
            { name = "other"; path = "/opt/counter.so"; step = 13; } );""")
        failed = self.failed(COUNTER, "--config", config)
        self.assertIn("13 brings bad luck", failed["life"])
        code, _, wrong = plugin("check", ECHO, "--config", config)
        self.assertEqual(code, 3)
        self.assertIn("has no plugin echo, neither by name nor by path", wrong)

    def test_it_leaves_no_files_behind(self):
        env = {**ctl.ENV, "TMPDIR": str(self.folder)}
        subprocess.run([ctl.PROGRAM, "plugin", "check", str(COUNTER), "--set",
                        "fail=true"], capture_output=True, timeout=100,
                       env=env)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_wrong_command_lines(self):
        for arguments, sentence in (
                (["check"], "missing argument FILE"),
                (["check", ECHO, "--set", "x"], "must be like key=value"),
                (["check", ECHO, "--time-limit", "0"], "whole number from 1"),
                (["info", ECHO, "--set", "x=1"], "has no option --set")):
            with self.subTest(arguments=arguments):
                code, _, wrong = plugin(*arguments)
                self.assertEqual(code, 2)
                self.assertIn(sentence, wrong)


if __name__ == "__main__":
    harness.main()
