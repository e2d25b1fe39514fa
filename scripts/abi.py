"""Reads the public headers: structs, functions, tags, and where members lie.

The headers are written regularly enough to be read without a compiler;
scripts/check-abi complains where they are not. What is computed here is held
against compilers by tests/abi/layout.sh.
"""

import os
import re
from dataclasses import dataclass, field

from common import ROOT

INCLUDE = "sdk/include/nexus"
# Conveniences and the support library are compiled into a plugin: no ABI.
NOT_ABI = ("sdk.h",)
# Never grow, whatever their first member: a size that both sides rely on.
FROZEN = {
    "nx_str": "passed by value",
    "nx_bytes": "passed by value",
    "nx_position": "without a size",
    "nx_setting": "element of an array",
    "nx_field": "element of an array",
    "nx_log_field": "element of an array",
    "nx_record": "element of an array",
    "nx_fact": "element of an array",
    "nx_host": "the bootstrap",
    "nx_plugin_entry": "the bootstrap",
}
# Not passed between the two sides at all.
LOCAL = ("nx_err_row",)

SCALARS = {"int16_t": 2, "uint16_t": 2, "int32_t": 4, "uint32_t": 4,
           "int64_t": 8, "uint64_t": 8, "double": 8, "size_t": 8,
           "nx_status": 4, "nx_session_id": 8, "nx_room_id": 8,
           "nx_timer_id": 8, "nx_job_id": 8, "nx_metric_id": 8,
           "nx_op_id": 8}
POINTER = 8
BY_VALUE = {"struct nx_str": 16, "struct nx_bytes": 16}

TAG = re.compile(r"\[(logic|any|worker)\]((?: [CKSRQ])+)\. Since 1\.(\d+)\.")


@dataclass
class Function:
    """A member of a table, a callback in a struct, or a function type."""
    name: str
    result: str
    params: list  # of (type, name)
    comment: str = ""

    def tag(self):
        """(thread, phases, minor), or None."""
        match = TAG.search(self.comment)
        return match and (match[1], match[2].split(), int(match[3]))


@dataclass
class Member:
    name: str
    type: str  # "" for a function
    function: Function = None
    line: int = 0
    offset: int = 0
    size: int = 0


@dataclass
class Struct:
    name: str
    header: str
    line: int
    members: list = field(default_factory=list)
    size: int = 0
    holes: list = field(default_factory=list)

    @property
    def is_table(self):
        return self.name.endswith("_v1") or bool(
            re.search(r"_v\d+$", self.name))

    @property
    def is_frozen(self):
        return self.name in FROZEN

    def functions(self):
        return [m.function for m in self.members if m.function]


@dataclass
class Headers:
    structs: dict
    types: dict    # function types by name
    interfaces: dict  # "log" -> "nexus.log"
    texts: dict    # header name -> text
    odd: list      # (header, line, what) that could not be read


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def split_params(text):
    """A parameter is a type and its name; functions as parameters have types
    of their own, so that no comma hides in one."""
    params = []
    for param in text.split(","):
        param = squeeze(param)
        if param == "void":
            continue
        match = re.fullmatch(r"(.*[\s*])(\w+)", param)
        params.append((squeeze(match[1]), match[2]) if match
                      else (param, ""))
    return params


FUNCTION = re.compile(r"(?P<result>[^(]+?)\s*\(\*(?P<name>\w+)\)"
                      r"\((?P<params>[^()]*)\)")


def read_function(text, comment):
    match = FUNCTION.fullmatch(squeeze(text))
    return match and Function(match["name"], match["result"].strip(),
                              split_params(match["params"]), comment)


def read_member(text, comment, line):
    function = read_function(text, comment)
    if function:
        return Member(function.name, "", function, line)
    match = re.fullmatch(r"(.*[\s*])(\w+)", squeeze(text))
    return match and Member(match[2], squeeze(match[1]), None, line)


def read_body(headers, struct, body, line):
    """Comments that stand alone are about the functions that follow them."""
    comment, pending = "", ""
    previous_was_comment = False
    for text in body.split("\n"):
        line += 1
        stripped = text.strip()
        if text.startswith("    //"):
            # Deeper ones continue what stands behind a member.
            if not previous_was_comment:
                comment = ""
            comment += " " + stripped[2:].strip()
            previous_was_comment = True
            continue
        previous_was_comment = False
        code = re.sub(r"\s*//.*", "", text).strip()
        if not code:
            continue
        pending += " " + code
        if not pending.endswith(";"):
            continue
        declaration = pending[:-1].strip()
        pending = ""
        if declaration == "NX_INTERFACE_HEAD":
            struct.members += [Member("struct_size", "uint32_t", None, line),
                               Member("version", "uint32_t", None, line)]
            continue
        member = read_member(declaration, squeeze(comment), line)
        if member:
            struct.members.append(member)
        else:
            headers.odd.append((struct.header, line, declaration))


def size_of(headers, type_):
    if type_.endswith("*") or type_ in headers.types:
        return POINTER, POINTER
    if type_ in BY_VALUE:
        return BY_VALUE[type_], POINTER
    size = SCALARS.get(type_.replace("const ", ""), 0)
    return size, size


def lay_out(headers, struct):
    offset, largest = 0, 1
    for member in struct.members:
        size, align = ((POINTER, POINTER) if member.function
                       else size_of(headers, member.type))
        align = align or 1
        if offset % align:
            struct.holes.append(member.name)
            offset += align - offset % align
        member.offset, member.size = offset, size
        offset += size
        largest = max(largest, align)
    if offset % largest:
        struct.holes.append("the end")
        offset += largest - offset % largest
    struct.size = offset


def read_header(headers, name, text):
    headers.texts[name] = text
    for match in re.finditer(r'#define NX_IFACE_(\w+)\s+"([^"]+)"', text):
        headers.interfaces[match[1].lower()] = match[2]
    for match in re.finditer(
            r"^((?://[^\n]*\n)*)typedef ([^;{]*\(\*\w+\)[^;]*);", text, re.M):
        lines = [part[2:].strip() for part in match[1].splitlines()]
        function = read_function(match[2], squeeze(" ".join(lines)))
        line = text.count("\n", 0, match.start(2)) + 1
        if function:
            headers.types[function.name] = function
        else:
            headers.odd.append((name, line, squeeze(match[2])))
    for match in re.finditer(r"^struct (nx_\w+) \{\n(.*?)^\};", text,
                             re.M | re.S):
        line = text.count("\n", 0, match.start()) + 1
        struct = Struct(match[1], name, line)
        read_body(headers, struct, match[2], line)
        headers.structs[struct.name] = struct
    # Function types share the comment of the one before, without a blank line.
    inherit_comments(headers, text)


def inherit_comments(headers, text):
    last = None
    for match in re.finditer(r"\n\n|\(\*(nx_\w+)\)\(", text):
        if not match[1]:
            last = None
        elif match[1] in headers.types:
            function = headers.types[match[1]]
            function.comment = function.comment or (last or "")
            last = function.comment


def read(include=INCLUDE):
    """Headers of a folder, that of today unless told otherwise."""
    headers = Headers({}, {}, {}, {}, [])
    folder = os.path.join(ROOT, include)
    for name in sorted(os.listdir(folder)):
        if name.endswith(".h") and name not in NOT_ABI:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                read_header(headers, name, file.read())
    for name in LOCAL:
        headers.structs.pop(name, None)
    for struct in headers.structs.values():
        lay_out(headers, struct)
    return headers
