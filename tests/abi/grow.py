#!/usr/bin/env python3
"""Headers of a later minor version: those of today, and more.

usage: grow.py <output folder>

Every struct that may grow has one member more at its end, every table one
function, and the version is 1.9.
"""

import os
import re
import sys

import emit
from tools import INCLUDE

MINOR = 9
MEMBER = "    uint64_t added;\n"
FUNCTION = "    uint64_t (*added)(const struct nx_host *host);\n"


def grow(header, text):
    for struct in header:
        added = FUNCTION if struct.is_table else MEMBER
        text, count = re.subn(
            rf"^(struct {struct.name} \{{\n.*?)^\}};",
            lambda match: match[1] + added + "};", text, count=1,
            flags=re.M | re.S)
        assert count == 1, struct.name
    text = re.sub(r"(#define NX_ABI_MINOR) \d+u", rf"\1 {MINOR}u", text)
    return re.sub(r'(#define NX_ABI_TEXT  "\d+)\.\d+', rf"\1.{MINOR}", text)


def write_changed(path, text):
    """Leaves a file that is right alone, so that nothing is built again."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(output):
    headers = emit.abi.read()
    growing = [s for s in headers.structs.values() if not s.is_frozen]
    wanted = set()
    for here, _, names in os.walk(INCLUDE):
        for name in names:
            path = os.path.join(here, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if name in headers.texts:
                text = grow([s for s in growing if s.header == name], text)
            relative = os.path.relpath(path, INCLUDE)
            wanted.add(os.path.join(output, relative))
            write_changed(os.path.join(output, relative), text)
    for here, _, names in os.walk(output):
        for name in names:
            if os.path.join(here, name) not in wanted:
                os.remove(os.path.join(here, name))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
