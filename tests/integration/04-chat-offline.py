"""What each device of a user is sent when it comes back."""

import asyncio
import contextlib
import json

import harness
import websockets
from rawclient import PING, PONG, TEXT, RawClient

SAID = ("chat.message", "chat.edit", "chat.delete", "system.gap")


def seqs(events):
    return [e["seq"] for e in events if e["event_type"] == "chat.message"]


class Talk:
    """Conversations between users with devices."""

    async def device(self, user, name):
        return await self.connect(user, query={"device_id": name})

    async def said(self, client):
        """What a client was told of conversations, up to now."""
        return [e for e in await client.settle() if e["event_type"] in SAID]

    async def gets_only(self, client, speaker, content):
        """Nothing waits for a client: what is said now comes first. It would
        come behind all that was missed."""
        await self.say(speaker, content)
        event = await client.next()
        while event["event_type"] not in SAID:
            event = await client.next()
        self.assertEqual((event["event_type"], event.get("content")),
                         ("chat.message", content))

    async def leave(self, client):
        """Closes, and returns what had arrived until then."""
        await client.close()
        events = list(client.passed)
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                events.append(await client.receive())
        return events

    async def say(self, client, *contents, conversation="c"):
        return [await client.ack("chat.message", conversation_id=conversation,
                                 content=content) for content in contents]

    async def talk(self):
        """alice and bob are in "c"; bob's phone and laptop have gone."""
        alice = await self.device("alice", "a")
        phone = await self.device("bob", "phone")
        laptop = await self.device("bob", "laptop")
        await alice.ack("chat.join", conversation_id="c")
        await phone.ack("chat.join", conversation_id="c")
        await laptop.settle()
        await phone.close()
        await laptop.close()
        return alice


class Offline(Talk):
    """Runs on any engine: subclasses say on which."""

    async def test_every_device_gets_all(self):
        alice = await self.talk()
        laptop = await self.device("bob", "laptop")
        await self.say(alice, "1", "2", "3")
        self.assertEqual([(await laptop.expect("chat.message"))["seq"]
                          for _ in range(3)], [1, 2, 3])
        await alice.expect("chat.delivered", user_id="bob", seq=3)
        phone = await self.device("bob", "phone")
        self.assertEqual([(await phone.expect("chat.message"))["seq"]
                          for _ in range(3)], [1, 2, 3])
        # The sender hears of it once.
        self.assertNotIn("chat.delivered",
                         [e["event_type"] for e in await alice.settle()])
        await phone.close()
        await self.say(alice, "4")
        phone = await self.device("bob", "phone")
        self.assertEqual((await phone.expect("chat.message"))["seq"], 4)

    async def test_a_device_hears_of_a_conversation_begun_without_it(self):
        alice = await self.talk()
        laptop = await self.device("bob", "laptop")
        await alice.ack("chat.message", recipient_id="bob", content="hello")
        await laptop.expect("chat.message", content="hello")
        await alice.expect("chat.delivered", user_id="bob")
        phone = await self.device("bob", "phone")
        await phone.expect("chat.message", content="hello")

    async def test_what_was_not_proved_comes_again(self):
        alice = await self.talk()
        await self.say(alice, "1", "2", "3")
        for acknowledged in (0, 2):
            with RawClient(self.server, "bob&device_id=phone") as phone:
                for seq in (1, 2, 3):
                    phone.expect("chat.message", seq=seq)
                if acknowledged:
                    phone.send("system.ack", room="chat:c",
                               offset=acknowledged)
                phone.send("ping", n=1)
                phone.expect("pong")
        phone = await self.device("bob", "phone")
        self.assertEqual((await phone.expect("chat.message"))["seq"], 3)

    async def absent(self, watcher, user):
        """The server knows that the user's connection is lost."""
        online = True
        while online:
            answer = await watcher.ack("chat.members", conversation_id="c")
            online = any(m["online"] for m in answer["members"]
                         if m["user_id"] == user)

    async def test_a_backlog_lost_before_a_resume_comes_again(self):
        """The session comes back into the room behind the backlog, which
        nobody has proved to have arrived."""
        alice = await self.talk()
        await self.say(alice, "1", "2", "3")
        with RawClient(self.server, "bob&device_id=phone") as phone:
            welcome = phone.expect("system.message")
            phone.expect("chat.message", seq=3)
        await self.absent(alice, "bob")
        await self.say(alice, "4")
        phone = await self.connect("bob", query={
            "resume": welcome["session"]["resume_token"]})
        self.assertTrue(phone.welcome["session"]["resumed"])
        heard = []
        while heard[-4:] != [1, 2, 3, 4]:
            heard.append((await phone.expect("chat.message"))["seq"])
        # The fourth may have come with the resume already.
        self.assertIn(heard, ([1, 2, 3, 4], [4, 1, 2, 3, 4]))
        await alice.expect("chat.delivered", user_id="bob", seq=4)
        await self.say(alice, "5")
        self.assertEqual((await phone.expect("chat.message"))["seq"], 5)
        await phone.close()
        phone = await self.device("bob", "phone")
        await self.gets_only(phone, alice, "6")

    async def test_a_resumed_session_gets_nothing_twice(self):
        alice = await self.talk()
        phone = await self.device("bob", "phone")
        await self.say(alice, "1", "2")
        await alice.expect("chat.delivered", user_id="bob", seq=2)
        token = phone.welcome["session"]["resume_token"]
        phone.socket.transport.abort()
        await self.absent(alice, "bob")
        await self.say(alice, "3")
        phone = await self.connect("bob", query={"resume": token})
        await phone.expect("chat.message", seq=3)
        await alice.expect("chat.delivered", user_id="bob", seq=3)
        await self.gets_only(phone, alice, "4")
        # What the laptop has not received is another matter.
        laptop = await self.device("bob", "laptop")
        for seq in (1, 2, 3, 4):
            await laptop.expect("chat.message", seq=seq)

    async def test_a_broken_replay_is_continued(self):
        """More than fits the queue: the device proves the first portion."""
        alice = await self.talk()
        for n in range(60):
            await self.say(alice, "x" * 16000)
        got = []
        with RawClient(self.server, "bob&device_id=phone") as phone:
            while True:
                opcode, payload = phone.read_frame()
                if opcode == PING and got:
                    phone.send_frame(PONG, payload)
                    break
                if opcode == PING:
                    phone.send_frame(PONG, payload)
                event = json.loads(payload) if opcode == TEXT else {}
                if event.get("event_type") == "chat.message":
                    got.append(event["seq"])
            # The proof is worked off when this is answered.
            phone.send("ping", n=1)
            phone.expect("pong", n=1)
        self.assertEqual(got, list(range(1, len(got) + 1)))
        self.assertLess(len(got), 60)
        phone = await self.device("bob", "phone")
        rest = [(await phone.expect("chat.message"))["seq"]
                for _ in range(60 - len(got))]
        self.assertEqual(rest, list(range(len(got) + 1, 61)))
        await self.gets_only(phone, alice, "61")

    async def test_a_large_backlog_closes_nobody(self):
        """100 messages of 16 KiB are more than a session's queue holds."""
        alice = await self.talk()
        for n in range(100):
            await self.say(alice, "x" * 16000)
        phone = await self.device("bob", "phone")
        self.assertEqual([(await phone.expect("chat.message"))["seq"]
                          for _ in range(100)], list(range(1, 101)))
        await self.say(alice, "live")
        self.assertEqual((await phone.expect("chat.message"))["seq"], 101)

    async def test_a_gap_is_told_until_it_has_arrived(self):
        alice = await self.talk()
        await self.say(alice, *(str(n) for n in range(1, 121)))
        with RawClient(self.server, "bob&device_id=phone") as phone:
            gap = phone.expect("system.gap")
            phone.expect("chat.message", seq=120)
        self.assertEqual(
            (gap["from"], gap["to"], gap["reason"], gap["conversation_id"]),
            (1, 20, "limit", "c"))
        await self.say(alice, "121")
        phone = await self.device("bob", "phone")
        gap = await phone.expect("system.gap")
        self.assertEqual((gap["from"], gap["to"]), (1, 21))
        await phone.expect("chat.message", seq=121)
        history = await phone.ack("chat.history", conversation_id="c",
                                  after=0, before=22)
        self.assertEqual([m["seq"] for m in history["messages"]],
                         list(range(1, 22)))
        self.assertEqual(history["epoch"], gap["epoch"])
        await alice.expect("chat.delivered", seq=121)
        await phone.close()
        phone = await self.device("bob", "phone")
        await self.gets_only(phone, alice, "122")

    async def test_the_newest_of_all_conversations_are_sent(self):
        alice = await self.talk()
        phone = await self.device("bob", "phone")
        names = ["c", "d", "e"]
        for name in names:
            await alice.ack("chat.join", conversation_id=name)
            await phone.ack("chat.join", conversation_id=name)
        await phone.close()
        for n in range(50):
            for name in names:
                await self.say(alice, str(n), conversation=name)
        phone = await self.device("bob", "phone")
        got = {name: [] for name in names}
        gaps = {}
        for _ in range(100 + len(names)):
            event = await phone.next()
            while event["event_type"] not in SAID:
                event = await phone.next()
            name = event["conversation_id"]
            if event["event_type"] == "system.gap":
                self.assertEqual(got[name], [])
                gaps[name] = event["to"]
            else:
                got[name].append(event["seq"])
        for name in names:
            self.assertEqual(got[name], list(range(gaps[name] + 1, 51)))
            # Written within a moment, so the times may be equal.
            self.assertIn(len(got[name]), range(30, 38))
        self.assertEqual(sum(len(g) for g in got.values()), 100)

    async def test_nothing_is_missing_while_others_write(self):
        """A device comes and goes while two others write without a pause:
        all it ever hears, put together, is everything, in order. Fewer
        messages than may wait, however late it comes."""
        alice = await self.talk()
        carol = await self.device("carol", "c")
        done = asyncio.Event()

        async def write(client, count):
            for n in range(count):
                await self.say(client, str(n))

        async def come_and_go():
            last = 0
            while not (done.is_set() and last == 90):
                phone = await self.device("bob", "phone")
                # What has arrived by then counts as received, read or not.
                heard = seqs(await self.said(phone) + await self.leave(phone))
                # In one connection: without a hole and nothing twice.
                if heard:
                    self.assertEqual(
                        heard, list(range(heard[0], heard[-1] + 1)))
                    self.assertLessEqual(heard[0], last + 1)
                    last = max(last, heard[-1])
            return last

        reader = asyncio.create_task(come_and_go())
        await asyncio.gather(write(alice, 45), write(carol, 45))
        done.set()
        self.assertEqual(
            await asyncio.wait_for(reader, harness.DEADLINE), 90)


class OnMemory(Offline, harness.ServerTest):
    options = {"plugins": (harness.CHAT,),
               "sets": ["limits.messages_per_second=0",
                        "limits.connections_per_user=100"]}


class LostLog(Talk, harness.ServerTest):
    """An engine that drops the log of one conversation for another's."""

    options = {"plugins": (harness.CHAT,),
               "sets": ["limits.messages_per_second=0",
                        "engine.memory_logs=1"]}

    async def test_a_log_that_begins_anew_is_told(self):
        alice = await self.talk()
        phone = await self.device("bob", "phone")
        await self.say(alice, "1", "2")
        await alice.expect("chat.delivered", user_id="bob", seq=2)
        await phone.close()
        old = (await alice.ack("chat.history", conversation_id="c"))["epoch"]
        await self.say(alice, "drops the log of c", conversation="other")
        await self.say(alice, "another one")
        with RawClient(self.server, "bob&device_id=phone") as mute:
            first = mute.expect("system.gap")
            mute.expect("chat.message", content="another one", seq=1)
        phone = await self.device("bob", "phone")
        again = await phone.expect("system.gap")
        await phone.expect("chat.message", content="another one", seq=1)
        for gap in (first, again):
            self.assertEqual((gap["reason"], gap["from"], gap["to"]),
                             ("lost", 1, 0))
            self.assertNotEqual(gap["epoch"], old)
        await alice.expect("chat.delivered", user_id="bob", seq=1)
        await phone.close()
        phone = await self.device("bob", "phone")
        await self.gets_only(phone, alice, "the last one")


class OnStore(Offline, harness.ServerTest):
    options = {"plugins": (harness.STORE, harness.CHAT),
               "sets": ["limits.messages_per_second=0",
                        "limits.connections_per_user=100"]}

    async def restart(self, kill):
        if kill:
            self.server.kill()
        else:
            self.server.stop()
        self.server.start()

    async def test_cursors_survive_a_restart(self):
        alice = await self.talk()
        laptop = await self.device("bob", "laptop")
        await self.say(alice, "1", "2")
        await alice.expect("chat.delivered", user_id="bob", seq=2)
        await laptop.close()
        await self.restart(kill=False)
        laptop = await self.device("bob", "laptop")
        await self.gets_only(laptop, laptop, "3")
        phone = await self.device("bob", "phone")
        for seq in (1, 2, 3):
            await phone.expect("chat.message", seq=seq)

    async def test_gaps_survive_a_crash(self):
        alice = await self.talk()
        await self.say(alice, *(str(n) for n in range(1, 121)))
        with RawClient(self.server, "bob&device_id=phone") as phone:
            phone.expect("system.gap")
        await self.restart(kill=True)
        phone = await self.device("bob", "phone")
        gap = await phone.expect("system.gap")
        self.assertEqual((gap["from"], gap["to"]), (1, 20))
        for seq in range(21, 121):
            await phone.expect("chat.message", seq=seq)

    async def test_nothing_is_lost_in_a_crash(self):
        alice = await self.talk()
        phone = await self.device("bob", "phone")
        await self.say(alice, *(str(n) for n in range(1, 11)))
        await alice.expect("chat.delivered", user_id="bob", seq=10)
        await self.restart(kill=True)
        alice = await self.device("alice", "a")
        await self.say(alice, "11")
        phone = await self.device("bob", "phone")
        heard = []
        while not heard or heard[-1] < 11:
            heard.append((await phone.expect("chat.message"))["seq"])
        # What was proved a moment ago may come again, but in order.
        self.assertEqual(heard, list(range(heard[0], 12)))


if __name__ == "__main__":
    harness.main()
