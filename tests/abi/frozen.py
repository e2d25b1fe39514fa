#!/usr/bin/env python3
"""What was released is as it was released: tests/abi/<version>/sha256."""

import hashlib
import os

from tools import bad, finish, good, versions

LIST = "sha256"


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def files_below(folder):
    for here, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(here, name), folder)


def check(folder):
    version = os.path.basename(folder)
    with open(os.path.join(folder, LIST), encoding="utf-8") as file:
        wanted = {path: digest for digest, path in
                  (line.split() for line in file)}
    found = {path: digest_of(os.path.join(folder, path))
             for path in files_below(folder) if path != LIST}
    for path in sorted(wanted.keys() | found.keys()):
        if wanted.get(path) != found.get(path):
            what = ("was added" if path not in wanted else
                    "is gone" if path not in found else "was changed")
            bad(f"{version}/{path} {what} after the release")
    if wanted and wanted == found:
        good(f"{version}: {len(wanted)} files")


for released in versions():
    check(released)
if not versions():
    bad("there is no released version")
finish()
