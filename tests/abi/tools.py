"""What the tests of this folder share: compilers, versions, verdicts."""

import glob
import os
import shutil
import subprocess
import sys

from emit import SOURCE

HERE = os.path.join(SOURCE, "tests/abi")
INCLUDE = os.path.join(SOURCE, "sdk/include")
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]

failures = 0


def versions():
    """Folders of what was released: tests/abi/1.0, ..."""
    return sorted(glob.glob(os.path.join(HERE, "[0-9]*.[0-9]*")))


def compilers():
    """(command, is C++), those of Debian's clang only where it is."""
    yield "gcc", False
    yield "g++", True
    for command, is_cpp in (("clang-14", False), ("clang++-14", True)):
        if shutil.which(command):
            yield command, is_cpp
        else:
            print(f"{command} is not installed: not checked with it")


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True,
                          check=False, **options)


def good(what):
    print(f"ok    {what}")


def bad(what, why=""):
    global failures
    failures += 1
    print(f"FAIL  {what}\n{why}".rstrip())


def finish():
    print(f"{failures} failed")
    sys.exit(1 if failures else 0)
