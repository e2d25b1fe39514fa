"""People who exchange events all through a soak of reloads, and write down
what they sent and got: every event once and in order, or it is in `wrong`.

Each is one session. It counts for the plugin `ledger` (tests/plugins), in
bursts and with late answers, and talks in one conversation of `chat` with a
few others, who each expect every message of it.
"""

import asyncio
import collections
import contextlib
import json

import websockets

import harness

BURST = 4


class Conversation:
    """What was said, by its number: all members must be told the same."""

    def __init__(self, name):
        self.name = name
        self.said = {}      # seq -> content
        self.members = []


class Person:
    def __init__(self, who, conversation, rng):
        self.who, self.name = who, f"user{who}"
        self.conversation = conversation
        self.rng = rng
        self.wrong = []
        self.counted = 0          # events sent to the ledger
        self.answered = 0
        self.spoken = 0           # messages sent
        self.heard = collections.Counter()  # by speaker
        self.last_seq = 0
        self.expected = collections.deque()  # refs, in the order of sending
        self.late = set()
        self.answers = {}
        self.socket = self.reader = self.talker = None
        self.leaving = self.talking = False

    # --- coming and going ---------------------------------------------------

    async def come(self, server):
        self.socket = await harness.dial(server.url(self.name))
        self.reader = asyncio.create_task(self._read())
        await self.ask("chat.join",
                       conversation_id=self.conversation.name)

    def begin(self):
        self.talking = True
        self.talker = asyncio.create_task(self._talk())

    async def finish(self):
        """All that was begun is answered."""
        self.talking = False
        await self.talker

    async def leave(self):
        self.leaving = True
        await self.socket.close()
        await self.reader

    def complain(self, text):
        self.wrong.append(f"{self.name}: {text}")

    # --- talking ------------------------------------------------------------

    async def _talk(self):
        try:
            while self.talking:
                await self._count(self.rng.randint(1, BURST))
                await self._say()
        except asyncio.CancelledError:
            self.complain("lost the connection before an answer")
        except Exception as error:  # told to the test, which looks at it
            self.complain(f"{type(error).__name__}: {error}")

    async def _count(self, burst):
        futures = []
        for _ in range(burst):
            self.counted += 1
            late = self.rng.random() < 0.1
            futures.append(await self._send(
                "ledger.later" if late else "ledger.put", in_order=not late,
                who=self.who, n=self.counted))
        for future in futures:
            answer = await self._wait(future)
            self.answered += 1
            if answer["event_type"] != "ack" or answer["wrong"]:
                self.complain(f"the ledger says {answer}")

    async def _say(self):
        self.spoken += 1
        content = f"{self.who} {self.spoken}"
        answer = await self.ask(
            "chat.message", conversation_id=self.conversation.name,
            content=content)
        if answer["event_type"] != "ack":
            self.complain(f"chat says {answer}")
        else:
            self._note(answer["seq"], content)

    def _note(self, seq, content):
        if self.conversation.said.setdefault(seq, content) != content:
            self.complain(f"{self.conversation.name} {seq} is {content} and "
                          f"{self.conversation.said[seq]}")

    async def _send(self, event_type, in_order=False, **fields):
        ref = f"{event_type}-{len(self.answers)}-{self.counted}-{self.spoken}"
        future = asyncio.get_running_loop().create_future()
        self.answers[ref] = future
        if in_order:
            self.expected.append(ref)
        await self.socket.send(json.dumps(
            {"event_type": event_type, "ref": ref, **fields}))
        return future

    @staticmethod
    async def _wait(future):
        return await asyncio.wait_for(future, 3 * harness.DEADLINE)

    async def ask(self, event_type, **fields):
        return await self._wait(await self._send(event_type, **fields))

    async def settle(self):
        """All that is on its way has come: a ping is answered behind it."""
        future = asyncio.get_running_loop().create_future()
        self.answers["settle"] = future
        await self.socket.send(json.dumps(
            {"event_type": "ping", "settle": self.who}))
        await self._wait(future)

    # --- listening ----------------------------------------------------------

    async def _read(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                self._take(json.loads(await self.socket.recv()))
        if not self.leaving:
            self.complain(f"lost the connection: {self.socket.close_code} "
                          f"{self.socket.close_reason}")
        for future in self.answers.values():
            if not future.done():
                future.cancel()

    def _take(self, event):
        ref = event.get("ref")
        if ref is not None:
            self._take_answer(ref, event)
        elif event["event_type"] == "chat.message":
            self._hear(event)
        elif event["event_type"] == "pong" and "settle" in event:
            self.answers.pop("settle").set_result(event)
        elif event["event_type"] in ("error", "system.gap"):
            self.complain(f"got {event}")

    def _take_answer(self, ref, event):
        future = self.answers.pop(ref, None)
        if future is None:
            self.complain(f"an answer nobody waits for: {event}")
            return
        if self.expected and ref in self.expected:
            first = self.expected.popleft()
            if first != ref:
                self.complain(f"{ref} was answered before {first}")
                self.expected.remove(ref)
        if not future.done():
            future.set_result(event)

    def _hear(self, event):
        speaker, n = map(int, event["content"].split())
        self._note(event["seq"], event["content"])
        if event["seq"] != self.last_seq + 1:
            self.complain(f"heard {event['seq']} after {self.last_seq}")
        self.last_seq = event["seq"]
        if n != self.heard[speaker] + 1:
            self.complain(f"heard {n} of {speaker} after "
                          f"{self.heard[speaker]}")
        self.heard[speaker] = n


class Crowd:
    """All of them."""

    def __init__(self, size, per_conversation, rng):
        self.people = []
        for who in range(size):
            if who % per_conversation == 0:
                conversation = Conversation(f"c{who // per_conversation}")
            person = Person(who, conversation, rng)
            conversation.members.append(person)
            self.people.append(person)

    async def come(self, server):
        for person in self.people:
            await person.come(server)
        # Only those who were there from the beginning hear it all.
        for person in self.people:
            person.begin()

    def wrong(self):
        return [text for person in self.people for text in person.wrong]

    def events(self):
        return sum(person.answered + person.spoken for person in self.people)

    async def finish(self):
        """Everybody ends, and knows what all others have said."""
        await asyncio.gather(*(person.finish() for person in self.people))
        await asyncio.gather(*(person.settle() for person in self.people))
        for person in self.people:
            said = {other.who: other.spoken
                    for other in person.conversation.members if other.spoken}
            if dict(person.heard) != said:
                person.complain(f"heard {dict(person.heard)} of {said}")

    async def leave(self):
        await asyncio.gather(*(person.leave() for person in self.people))
