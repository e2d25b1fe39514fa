"""The manual pages say everything that the programs know, and are good mdoc."""

import gzip
import re
import subprocess
import unittest

import harness

PAGES = harness.BUILD / "man"


def run(*command):
    return subprocess.run([str(word) for word in command], check=True,
                          capture_output=True, text=True)


def text_of(page):
    """As it is shown, without the ways of a terminal to be bold."""
    shown = run("man", "-l", "-E", "ascii", PAGES / page).stdout
    return re.sub(".\b", "", shown)


def words_of(page):
    return set(re.findall(r"[\w.-]+", text_of(page)))


class Pages(unittest.TestCase):
    def test_they_are_good_mdoc(self):
        for page in ("nexusd.8", "nexusctl.1", "nexus.conf.5"):
            with self.subTest(page=page):
                lint = subprocess.run(
                    ["mandoc", "-Tlint", "-Wstyle", PAGES / page],
                    capture_output=True, text=True).stdout
                self.assertEqual([line for line in lint.splitlines()
                                  if "referenced manual not found" not in line],
                                 [])
                told = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8",
                           "-Z", PAGES / page)
                self.assertEqual(told.stderr, "")

    def test_every_table_is_in_its_place(self):
        for page in PAGES.glob("*.[0-9]"):
            self.assertNotRegex(page.read_text(), r"(?m)^@")

    def test_they_are_installed_as_they_are(self):
        for page in PAGES.glob("*.[0-9]"):
            packed = PAGES / f"{page.name}.gz"
            self.assertEqual(gzip.decompress(packed.read_bytes()),
                             page.read_bytes())

    def options_are_told(self, program, page):
        told = run(harness.BUILD / program, "--help").stdout
        options = re.findall(r"^  (-\w), (--[\w-]+)", told, re.M)
        self.assertGreater(len(options), 4)
        words = words_of(page)
        for option in options:
            self.assertLessEqual(set(option), words)

    def test_options_of_the_server(self):
        self.options_are_told("nexusd", "nexusd.8")

    def test_options_and_commands_of_the_tool(self):
        self.options_are_told("nexusctl", "nexusctl.1")
        told = run(harness.BUILD / "nexusctl", "--help").stdout
        commands = re.findall(r"^  ([a-z][a-z-]*(?: [a-z-]+)?)\b", told, re.M)
        self.assertIn("store check", commands)
        self.assertIn("sessions", commands)
        page = text_of("nexusctl.1")
        for command in commands:
            self.assertRegex(page, rf"(?m)^ +{command}\b")

    def test_every_setting_with_its_default(self):
        """docs/settings.md comes from the same tables by another way."""
        text = (harness.SOURCE / "docs/settings.md").read_text()
        rows = re.findall(r"(?m)^\| `([\w.]+)` \| `(.*?)` \|", text)
        self.assertGreater(len(rows), 100)
        page = text_of("nexus.conf.5")
        for path, default in rows:
            name = path.split(".", 2)[-1] if "plugins." in path else path
            self.assertRegex(page, r"(?m)^ +%s = %s$" % (
                re.escape(name), re.escape(default)))


if __name__ == "__main__":
    harness.main()
