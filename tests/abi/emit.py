#!/usr/bin/env python3
"""Writes C from what the public headers say.

usage: emit.py layout|probe|calls

The layout and the probe are for the tests of this folder; calls lists what the
functions that know their caller are tagged with, for host_phases_test.c.
"""

import os
import re
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "scripts"))

import abi  # noqa: E402

LAYOUT_HEAD = """\
/*
 * layout - ABI {version} as it was released: where each member lies, of which
 * type it is, and which number each name stands for.
 *
 * Written once by tests/abi/freeze and never edited: what a later version
 * adds gets a file of its own. Compiled against today's headers as C and C++.
 */
#include <nexus/sdk.h>

#if UINTPTR_MAX != UINT64_MAX
#error "ABI {version} was released for 64-bit machines only"
#endif

#ifdef __cplusplus
#include <type_traits>
#define MEMBER(type, member, offset, ...) \\
    static_assert(offsetof(type, member) == (offset), #member " moved"); \\
    static_assert( \\
            std::is_same<decltype(type::member), __VA_ARGS__>::value, \\
            #member " has another type")
#define TYPE(name, ...) \\
    static_assert(std::is_same<name, __VA_ARGS__>::value, \\
            #name " is another type")
#define FACT(fact, text) static_assert(fact, text)
#else
#define MEMBER(type, member, offset, ...) \\
    _Static_assert( \\
            offsetof(struct type, member) == (offset), #member " moved"); \\
    _Static_assert(_Generic(((struct type *)0)->member, \\
                    __VA_ARGS__: 1, \\
                    default: 0), \\
            #member " has another type")
#define TYPE(name, ...) \\
    _Static_assert(_Generic((name)0, __VA_ARGS__: 1, default: 0), \\
            #name " is another type")
#define FACT(fact, text) _Static_assert(fact, text)
#endif

#ifdef __cplusplus
#define SIZE_OF(type) sizeof(type)
#else
#define SIZE_OF(type) sizeof(struct type)
#endif
// A struct that may grow, and one that may not.
#define AT_LEAST(type, size) FACT(SIZE_OF(type) >= (size), #type " shrank")
#define EXACTLY(type, size)  FACT(SIZE_OF(type) == (size), #type " changed")
#define VALUE(name, value)   FACT((name) == (value), #name " is another number")
#define TEXT(name, text) \\
    FACT(__builtin_strcmp(name, text) == 0, #name " is another text")
"""

PROBE_HEAD = """\
/* Every public type behind a function, so that all are in the debug info. */
#include <nexus/sdk.h>

#define SHOW(name, type) \\
    __attribute__((visibility("default"))) void show_##name(type); \\
    void show_##name(type shown) { (void)shown; }

"""

NUMBER = re.compile(r"^#define (NX_\w+)[ \t]+(\(?-?(?:0x)?[0-9a-f]+u?"
                    r"(?: << \d+)?\)?|UINT64_MAX)(?:[ \t]*//.*)?$", re.M)
TEXT = re.compile(r'^#define (NX_\w+)[ \t]+("[^"]*")(?:[ \t]*//.*)?$', re.M)
SCALAR = re.compile(r"^typedef (\w+) (nx_\w+);", re.M)
ERROR = re.compile(r"^    X\((\w+), (-\d+),", re.M)
# Grow with every version, or are no part of the contract.
VERSIONED = ("NX_ABI_MINOR", "NX_ABI_TEXT", "NX_JSON_ANY")


def pointer_type(function):
    params = ", ".join(type_ for type_, _ in function.params) or "void"
    return f"{function.result} (*)({params})"


def member_type(headers, member):
    if not member.function:
        return member.type
    return pointer_type(member.function)


def values(headers):
    for text in headers.texts.values():
        for name, value in NUMBER.findall(text):
            if name not in VERSIONED:
                yield f"VALUE({name}, {value});"
        for name, value in TEXT.findall(text):
            if name not in VERSIONED:
                yield f"TEXT({name}, {value});"
    for name, value in ERROR.findall(headers.texts["error.h"]):
        yield f"VALUE(NX_ERR_{name}, {value});"


def layout(headers, version):
    lines = [LAYOUT_HEAD.replace("{version}", version)]
    for type_, name in SCALAR.findall(headers.texts["types.h"]):
        lines.append(f"TYPE({name}, {type_});")
    for name, function in sorted(headers.types.items()):
        lines.append(f"TYPE({name}, {pointer_type(function)});")
    for name in sorted(headers.structs):
        struct = headers.structs[name]
        lines.append("")
        for member in struct.members:
            lines.append(f"MEMBER({name}, {member.name}, {member.offset}, "
                         f"{member_type(headers, member)});")
        size = "EXACTLY" if struct.is_frozen else "AT_LEAST"
        lines.append(f"{size}({name}, {struct.size});")
    lines.append("")
    lines += sorted(values(headers))
    return "\n".join(lines) + "\n"


def probe(headers):
    lines = [f"SHOW({name}, const struct {name} *)"
             for name in sorted(headers.structs)]
    lines += [f"SHOW({name}, {name})" for name in sorted(headers.types)]
    return PROBE_HEAD + "\n".join(lines) + "\n"


PHASES = {"C": "PHASE_CREATE", "K": "PHASE_CONFIGURE", "S": "PHASE_START",
          "R": "PHASE_RUNNING", "Q": "PHASE_QUIESCED"}


def calls(headers):
    """CALL(interface, function, is_any, phases), if it takes the host."""
    lines = ["// Tags of the functions in the public headers."]
    for word in sorted(headers.interfaces):
        for function in headers.structs[f"nx_{word}_v1"].functions():
            if function.params[0][0] != "const struct nx_host *":
                continue
            thread, phases, _ = function.tag()
            lines.append(f"CALL({word}, {function.name}, "
                         f"{'true' if thread == 'any' else 'false'}, "
                         f"{' | '.join(PHASES[p] for p in phases)})")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    today = abi.read()
    writers = {"layout": lambda: layout(today, "?"),
               "probe": lambda: probe(today), "calls": lambda: calls(today)}
    if len(sys.argv) != 2 or sys.argv[1] not in writers:
        sys.exit(__doc__)
    sys.stdout.write(writers[sys.argv[1]]())
