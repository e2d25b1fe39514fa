"""A ledger of what the server has acknowledged, and people who keep it.

Everybody in here writes down each acknowledgement; the server is killed and
started again, and then the server is asked for everything, and everybody for
what has reached them. What does not agree is a Loss, of a kind.

A request that was not answered is repeated with the same client_id or
Idempotency-Key and must have happened once. Until then both is right.
"""

import bisect
import collections
import json
import pathlib
import shutil
import tempfile
import zlib


class Loss(AssertionError):
    """What the server does not know any more, or knows twice."""

    def __init__(self, found):
        self.kinds = collections.Counter(kind for kind, _ in found)
        lines = [f"{kind}: {text}" for kind, text in found[:20]]
        super().__init__(f"{dict(self.kinds)}\n" + "\n".join(lines))


class Cut(Exception):
    """The connection ended, or the server could not promise anything."""


class Message:
    """One chat.message and its changes, as its author knows them."""

    def __init__(self, conversation, client_id):
        self.conversation, self.client_id = conversation, client_id
        self.message_id = self.seq = None
        self.content = None    # acknowledged; None: nothing is
        self.deleted = False
        self.pending = None    # (event_type, content), not answered yet
        self.versions = 0

    def next_content(self):
        self.versions += 1
        return f"{self.client_id}|{self.versions}|" + "x" * (
            zlib.crc32(self.client_id.encode()) % 400)

    def allows(self, record):
        """Whether this may be what the history shows."""
        if record.get("deleted"):
            return self.deleted or self.pending == ("chat.delete", None)
        return not self.deleted and record["content"] in (
            self.content, self.pending and self.pending[1])


class Note:
    def __init__(self, user, key):
        self.user, self.key = user, key
        self.notification_id = None


class Book:
    """All acknowledgements, in memory and line by line in a file, in a
    directory that takes in what else a failure leaves behind."""

    def __init__(self):
        self.messages = collections.defaultdict(list)  # by conversation
        self.seqs = collections.defaultdict(dict)      # acknowledged
        self.notes = []
        self.reads = collections.defaultdict(int)      # (user, conversation)
        self.asked = collections.defaultdict(int)      # the same, to be read
        self.acks = collections.Counter()
        self.found = []
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="nexus-ledger-"))
        self.file = open(self.directory / "acknowledged", "w", buffering=1)

    def close(self, keep):
        self.file.close()
        if not keep:
            shutil.rmtree(self.directory)

    def keep(self, name, lines):
        """Something to look at after a failure."""
        (self.directory / name).write_text("\n".join(lines) + "\n")

    def complain(self, kind, text):
        self.found.append((kind, text))

    def judge(self):
        if self.found:
            raise Loss(self.found)

    def note(self, event_type, answer):
        self.acks[event_type] += 1
        self.file.write(json.dumps([event_type, answer]) + "\n")

    def number(self, conversation, seq, what):
        other = self.seqs[conversation].setdefault(seq, what)
        if other != what:
            self.complain("number given twice",
                          f"{conversation} {seq}: {other} and {what}")

    def check_history(self, conversation, records):
        """Every acknowledged message once, where it was, as it is now."""
        by_id = {r["message_id"]: r for r in records}
        seqs = [r["seq"] for r in records]
        if seqs != sorted(set(seqs)) or len(by_id) != len(records):
            self.complain("out of order", f"{conversation}: {seqs}")
        known = set()
        unanswered = {}
        for message in self.messages[conversation]:
            if message.message_id is None:
                unanswered[message.client_id] = message
                continue
            record = by_id.get(message.message_id)
            known.add(message.message_id)
            if record is None:
                self.complain("message lost", message.client_id)
            elif record["seq"] != message.seq:
                self.complain("message moved", message.client_id)
            elif not message.allows(record):
                self.complain("change lost", f"{message.client_id}: {record}")
        for record in records:
            if record["message_id"] in known:
                continue
            name = record.get("content", "").split("|")[0]
            if unanswered.pop(name, None) is None:
                self.complain("message twice", f"{conversation}: {record}")

    def check_notes(self, user, listed):
        count = collections.Counter(n["title"] for n in listed)
        ids = {n["title"]: n["notification_id"] for n in listed}
        for note in self.notes:
            if note.user != user:
                continue
            if count[note.key] > 1:
                self.complain("notification twice", note.key)
            if note.notification_id and (
                    ids.get(note.key) != note.notification_id):
                self.complain("notification lost", note.key)


class View:
    """What one member has of one conversation, by the rules of docs/chat.md,
    and the order in which it came."""

    def __init__(self):
        self.messages = {}     # message_id -> [seq, version, content or None]
        self.connections = []  # (resumed, [(event_type, seq)])
        self.gaps = []         # (from, to), read in the history
        self.sure = 0          # all up to here has come

    def take(self, event):
        self.connections[-1][1].append((event["event_type"], event["seq"]))
        self.apply(event)

    def apply(self, event):
        kind, name = event["event_type"], event["message_id"]
        known = self.messages.get(name)
        if kind == "chat.message":
            if known is None or known[1] <= event["version"]:
                self.messages[name] = [event["seq"], event["version"],
                                       event.get("content")]
        elif known and kind == "chat.delete":
            known[2] = None
        elif known and known[2] is not None and known[1] < event["version"]:
            known[1:] = event["version"], event["content"]

    def has(self, record):
        known = self.messages.get(record["message_id"])
        return known is not None and known[0] == record["seq"] and (
            known[2] == record.get("content"))

    def is_told(self, seq):
        return any(start <= seq <= end for start, end in self.gaps)

    def disorder(self, records):
        """What came before a message that it belongs behind; None is good.
        In a session that is resumed, what it had not proved to have may come
        once more behind the rest."""
        places = [r["seq"] for r in records]
        have, first = set(), 0
        for resumed, arrivals in self.connections:
            previous, turned = None, False
            for kind, seq in arrivals:
                if previous is not None and seq <= previous:
                    if turned or not resumed:
                        return f"{seq} behind {previous} in one connection"
                    previous, turned = None, True
                while first < len(places) and (
                        places[first] in have or self.is_told(places[first])):
                    first += 1
                begin = first
                if resumed:
                    begin = len(places) if previous is None else max(
                        first, bisect.bisect_right(places, previous))
                for at in range(begin, bisect.bisect_left(places, seq)):
                    if places[at] not in have and (
                            not self.is_told(places[at])):
                        return f"{seq} came before {places[at]}"
                if kind == "chat.message":
                    have.add(seq)
                previous = seq
        return None
