"""What the check scripts share: which files there are, and how to complain."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("sdk", "kernel", "plugins", "tests", "bench")

findings = 0


def is_frozen(path):
    """A released ABI: its files stay as they are, whatever rules come."""
    return re.search(r"tests/abi/\d+\.\d+$", path) is not None


def files(*suffixes):
    """Paths relative to the root, sorted, with '/' on every system."""
    for folder in FOLDERS:
        for here, folders, names in os.walk(os.path.join(ROOT, folder)):
            folders[:] = sorted(f for f in folders if f != "__pycache__"
                                and not is_frozen(os.path.join(here, f)))
            for name in sorted(names):
                if name.endswith(suffixes):
                    yield os.path.relpath(os.path.join(here, name), ROOT)


def lines(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read().splitlines()


def code_lines(path):
    """The lines of a C file with comments and literals blanked out."""
    text = "\n".join(lines(path))
    literal = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    pattern = r"/\*.*?\*/|//[^\n]*|" + literal

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    return re.sub(pattern, blank, text, flags=re.S).split("\n")


def waived(all_lines, index, check):
    """True if the line before says NOLINTNEXTLINE(<check>): <why>."""
    waiver = r"NOLINTNEXTLINE\([^)]*" + re.escape(check) + r"[^)]*\): \S"
    return index > 0 and re.search(waiver, all_lines[index - 1]) is not None


def complain(path, index, message):
    global findings
    findings += 1
    print(f"{path}:{index + 1}: {message}")


def finish():
    sys.exit(1 if findings else 0)
