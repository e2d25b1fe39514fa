"""Reads one header of the SDK as what a reader sees: items and their comments.

The headers are regular enough to be read by lines: a block at the top, comments
above or behind what they are about, and neighbours without a blank line that
share one.
"""

import os
import re
from dataclasses import dataclass, field

# Members that mean the same everywhere.
KNOWN = {
    "struct_size": "sizeof the struct, as its writer knows it",
    "reserved0": "zero",
    "version": "of the interface",
    "session": "the session's id",
    "room": "the room's id",
    "room_name": "the room's name",
    "user": "the user's name",
    "epoch": "of the room's log",
    "offset": "in the room's log",
    "status": "whether it was done",
}
FACT = re.compile(r"^(Interface|Life|Owner|Thread|Errors|Frozen):\s+(.*)$")


@dataclass
class Item:
    kind: str  # section, constant, macro, type, opaque, struct, function, member
    name: str
    code: str = ""
    doc: str = ""
    line: int = 0
    type: str = ""
    lead: str = ""          # of a constant: the comment of its group
    joins: bool = False     # follows the one before without a blank line
    inherits: bool = False  # has its comment from there
    above: bool = False     # its comment is above it
    members: list = field(default_factory=list)

    @property
    def is_function(self):
        return self.kind == "function"


@dataclass
class Header:
    path: str
    folder: str
    include: str
    block: str = ""
    about: str = ""
    text: str = ""
    facts: list = field(default_factory=list)
    items: list = field(default_factory=list)


def read_block(header, text):
    """The comment at the top: a title, sentences, and facts such as Thread."""
    block = re.match(r"/\*\n(.*?)\n \*/", text, re.S)[1]
    lines = [re.sub(r"^ \* ?", "", line) for line in block.split("\n")]
    header.block = "\n".join(lines)
    about = []
    for line in lines[2:]:
        fact = FACT.match(line)
        if fact and (header.facts or not about or not about[-1]):
            header.facts.append([fact[1], fact[2]])
        elif header.facts:
            header.facts[-1][1] += " " + line.strip()
        else:
            about.append(line)
    header.about = "\n".join(about).strip("\n")


def split_comment(line):
    """(code, comment behind it); no string of the headers has a //."""
    code, mark, comment = line.partition("//")
    return code.rstrip(), comment.strip() if mark else ""


def tidy(code):
    """A declaration on one line where it fits, and without its indentation."""
    flat = re.sub(r"\s+", " ", code).strip().replace("( ", "(")
    if len(flat) <= 79:
        return flat
    first, _, args = flat.partition("(" if "(*" not in flat else ")(")
    mark = "(" if "(*" not in flat else ")("
    out, line = [], first + mark
    for part in args.split(", "):
        if len(line) + len(part) + 2 > 79:
            out.append(line.rstrip())
            line = "        "
        line += part + ", "
    return "\n".join([*out, line.removesuffix(", ")])


def name_of(code):
    """Of a function pointer, or of a function."""
    match = re.search(r"\(\*(\w+)\)\s*\(", code) or re.search(
        r"(\w+)\s*\((?!\()", code)
    return match[1] if match else None


class Reader:
    def __init__(self, lines):
        self.lines = lines
        self.at = 0

    def more(self):
        return self.at < len(self.lines)

    def take(self):
        self.at += 1
        return self.lines[self.at - 1]

    def peek(self):
        return self.lines[self.at] if self.more() else ""

    def take_until(self, end):
        """Lines up to one that matches, as text without comments."""
        code = []
        while self.more():
            line, _ = split_comment(self.take())
            code.append(line)
            if re.search(end, line):
                break
        return "\n".join(code)

    def take_comment(self, indent):
        """A run of comment lines with exactly this indentation."""
        out = []
        while re.match(rf"{indent}//", self.peek()):
            text = self.take().strip()[2:]
            out.append(text[1:] if text.startswith(" ") else text)
        return "\n".join(out)


def read_member(reader, doc, joins, last):
    line = reader.at + 1
    first, behind = split_comment(reader.take())
    code = first
    while not code.rstrip().endswith(";") and reader.more():
        if code.strip() == "NX_INTERFACE_HEAD;":
            break
        more, also = split_comment(reader.take())
        code += " " + more.strip()
        behind = behind or also
    # What stands behind goes on below, deeper than any member.
    while behind and re.match(r" {8,}//", reader.peek()):
        behind += " " + reader.take().strip()[2:].strip()
    code = code.strip().rstrip(";")
    call = "(*" in code
    # A comment above is about the functions, or the members, below it.
    inherits = (not doc and not behind and joins and last is not None
                and call == last.is_function and (call or last.above))
    own = " ".join(part for part in (doc.replace("\n", " ")
                                     if behind else doc, behind) if part)
    text = last.doc if inherits else own
    if call:
        return Item("function", name_of(code), tidy(code) + ";", text, line,
                    inherits=inherits)
    match = re.match(r"(.*[\s*])(\w+)(\[[^]]*\])?$", re.sub(r"\s+", " ", code))
    return Item("member", match[2], code, text or KNOWN.get(match[2], ""), line,
                type=match[1].strip() + (match[3] or ""), inherits=inherits,
                above=bool(doc) or inherits)


def read_struct(reader, item):
    joins, doc, last = False, "", None
    while reader.more():
        line = reader.peek()
        if line.startswith("};"):
            reader.take()
            return
        if not line.strip():
            joins, doc, last = False, "", None
            reader.take()
        elif re.match(r"    //", line):
            doc = reader.take_comment("    ")
        elif line.strip() == "NX_INTERFACE_HEAD;":
            reader.take()
        else:
            member = read_member(reader, doc, joins, last)
            item.members.append(member)
            joins, doc, last = True, "", member


def read_define(reader):
    line = reader.at + 1
    first, behind = split_comment(reader.take())
    code = first
    while code.endswith("\\"):
        code = code[:-1].rstrip() + " " + reader.take().strip()
    match = re.match(r"#define (\w+)(\([^)]*\))?\s*(.*)", code)
    if match[2]:
        return Item("macro", match[1], match[1] + match[2], behind, line)
    return Item("constant", match[1], match[3], behind, line)


def read_declaration(reader):
    """A type, a function or something that is not documented: None."""
    line = reader.at + 1
    first = reader.peek()
    if first.startswith("typedef"):
        code = reader.take_until(r";")
        name = name_of(code) or re.search(r"(\w+);", code)[1]
        return Item("type", name, tidy(code), line=line)
    opaque = re.match(r"struct (\w+);(?:\s*// (.*))?$", first)
    if opaque:
        reader.take()
        return Item("opaque", opaque[1], doc=opaque[2] or "", line=line)
    struct = re.match(r"struct (\w+) \{", first)
    if struct:
        reader.take()
        item = Item("struct", struct[1], line=line)
        read_struct(reader, item)
        return item
    if first.startswith("enum"):
        enum = re.match(r"enum (\w+) \{", first)
        code = reader.take_until(r"^\};")
        return Item("enum", enum[1], code, line=line)
    if first.startswith("__attribute__"):
        reader.take_until(r"\)\)$")
        while reader.peek().startswith("#"):
            reader.take()
        return read_declaration(reader)
    code = reader.take_until(r"[;{]$")
    if code.rstrip().endswith("{"):
        reader.take_until(r"^\}")
    code = code.strip().rstrip("{;").strip().removeprefix("static inline")
    name = name_of(code)
    return Item("function", name, tidy(code) + ";", line=line) if name else None


def say_the_obvious(item):
    """What needs no comment in the header."""
    if item.name.startswith("NX_IFACE_") and not item.doc:
        item.doc = "its name, for `get_interface`"
    if item.kind != "struct":
        return
    if item.name.endswith("_v1") and not item.doc:
        item.doc = "The table of the interface."
    # A comment above a struct may be about all of its members.
    if item.doc and not any(m.doc for m in item.members
                            if m.name not in KNOWN):
        for member in item.members:
            member.doc = member.doc or "see above"


def is_private(header_text, name):
    return (name.endswith("_") or f"#undef {name}\n" in header_text
            or re.search(rf"#ifndef {name}\n#define {name}\n\n", header_text))


def attach(item, doc, joins, last):
    """Gives the item its comment: its own, or that of its group."""
    item.joins = joins and last is not None and last.kind == item.kind
    if item.kind == "constant":
        item.lead = doc
    if doc and not (item.kind == "constant" and item.doc):
        item.doc = doc
    elif item.joins and not item.doc:
        item.doc, item.inherits = last.lead or last.doc, True
        item.lead = ""
    if item.kind == "constant" and item.joins:
        item.lead = last.lead


def read_items(header, text):
    """Whatever stands at the beginning of a line, behind the block."""
    reader = Reader(text.split("\n"))
    reader.at = text[:text.index(" */")].count("\n") + 1
    doc, joins, last = "", False, None
    while reader.more():
        line = reader.peek()
        if line.startswith("//"):
            section = re.match(r"// -{3,4} (.*) -{3,}$", line)
            doc = reader.take_comment("")
            if section:
                header.items.append(Item("section", section[1]))
                doc, last = "", None
            continue
        if not line.strip():
            doc, joins = "", False
            reader.take()
            continue
        if line.startswith("#define"):
            item = read_define(reader)
        elif line.startswith("#") or line.startswith(("extern \"C\"", "}")):
            reader.take()
            continue
        elif line.startswith(("NX_EXPORT", "static const", "    ")):
            reader.take_until(r";")
            continue
        else:
            item = read_declaration(reader)
        if item and is_private(text, item.name):
            continue  # the comment is about what follows
        if item and item.name not in {one.name for one in header.items}:
            attach(item, doc, joins, last)
            say_the_obvious(item)
            header.items.append(item)
            joins, last = True, item
        doc = ""


def read(root, folder, prefix, name):
    path = f"{folder}/{name}"
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    header = Header(path, folder, prefix + name, text=text)
    read_block(header, text)
    read_items(header, text)
    return header
