"""The people of a ledger (ledger.py): what they do, and the questions after
each start of the server."""

import asyncio
import collections
import contextlib
import http.client
import itertools
import json
import os
import random

import websockets

import harness
from ledger import Book, Cut, Message, Note, View

UNSURE = ("engine_unavailable", "engine_busy", "draining", "overloaded")
CHANGES = ("chat.message", "chat.edit", "chat.delete")
HEARD = 20000  # events that a person can tell of after a failure


class Person:
    """A user on one device, with a connection or without."""

    refs = itertools.count(1)

    def __init__(self, server, book, name):
        self.server, self.book, self.name = server, book, name
        self.views = collections.defaultdict(View)
        self.epochs = {}      # of conversations
        self.socket = self.reader = self.token = None
        self.resumed = False
        self.answers = {}     # ref -> future
        self.changed = asyncio.Event()
        self.gaps = []
        self.pending = []     # messages with a request that was not answered
        self.status = None    # acknowledged
        self.wanted = None    # asked for
        self.code = None
        self.heard = collections.deque(maxlen=HEARD)

    # --- the connection ---------------------------------------------------

    async def arrive(self, resume):
        query = {"device_id": f"{self.name}-device"}
        if resume and self.token:
            query["resume"] = self.token
        socket = await harness.dial(self.server.url(self.name, **query))
        text = await asyncio.wait_for(socket.recv(), harness.DEADLINE)
        self.heard.append(text)
        welcome = json.loads(text)
        session = welcome["session"]
        self.token = session["resume_token"]
        self.resumed = session["resumed"]
        for view in self.views.values():
            view.connections.append((self.resumed, []))
        self.socket, self.back = socket, asyncio.Event()
        self.rooms = set()
        self.reader = asyncio.create_task(self._read(socket))
        if self.resumed:
            await asyncio.wait_for(self.back.wait(), harness.DEADLINE)

    async def _read(self, socket):
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                text = await socket.recv()
                self.heard.append(text)
                self._take(json.loads(text))
        self.code = socket.close_code
        self.heard.append(f"closed with {self.code}")
        self.socket = None
        for future in self.answers.values():
            if not future.done():
                future.set_result(None)
        self.answers.clear()
        self.back.set()
        self.changed.set()

    def _take(self, event):
        kind, ref = event["event_type"], event.get("ref")
        if ref is not None:
            future = self.answers.pop(ref, None)
            if future is not None and not future.done():
                future.set_result(event)
        elif kind in CHANGES:
            self.view(event["conversation_id"]).take(event)
            self.changed.set()
        elif kind == "system.gap":
            self._miss(event)
        elif kind == "system.resume":
            self.rooms = {r["room"] for r in event["rooms"]
                          if "error" not in r}
            self.back.set()

    def _miss(self, event):
        """More than is kept for who is away is the only reason there is."""
        if event["reason"] != "limit":
            self.book.complain("gap", f"told to {self.name}, "
                               f"resumed={self.resumed}: {event}")
        if "conversation_id" in event:
            self.gaps.append(event)

    def view(self, conversation):
        view = self.views[conversation]
        if not view.connections:
            view.connections.append((self.resumed, []))
        return view

    async def end(self):
        """Until all that had arrived is read."""
        if self.reader:
            await asyncio.wait_for(self.reader, harness.DEADLINE)
            self.reader = None

    async def leave(self):
        if self.socket:
            self.socket.transport.abort()
        await self.end()

    # --- requests ---------------------------------------------------------

    async def ask(self, event_type, **fields):
        """The answer; Cut if there is none, or one that promises nothing."""
        if self.socket is None:
            raise Cut()
        ref = f"r{next(self.refs)}"
        future = asyncio.get_running_loop().create_future()
        self.answers[ref] = future
        try:
            await self.socket.send(json.dumps(
                {"event_type": event_type, "ref": ref, **fields}))
        except websockets.ConnectionClosed:
            raise Cut() from None
        answer = await asyncio.wait_for(future, harness.DEADLINE)
        if answer is None or answer.get("code") in UNSURE:
            raise Cut(answer and answer["code"])
        return answer

    async def must(self, event_type, **fields):
        answer = await self.ask(event_type, **fields)
        if answer["event_type"] == "error":
            raise AssertionError(f"{self.name} {event_type}: {answer}")
        return answer

    async def say(self, message, change):
        """Makes a change to a message of one's own, first or again."""
        kind, content = message.pending = change
        if message not in self.pending:
            self.pending.append(message)
        fields = {"conversation_id": message.conversation}
        if content is not None:
            fields["content"] = content
        if kind == "chat.message":
            fields["client_id"] = message.client_id
        else:
            fields["message_id"] = message.message_id
        answer = await self.ask(kind, **fields)
        if answer["event_type"] == "error":
            self._refused(message, kind, answer)
        else:
            self._said(message, kind, answer)
        if content is None:
            message.deleted = True
        else:
            message.content = content
        message.pending = None
        self.pending.remove(message)

    def _refused(self, message, kind, answer):
        if answer["code"] == "not_found":
            self.book.complain("message lost", message.client_id)
            self.book.judge()
        # What is deleted twice was deleted the first time.
        if (kind, answer["code"]) != ("chat.delete", "gone"):
            raise AssertionError(f"{self.name} {kind}: {answer}")

    def _said(self, message, kind, answer):
        self.book.note(kind, answer)
        if kind == "chat.message":
            message.message_id = answer["message_id"]
            message.seq = answer["seq"]
        self.book.number(message.conversation, answer["seq"],
                         f"{kind} {answer['message_id']}")

    async def read_up_to(self, conversation, seq):
        key = (self.name, conversation)
        self.book.asked[key] = max(self.book.asked[key], seq)
        answer = await self.must(
            "chat.read", conversation_id=conversation, seq=seq)
        self.book.note("chat.read", answer)
        self.book.reads[key] = max(self.book.reads[key], seq)

    async def be(self, text):
        self.wanted = text
        answer = await self.must("presence.update", status="busy",
                                 status_message=text)
        self.book.note("presence.update", answer)
        self.status, self.wanted = text, None

    # --- reading everything -----------------------------------------------

    async def history(self, conversation, start=0, end=None):
        records, after, more = [], start, True
        while more:
            page = await self.ask(
                "chat.history", conversation_id=conversation, after=after,
                limit=100)
            if page["event_type"] == "error":
                if page["code"] in ("not_found", "not_member"):
                    return []
                raise AssertionError(f"history: {page}")
            records += page["messages"]
            more = page["has_more"] and bool(page["messages"])
            after = records[-1]["seq"] if records else 0
            if end is not None and after > end:
                break
        return records

    async def enter(self, conversation):
        """Becomes a member, and gets what was missed since a position."""
        view = self.view(conversation)
        since = {}
        if self.resumed and conversation in self.epochs:
            since["since"] = {"epoch": self.epochs[conversation],
                              "offset": view.sure}
        answer = await self.must(
            "chat.join", conversation_id=conversation, **since)
        self.epochs[conversation] = answer.get("epoch")
        if since and not answer["recovered"]:
            self.gaps.append({"conversation_id": conversation,
                              "from": view.sure + 1, "to": answer["seq"]})

    async def fill_gaps(self):
        """Changes that were dropped may be of any message before, too."""
        while self.gaps:
            gap = self.gaps[0]
            view = self.view(gap["conversation_id"])
            for record in await self.history(
                    gap["conversation_id"], 0, gap["to"]):
                view.apply({**record, "event_type": "chat.message"})
            view.gaps.append((gap["from"], gap["to"]))
            self.gaps.pop(0)

    async def has_all(self, conversation, records):
        """Until the last message of these has reached this member."""
        view = self.view(conversation)
        try:
            for record in records:
                while not view.has(record):
                    if self.socket is None:
                        raise Cut()
                    if self.gaps:
                        await self.fill_gaps()
                        continue
                    self.changed.clear()
                    await asyncio.wait_for(
                        self.changed.wait(), harness.DEADLINE / 2)
        except asyncio.TimeoutError:
            self.book.complain(
                "not delivered", f"to {self.name}, resumed={self.resumed}: "
                f"{record}, but {view.messages.get(record['message_id'])}, "
                f"gaps {view.gaps}")
            return
        disorder = view.disorder(records)
        if disorder:
            self.book.complain(
                "not in order", f"to {self.name} in {conversation}: "
                f"{disorder}; {[(r, len(a)) for r, a in view.connections]}")
        view.sure = max([view.sure, *(r["seq"] for r in records)])


class Ledger:
    """The people, what they do, and the questions after each restart."""

    def __init__(self, server, *, people=5, conversations=3, pens=4, seed=None):
        self.seed = seed or int(os.environ.get(
            "NEXUS_TEST_SEED", random.randrange(2 ** 32)))
        self.random = random.Random(self.seed)
        self.server, self.book = server, Book()
        self.people = [Person(server, self.book, f"p{n}")
                       for n in range(people)]
        self.count, self.pens = conversations, pens
        self.conversations = []
        self.finished = []
        self.names = itertools.count(1)
        self.tasks = []
        self.lives = 0
        self.renewed = 15  # lives with the same conversations
        self.kills = 0

    def present(self):
        return [p for p in self.people if p.socket]

    # --- after a start ----------------------------------------------------

    async def settle(self, everybody=False):
        """Who comes, comes; then all that was acknowledged is looked for, all
        that was not answered is asked again, and everybody gets everything."""
        renews = self.lives % self.renewed == 0
        self.lives += 1
        for person in self.people:
            comes = self.random.random() < 0.8 or person is self.people[0]
            if everybody or renews or comes:
                await person.arrive(self.random.random() < 0.5)
        await self.look()
        if renews:
            await self.begin()

    async def look(self):
        await self.check()
        for person in self.present():
            await self.enter(person)
        await self.repeat()
        for name, records in (await self.check()).items():
            await asyncio.gather(*(p.has_all(name, records)
                                   for p in self.present()))
        self.book.judge()

    async def enter(self, person):
        for name in self.conversations:
            if f"chat:{name}" not in person.rooms:
                await person.enter(name)

    async def begin(self):
        """New conversations, so that the old ones need not be read again
        after each of many restarts."""
        self.finished += self.conversations
        self.conversations = [f"c{len(self.finished) + n}"
                              for n in range(self.count)]
        for person in self.present():
            await self.enter(person)

    async def repeat(self):
        for person in self.present():
            for message in list(person.pending):
                await person.say(message, message.pending)
            if person.wanted:
                await person.be(person.wanted)
        for note in self.book.notes:
            if note.notification_id is None:
                await self.post(note)

    async def check(self, conversations=None):
        """Asks the server for everything."""
        asker = self.people[0]
        histories = {}
        if conversations is None:
            conversations = self.conversations
        for name in conversations:
            histories[name] = await asker.history(name)
            self.book.check_history(name, histories[name])
            await self.check_reads(asker, name)
        for person in self.present():
            await self.check_notes(person)
            await self.check_status(person)
        self.book.judge()
        return histories

    async def check_reads(self, asker, conversation):
        answer = await asker.ask(
            "chat.members", conversation_id=conversation)
        read = {m["user_id"]: m["read"] for m in answer.get("members", ())}
        for person in self.people:
            key = (person.name, conversation)
            least, most = self.book.reads[key], self.book.asked[key]
            if not least <= read.get(person.name, 0) <= most:
                self.book.complain(
                    "read mark lost",
                    f"{key}: {read.get(person.name)}, not {least}..{most}")

    async def check_notes(self, person):
        listed, before, more = [], {}, True
        while more:
            page = await person.must("notification.list", limit=100, **before)
            listed += page["notifications"]
            more = page["has_more"]
            before = {"before": listed[-1]["seq"]} if listed else {}
        self.book.check_notes(person.name, listed)

    async def check_status(self, person):
        _, _, answer = await asyncio.to_thread(
            self.server.http, f"/api/presence/{person.name}")
        allowed = {person.status, person.wanted or person.status}
        if answer["status_message"] not in allowed:
            self.book.complain(
                "status lost", f"{answer}, not {person.status}")

    # --- load -------------------------------------------------------------

    async def post(self, note):
        """A notification; the same again is the same."""
        try:
            status, _, answer = await asyncio.to_thread(
                self.server.http, "/api/notifications/send", method="POST",
                body={"user_id": note.user, "title": note.key,
                      "message": "m"},
                headers={"Idempotency-Key": note.key})
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Cut() from error
        if status == 503:
            raise Cut()
        if status != 202:
            raise AssertionError(f"{note.key}: {status} {answer}")
        note.notification_id = answer["notification_id"]
        self.book.note("notification", answer)

    async def act(self, person, own):
        """One thing that somebody does in one conversation."""
        conversation = self.random.choice(self.conversations)
        dice = self.random.random()
        old = [m for m in own if not m.deleted and not m.pending]
        if dice < 0.15 and old:
            message = self.random.choice(old[-20:])
            await person.say(message, ("chat.edit", message.next_content()))
        elif dice < 0.2 and old:
            message = self.random.choice(old[-20:])
            await person.say(message, ("chat.delete", None))
        elif dice < 0.25 and self.book.seqs[conversation]:
            await person.read_up_to(
                conversation, max(self.book.seqs[conversation]))
        elif dice < 0.26 and person.wanted is None:
            await person.be(f"status {next(self.names)}")
        else:
            message = Message(conversation, f"m{next(self.names)}")
            self.book.messages[conversation].append(message)
            own.append(message)
            await person.say(
                message, ("chat.message", message.next_content()))

    async def write(self, person):
        own = []
        with contextlib.suppress(Cut):
            while True:
                await self.act(person, own)

    async def notify(self):
        with contextlib.suppress(Cut):
            while True:
                note = Note(self.random.choice(self.people).name,
                            f"n{next(self.names)}")
                self.book.notes.append(note)
                await self.post(note)
                # A few in each life are enough, next to the messages.
                await self.acknowledged(100)

    def start_load(self):
        self.tasks = [asyncio.create_task(self.notify())]
        for person in self.present():
            self.tasks += [asyncio.create_task(self.write(person))
                           for _ in range(self.pens)]

    async def acknowledged(self, count):
        """Until there are so many more acknowledgements, or the load ends."""
        wanted = self.book.acks.total() + count
        writers = self.tasks[1:]
        while self.book.acks.total() < wanted and (
                not all(t.done() for t in writers)):
            await asyncio.wait(writers, timeout=0.001)
            self.raise_failures()

    def raise_failures(self):
        for task in self.tasks:
            if task.done():
                task.result()

    async def end_load(self):
        """After the server has ended, or no longer stores anything."""
        self.tasks[0].cancel()
        ends = await asyncio.wait_for(asyncio.gather(
            *self.tasks, return_exceptions=True), harness.DEADLINE * 2)
        for end in ends:
            if isinstance(end, Exception):
                raise end
        self.tasks = []

    async def everybody_ends(self):
        for person in self.people:
            await person.end()

    async def finish(self):
        """One more life, in which everything of all lives is looked for."""
        await self.settle(everybody=True)
        for name, records in (await self.check(self.finished)).items():
            await asyncio.gather(*(p.has_all(name, records)
                                   for p in self.people))
        self.book.judge()

    async def close(self, keep=False):
        for task in self.tasks:
            task.cancel()
        for person in self.people:
            await person.leave()
            if keep:
                self.book.keep(person.name, person.heard)
        self.book.close(keep)

    def summary(self):
        acks = ", ".join(f"{count} {kind}" for kind, count
                         in sorted(self.book.acks.items()))
        return (f"seed {self.seed}: {self.lives} lives, "
                f"{self.book.acks.total()} acknowledged ({acks})")
