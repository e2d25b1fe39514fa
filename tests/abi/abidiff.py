#!/usr/bin/env python3
"""What the compiler's debug info says of the ABI, against a baseline.

abidiff compares a library that shows all public types with the baseline of
the release, tests/abi/<version>/nexus.abi. It runs without suppressions:
those of libabigail 2.2 that let additions at the end pass also hide an
addition in front and a changed member. So it reports additions too, and the
report is read here line by line. What is permitted is a short list: a struct
that may grow is larger, and what was inserted lies behind its old end. Any
other line, known or not, is a break.
"""

import os
import re
import shutil
import sys
import tempfile

import edits
import emit
from tools import INCLUDE, bad, finish, good, run, versions

ERROR_BITS = 1 | 2  # of its exit status: it could not do its work

HEAD = re.compile(
    r"Leaf changes summary: .*|Changed leaf types summary: .*|"
    r"Removed/Changed/Added functions summary: 0 Removed, 0 Changed, .*|"
    r"Removed/Changed/Added variables summary: 0 Removed, 0 Changed, .*|"
    r"\d+ Added functions?:|  \[A\] .*|")
STRUCT = re.compile(r"'struct (nx_\w+)(?: at .*)?' changed:")
SIZE = re.compile(r"  type size changed from (\d+) to (\d+) \(in bits\)")
COUNT = re.compile(r"  \d+ data member insertions?:")
INSERTION = re.compile(r"    '.*', at offset (\d+) \(in bits\).*")


def build_probe(include, folder):
    library = os.path.join(folder, "probe.so")
    with open(os.path.join(folder, "probe.c"), "w", encoding="utf-8") as file:
        file.write(emit.probe(emit.abi.read(os.path.join(include, "nexus"))))
    # By a name without folders, since it is in the debug info.
    result = run(["gcc", "-std=c11", "-g", "-O0", "-fPIC", "-shared", "-I",
                  include, "probe.c", "-o", library], cwd=folder)
    if result.returncode:
        sys.exit(f"the probe does not compile:\n{result.stderr}")
    # Two libraries without debug info are "equal" to abidiff.
    if ".debug_info" not in run(["readelf", "-SW", library]).stdout:
        sys.exit("the probe has no debug info")
    return library


def judge(report):
    """The first line that is not permitted, or None."""
    struct, old_size = None, None
    for line in report.splitlines():
        match = STRUCT.fullmatch(line)
        if match:
            struct, old_size = match[1], None
            if struct in emit.abi.FROZEN:
                return line
            continue
        match = SIZE.fullmatch(line)
        if match and struct and int(match[2]) > int(match[1]):
            old_size = int(match[1])
            continue
        match = INSERTION.fullmatch(line)
        if match and old_size and int(match[1]) >= old_size:
            continue
        if not HEAD.fullmatch(line) and not (old_size
                                             and COUNT.fullmatch(line)):
            return line
    return None


def compare(baseline, include):
    folder = tempfile.mkdtemp(prefix="nexus-abi-")
    try:
        library = build_probe(include, folder)
        result = run(["abidiff", "--leaf-changes-only", "--harmless",
                      "--no-show-locs", baseline, library])
    finally:
        shutil.rmtree(folder)
    if result.returncode & ERROR_BITS:
        sys.exit(f"abidiff failed: {result.stdout}{result.stderr}")
    return judge(result.stdout), result.stdout


def check(what, version, include, breaks):
    line, report = compare(os.path.join(version, "nexus.abi"), include)
    if line is not None and not breaks:
        bad(f"{what}: not permitted: {line}", report)
    elif line is None and breaks:
        bad(f"not noticed: {what}", report)
    else:
        good(what)


def main():
    if not shutil.which("abidiff"):
        sys.exit("abidiff is not installed: ./dev setup test")
    for version in versions():
        check(f"today against {os.path.basename(version)}", version, INCLUDE,
              False)
    for edit in edits.BREAKS:
        if edit.types:
            with edits.edited(edit) as include:
                check(f"control: {edit.what}", versions()[0], include, True)
    for edit in edits.ADDITIONS:
        with edits.edited(edit) as include:
            check(f"control: {edit.what}", versions()[0], include, False)
    finish()


if __name__ == "__main__":
    main()
