#!/usr/bin/env python3
"""scripts/check-abi passes today's headers and finds what may not be there."""

import os

import edits
from emit import SOURCE
from tools import bad, finish, good, run

SEND = "    // Bytes that wait for the session's socket; 0 when it is gone.\n" \
       "    // [logic] R Q. Since 1.0.\n"

def fault(what, header, old, new):
    """An edit of the text as it is, since comments are checked, too."""
    return edits.Edit(what, header, old, new, raw=True)


# Each with a part of the complaint.
FAULTS = [
    (fault("a bool", "send.h", "    uint32_t cls;         //",
          "    bool cls;         //"), "'bool' may not cross"),
    (fault("a long", "timers.h", "    int64_t (*wall_ms)",
          "    long (*wall_ms)"), "'long' may not cross"),
    (fault("an enum", "auth.h", "    int32_t verdict;      //",
          "    enum nx_verdict verdict; //"), "'enum' may not cross"),
    (fault("an argument of plain int", "users.h", "            int32_t hidden);",
          "            int hidden);"), "'int' may not cross"),
    (fault("a struct by value", "rooms.h", "const struct nx_position *since,",
          "struct nx_position since,"),
     "'struct nx_position' may not cross"),
    (fault("a foreign pointer", "log.h", "            size_t count);",
          "            FILE *count);"), "'FILE' may not cross"),
    (fault("an array", "rooms.h", "    uint64_t epoch;\n    uint64_t offset;\n"
          "    int64_t time_ms;", "    uint64_t epoch[2];\n    int64_t time_ms;"),
     "may not cross"),
    (fault("a bit-field", "engine.h", "    uint32_t flags;         // NX_PUB",
          "    uint32_t flags : 3;         // NX_PUB"), "cross"),
    (fault("variable arguments", "log.h", "            size_t count);",
          "            size_t count, ...);"), "may not cross"),
    (fault("a struct without a size", "auth.h",
          "struct nx_auth_decision {\n    uint32_t struct_size;",
          "struct nx_auth_decision {\n    uint32_t flags;"),
     "does not begin with uint32_t struct_size"),
    (fault("a table without a head", "jobs.h", "    NX_INTERFACE_HEAD;\n",
          "    uint32_t struct_size;\n    uint32_t flags;\n"),
     "begins with no head"),
    (fault("a hole", "rooms.h", "    uint32_t reserved0;\n"
          "    uint64_t keep_age_ms;", "    uint64_t keep_age_ms;"),
     "has a hole before keep_age_ms"),
    (fault("a hole at the end", "auth.h", "    int64_t expires_ms;",
          "    int64_t expires_ms;\n    uint32_t added;"),
     "has a hole before the end"),
    (fault("a function without tags", "send.h", SEND,
          "    // Bytes that wait.\n"), "says no '[logic]"),
    (fault("a callback without tags", "timers.h",
          "// Called when the time has come. [logic] R. Since 1.0.\n", ""),
     "says no '[logic]"),
    (fault("a function of a version that is not there", "send.h", SEND,
          SEND.replace("1.0", "1.7")), "since 1.7, but the ABI is 1.0"),
    (fault("another text of the version", "types.h", '#define NX_ABI_TEXT  "1.0"',
          '#define NX_ABI_TEXT  "1.1"'), "NX_ABI_TEXT says another"),
    (fault("a header that names no interface", "jobs.h",
          ' * Interface: "nexus.jobs" version 1', " * An interface"),
     "its block says no"),
    (fault("a struct that grew", "send.h", "    struct nx_str coalesce_key;\n",
          "    struct nx_str coalesce_key;\n    uint64_t added;\n"),
     "docs/abi.md:"),
]


def check_abi(include):
    return run([os.path.join(SOURCE, "scripts/check-abi"),
                os.path.join(include, "nexus")])


def main():
    with edits.edited() as include:
        result = check_abi(include)
        if result.returncode:
            bad("today's headers", result.stdout + result.stderr)
    for edit, complaint in FAULTS:
        with edits.edited(edit) as include:
            result = check_abi(include)
        if result.returncode != 1 or complaint not in result.stdout:
            bad(f"not found: {edit.what}", result.stdout + result.stderr)
        else:
            good(edit.what)
    finish()


main()
