"""Edits of the public headers, each with what the gate must say to it.

The controls of the tests of this folder: a gate that lets a break pass, or
stands in the way of a permitted addition, is broken itself.
"""

import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass

from emit import SOURCE


@dataclass
class Edit:
    what: str
    header: str
    old: str
    new: str
    # Whether debug info shows it: numbers are not in there, and const changes
    # no binary.
    types: bool = True
    # Whether it is about comments and the like: else the header is edited
    # without its comments, so that these may change.
    raw: bool = False


SEND_END = "    uint64_t (*queued_bytes)(const struct nx_host *host, " \
           "nx_session_id session);\n"
KEY = "    struct nx_str coalesce_key;\n"

# Each of these breaks plugins that exist.
BREAKS = [
    Edit("a member is removed", "router.h",
         "    struct nx_str ref;          // the client's, absent when it sent"
         " none\n", ""),
    Edit("the last member is removed", "send.h", KEY, ""),
    Edit("a member has another type", "router.h",
         "    uint64_t received_ns;       // CLOCK_MONOTONIC",
         "    int64_t received_ns;       // CLOCK_MONOTONIC"),
    Edit("a member is wider", "auth.h", "    int32_t verdict;     ",
         "    int64_t verdict;     "),
    Edit("two members change places", "router.h",
         "    uint64_t seq;               // counts all events of the process"
         "\n    uint64_t received_ns;       // CLOCK_MONOTONIC\n",
         "    uint64_t received_ns;       // CLOCK_MONOTONIC\n"
         "    uint64_t seq;               // counts all events of the process"
         "\n"),
    Edit("a member is added in between", "send.h",
         "    nx_session_id except; // leave",
         "    uint64_t added;\n    nx_session_id except; // leave"),
    Edit("a member is added in front", "rooms.h",
         "struct nx_join_result {\n",
         "struct nx_join_result {\n    uint64_t added;\n"),
    Edit("a member is added at the end while another changes", "send.h",
         KEY + "};", "    struct nx_bytes coalesce_key;\n"
         "    uint64_t added;\n};"),
    Edit("a member is added to a struct that never grows", "rooms.h",
         "    uint64_t epoch;\n    uint64_t offset;\n};",
         "    uint64_t epoch;\n    uint64_t offset;\n    uint64_t added;\n};"),
    Edit("a member is added to an element of arrays", "rooms.h",
         "    struct nx_str payload;\n};",
         "    struct nx_str payload;\n    uint64_t added;\n};"),
    Edit("a function is removed from a table", "timers.h",
         "    int64_t (*wall_ms)(const struct nx_host *host);\n", ""),
    Edit("a function is added in between", "send.h", SEND_END,
         "    uint64_t (*added)(const struct nx_host *host);\n" + SEND_END),
    Edit("a function takes another type", "send.h",
         "            uint16_t code, struct nx_str reason);",
         "            uint32_t code, struct nx_str reason);"),
    Edit("a function takes one more argument", "http.h",
         "            uint32_t http_status, struct nx_writer *body);",
         "            uint32_t http_status, struct nx_writer *body,\n"
         "            uint32_t added);"),
    Edit("a function returns another type", "rooms.h",
         "    uint32_t (*count)(const", "    uint64_t (*count)(const"),
    Edit("a pointer is not const any more", "send.h",
         "            const nx_session_id *ids, size_t id_count,",
         "            nx_session_id *ids, size_t id_count,", types=False),
    Edit("a callback takes another type", "send.h",
         "nx_session_id session, uint64_t cookie, uint32_t outcome);",
         "nx_session_id session, uint32_t cookie, uint32_t outcome);"),
    Edit("a type of ids is narrower", "types.h",
         "typedef uint64_t nx_timer_id;", "typedef uint32_t nx_timer_id;"),
    Edit("a flag has another number", "engine.h",
         "#define NX_PUBLISH_NO_LOG (1u << 2)",
         "#define NX_PUBLISH_NO_LOG (1u << 3)", types=False),
    Edit("an error has another number", "error.h",
         "X(STATE, -8,", "X(STATE, -17,", types=False),
    Edit("an interface has another name", "timers.h",
         '#define NX_IFACE_TIMERS "nexus.timers"',
         '#define NX_IFACE_TIMERS "nexus.timer"', types=False),
]

# These are how the ABI grows.
ADDITIONS = [
    Edit("a member is added at the end", "send.h",
         KEY + "};", KEY + "    uint64_t added;\n};"),
    Edit("two members are added at the end", "rooms.h",
         "    uint64_t after;\n    uint64_t upto;\n};",
         "    uint64_t after;\n    uint64_t upto;\n    uint64_t added;\n"
         "    struct nx_str more;\n};"),
    Edit("a function is added at the end of a table", "send.h", SEND_END,
         SEND_END + "    uint64_t (*added)(const struct nx_host *host);\n"),
    Edit("a callback is added at the end of a struct", "plugin.h",
         "            struct nx_plugin *plugin, const char *name, uint32_t"
         " version);\n",
         "            struct nx_plugin *plugin, const char *name, uint32_t"
         " version);\n    void (*added)(struct nx_plugin *plugin);\n"),
    Edit("an interface is added", "timers.h", "struct nx_timers_v1 {",
         "struct nx_timers_v2 {\n    NX_INTERFACE_HEAD;\n"
         "    uint64_t (*now_us)(const struct nx_host *host);\n};\n\n"
         "struct nx_timers_v1 {"),
    Edit("an error is added", "error.h", "    X(CONFLICT, -50,",
         '    X(ADDED, -60, "added", 500, "something new") \\\n'
         "    X(CONFLICT, -50,"),
    Edit("nothing but the comments is gone", "send.h",
         "struct nx_send_v1 {", "struct nx_send_v1 {"),
]


@contextmanager
def edited(edit=None):
    """A folder with the headers of today and one edit."""
    folder = tempfile.mkdtemp(prefix="nexus-abi-")
    try:
        include = os.path.join(folder, "include")
        shutil.copytree(os.path.join(SOURCE, "sdk/include"), include)
        if edit:
            apply(edit, include)
        yield include
    finally:
        shutil.rmtree(folder)


def bare(text):
    """Without comments, indentation and empty lines."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def apply(edit, include):
    path = os.path.join(include, "nexus", edit.header)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    old, new = edit.old, edit.new
    if not edit.raw:
        text, old, new = bare(text) + "\n", bare(old), bare(new)
    if text.count(old) != 1:
        raise SystemExit(f"edits.py: '{edit.what}' does not fit {edit.header} "
                         "any more; write it anew")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))
