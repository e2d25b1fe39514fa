"""Builds the packages as ./dev package does, and looks into them.

The other tests of this folder use what is built here.
"""

import pathlib
import re
import shutil
import unittest

import harness
from machine import PACKAGES, call

NAMES = ("nexus-server", "nexus-server-dbgsym", "nexus-server-dev")


def build(revision):
    folder = PACKAGES / revision
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    call(harness.SOURCE / "dev", "package", revision)
    for path in (harness.SOURCE / "build/package").glob("*deb"):
        shutil.copy(path, folder)


def setUpModule():
    build("1")
    build("2")


def field(package, name):
    return call("dpkg-deb", "--field", package, name).strip()


def contents(package):
    """{path: (mode and owner)}, folders left out."""
    rows = (line.split(None, 5) for line in
            call("dpkg-deb", "--contents", package).splitlines())
    return {row[5][1:]: (row[0], row[1]) for row in rows
            if not row[0].startswith("d")}


class Packages(unittest.TestCase):
    def setUp(self):
        self.packages = {path.name.split("_")[0]: path
                         for path in (PACKAGES / "1").iterdir()}
        self.server = self.packages["nexus-server"]
        self.sdk = self.packages["nexus-server-dev"]

    def test_names_tell_package_version_and_architecture(self):
        self.assertEqual(tuple(sorted(self.packages)), NAMES)
        machine = call("dpkg", "--print-architecture").strip()
        for name, path in self.packages.items():
            self.assertRegex(path.name, rf"^{name}_[\d.]+-1_{machine}\.d?deb$")

    def test_the_second_revision_is_an_upgrade(self):
        first, second = (field(next((PACKAGES / revision).glob(
            "nexus-server_*")), "Version") for revision in "12")
        call("dpkg", "--compare-versions", first, "lt", second)

    def test_each_library_is_a_dependency(self):
        depends = field(self.server, "Depends")
        for name in ("libc6", "libwebsockets17", "libjansson4", "libconfig9",
                     "libssl3", "libsqlite3-0", "libjemalloc2", "zlib1g",
                     # Opened by name, and what postinst calls.
                     "libwebsockets-evlib-ev", "adduser"):
            self.assertRegex(depends, rf"(^|, ){name}\b")

    def test_the_sdk_depends_on_its_version_of_the_abi(self):
        text = (harness.SOURCE / "sdk/include/nexus/types.h").read_text()
        major, minor = re.findall(r"#define NX_ABI_M\w+ (\d+)u", text)
        abi = f"nexus-plugin-abi-{major} (= {major}.{minor})"
        self.assertEqual(field(self.server, "Provides"), abi)
        self.assertIn(abi, field(self.sdk, "Depends"))

    def test_the_description_has_a_first_line_of_its_own(self):
        for path in (self.server, self.sdk):
            lines = field(path, "Description").splitlines()
            self.assertLess(len(lines[0]), 80)
            self.assertTrue(lines[1].startswith(" NEXUS "), lines)

    def test_files_belong_to_root_and_may_be_read_by_all(self):
        for path in self.packages.values():
            for name, (mode, owner) in contents(path).items():
                self.assertEqual(owner, "root/root", name)
                self.assertRegex(mode, r"^-rw[x-]r-[x-]r-[x-]$", name)

    def test_every_file_in_etc_is_a_conffile(self):
        told = call("dpkg-deb", "--info", self.server, "conffiles").split()
        self.assertEqual([name for name in contents(self.server)
                          if name.startswith("/etc/")], told)

    def test_all_is_where_it_belongs(self):
        server, sdk = contents(self.server), contents(self.sdk)
        for plugin in (harness.SOURCE / "plugins").iterdir():
            if list(plugin.glob("*.c")):
                self.assertTrue(any(name.endswith(
                    f"/nexus/plugins/{plugin.name}.so") for name in server))
        for page in (harness.SOURCE / "docs/man").iterdir():
            self.assertIn(f"/usr/share/man/man{page.stem[-1]}/{page.stem}.gz",
                          server)
        for name in ("/usr/bin/nexusd", "/usr/bin/nexusctl",
                     "/usr/lib/systemd/system/nexus.service",
                     "/usr/share/nexus/prometheus/alerts.yml",
                     "/usr/share/nexus/grafana/nexus.json",
                     "/usr/share/doc/nexus-server/operations.md"):
            self.assertIn(name, server)
        for header in (harness.SOURCE / "sdk/include").rglob("*.h"):
            self.assertIn("/usr/include/" + str(header.relative_to(
                harness.SOURCE / "sdk/include")), sdk)
        docs = harness.SOURCE / "docs"
        for path in (docs / "plugins.md", docs / "abi.md",
                     *docs.glob("sdk/*.md")):
            self.assertIn(f"/usr/share/doc/nexus-server-dev/"
                          f"{path.relative_to(docs)}", sdk)
        for example in (harness.SOURCE / "sdk/examples").iterdir():
            self.assertTrue(any(name.startswith(
                f"/usr/share/nexus/examples/{example.name}/")
                for name in sdk), example)
        for name in (server, sdk):
            self.assertTrue({"changelog.gz", "changelog.Debian.gz",
                             "copyright"} <= {
                                 pathlib.PurePath(path).name for path in name})

    def test_the_manifest_of_a_plugin_survives_stripping(self):
        folder = PACKAGES / "unpacked"
        shutil.rmtree(folder, ignore_errors=True)
        call("dpkg-deb", "--extract", self.server, folder)
        for plugin in folder.rglob("*.so"):
            self.assertIn(".nexus.info", call("readelf", "-SW", plugin))
            self.assertNotIn(".symtab", call("readelf", "-SW", plugin))

    def test_the_same_commit_gives_the_same_bytes(self):
        before = {name: path.read_bytes()
                  for name, path in self.packages.items()}
        build("1")
        for name, path in self.packages.items():
            self.assertEqual(before[name], path.read_bytes(), name)


if __name__ == "__main__":
    harness.main()
