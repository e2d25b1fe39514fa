"""Plugins of a released ABI on the server of a later minor version.

The whole server is built with headers that have grown (tests/abi/grow.py): a
place where it takes what a plugin gave for as large as its own structs, or
tables that moved, shows here and not in the year when they really grow.
"""

import os
import pathlib
import subprocess
import sys

# The server under test is this one, for all that is imported next.
PARENT = pathlib.Path(os.environ["NEXUS_BUILD"])
BUILD = PARENT / "abi-later"
os.environ["NEXUS_BUILD"] = str(BUILD)

import fixtures  # noqa: E402
import grow  # noqa: E402
import harness  # noqa: E402
from emit import SOURCE  # noqa: E402

TARGETS = ["nexusd", "nexusctl", "plugin_bad_start",
           "plugin_abi-1.0-everything"]


def cached(name):
    """A setting of the build this test belongs to."""
    with open(PARENT / "CMakeCache.txt", encoding="utf-8") as file:
        for line in file:
            if line.startswith(f"{name}:"):
                return line.rstrip("\n").split("=", 1)[1]
    return ""


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True,
                            check=False, stdin=subprocess.DEVNULL)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{result.stdout}"
                 f"{result.stderr}")


def build():
    include = BUILD / "include"
    grow.main(str(include))
    same = [f"-D{name}={cached(name)}" for name in
            ("CMAKE_C_COMPILER", "CMAKE_C_COMPILER_LAUNCHER",
             "NEXUS_SANITIZE") if cached(name)]
    run("cmake", "-S", SOURCE, "-B", BUILD, "-G", "Ninja", *same,
        f"-DNEXUS_SDK_INCLUDE={include}", "-DNEXUS_WERROR=OFF",
        "-DNEXUS_BENCH=OFF", "-DCMAKE_BUILD_TYPE=Debug",
        "-DCMAKE_C_FLAGS_DEBUG=-O0")
    run("cmake", "--build", BUILD, "--target", *TARGETS)


class Fixtures(fixtures.Fixtures):
    def test_the_server_is_a_later_one(self):
        text = (BUILD / "include/nexus/types.h").read_text()
        self.assertIn(f"#define NX_ABI_MINOR {grow.MINOR}u", text)


    def ctl(self, *words):
        done = subprocess.run([BUILD / "nexusctl", *words], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=harness.DEADLINE * 5, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_the_tools_take_what_is_older(self):
        self.assertRegex(self.ctl("plugin", "info",
                                  self.folder / "everything.so"),
                         r"abi +1\.0")
        self.ctl("plugin", "check", self.folder / "keeper.so")


if __name__ == "__main__":
    build()
    harness.main()
