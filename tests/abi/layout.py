#!/usr/bin/env python3
"""Today's headers hold what each released version promised.

tests/abi/<version>/layout.c asserts offsets, types, sizes and numbers. The
controls are edits of the headers, which it must refuse or let pass.
"""

import os

import edits
from tools import INCLUDE, WARNINGS, bad, compilers, finish, good, run, versions

STANDARDS = {False: ("c", "c11"), True: ("c++", "c++11")}
# Options that change what a compiler makes of plain types.
ODD_FLAGS = ["-fshort-enums", "-funsigned-char"]


def compile_layout(version, include, command="gcc", is_cpp=False, flags=()):
    language, standard = STANDARDS[is_cpp]
    return run([command, "-x", language, f"-std={standard}", *WARNINGS, *flags,
                "-I", include, "-fsyntax-only",
                os.path.join(version, "layout.c")])


def check_today(version):
    for command, is_cpp in compilers():
        for flags in ([], ODD_FLAGS):
            result = compile_layout(version, INCLUDE, command, is_cpp, flags)
            what = f"{os.path.basename(version)} {command} {' '.join(flags)}"
            if result.returncode:
                bad(what, result.stderr)
            else:
                good(what)


def check_control(version, edit, breaks):
    with edits.edited(edit) as include:
        result = compile_layout(version, include)
    if breaks and "static assertion failed" not in result.stderr \
            and "has no member named" not in result.stderr:
        bad(f"not noticed: {edit.what}", result.stderr)
    elif not breaks and result.returncode:
        bad(f"refused: {edit.what}", result.stderr)
    else:
        good(f"control: {edit.what}")


for released in versions():
    check_today(released)
for change in edits.BREAKS:
    check_control(versions()[0], change, True)
for change in edits.ADDITIONS:
    check_control(versions()[0], change, False)
finish()
