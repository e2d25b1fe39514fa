"""Sessions that outlive their connection: what comes back, and what not."""

import asyncio
import json
import random
import socket
import struct

import harness
import rawclient

FAST = ["limits.messages_per_second=0"]


def token_of(client):
    return client.welcome["session"]["resume_token"]


def offsets(events):
    return [e["offset"] for e in events if e["event_type"] == "room.broadcast"]


def abort(client):
    """Cuts the connection. What the library has received, and so has answered
    Pings for, is the application's: it is put where next() finds it."""
    client.socket.transport.abort()
    client.passed.extend(map(json.loads, client.socket.messages))
    client.socket.messages.clear()


def reset(client):
    """The same with a RST, as a NAT that forgot it would."""
    raw = client.socket.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                   struct.pack("ii", 1, 0))
    abort(client)


class ResumeTest(harness.ServerTest):
    options = {"sets": FAST}

    async def resume(self, user, token, server=None):
        """A client that has come back; what it missed is in `missed`."""
        client = await self.connect(user, server, query={"resume": token})
        client.missed = []
        if client.welcome["session"]["resumed"]:
            while True:
                event = await client.next()
                if event["event_type"] == "system.resume":
                    break
                client.missed.append(event)
            client.rooms = {room["room"]: room for room in event["rooms"]}
        return client

    async def gone(self, watcher, user):
        """The server knows that the user's connection is lost."""
        await watcher.expect("room.leave", user_id=user)


class Session(ResumeTest):
    async def test_comes_back_as_it_was(self):
        watcher = await self.connect("watcher")
        await watcher.ack("room.join", room_id="r")
        alice = await self.connect("alice", query={"device_id": "phone"})
        self.assertFalse(alice.welcome["session"]["resumed"])
        self.assertNotIn("reason", alice.welcome["session"])
        self.assertEqual(alice.welcome["session"]["window"], 120)
        await alice.ack("room.join", room_id="r")
        reset(alice)
        await self.gone(watcher, "alice")

        back = await self.resume("alice", token_of(alice))
        session = back.welcome["session"]
        self.assertTrue(session["resumed"])
        self.assertEqual(session["id"], alice.welcome["session"]["id"])
        self.assertNotEqual(token_of(back), token_of(alice))
        self.assertEqual(back.welcome["device_id"], "phone")
        self.assertNotEqual(back.welcome["connection_id"],
                            alice.welcome["connection_id"])
        self.assertTrue(back.rooms["room:r"]["recovered"])
        joined = await watcher.expect("room.join", user_id="alice")
        self.assertEqual(joined["room_id"], "r")
        await watcher.ack("room.broadcast", room_id="r", n=1)
        await back.expect("room.broadcast", n=1)
        await back.error("already_exists", "room.join", room_id="r")

    async def test_gets_all_it_missed_in_order_and_then_what_is_live(self):
        writer = await self.connect("writer")
        alice = await self.connect("alice")
        for client in (writer, alice):
            for room in ("r", "s"):
                await client.ack("room.join", room_id=room)
        await writer.ack("room.broadcast", room_id="r", n=1)
        await alice.expect("room.broadcast", n=1)
        abort(alice)
        await self.gone(writer, "alice")
        for n in range(2, 400):
            await writer.ack("room.broadcast", room_id="r", n=n)
        await writer.ack("room.broadcast", room_id="s", n=1)

        back = await self.resume("alice", token_of(alice))
        for room, last in (("r", 399), ("s", 1)):
            missed = [e for e in back.missed if e.get("room_id") == room]
            got = offsets(missed)
            self.assertEqual(got, list(range(got[0], last + 1)))
            self.assertLessEqual(got[0], 2)
            self.assertEqual(back.rooms[f"room:{room}"]["offset"], last)
        await writer.ack("room.broadcast", room_id="r", n=400)
        self.assertEqual(offsets(await back.settle()), [400])

    async def test_begins_behind_what_the_application_acknowledged(self):
        writer = await self.connect("writer")
        alice = await self.connect("alice")
        for client in (writer, alice):
            await client.ack("room.join", room_id="r")
        for n in range(1, 9):
            await writer.ack("room.broadcast", room_id="r", n=n)
        await alice.settle()
        await alice.ack("system.ack", room="room:r", offset=8)
        abort(alice)
        await self.gone(writer, "alice")
        await writer.ack("room.broadcast", room_id="r", n=9)
        back = await self.resume("alice", token_of(alice))
        self.assertEqual(offsets(back.missed), [9])

    async def test_can_be_in_rooms_of_chat(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        for client in (alice, bob):
            await client.ack("chat.join", conversation_id="c1")
        await alice.ack("chat.message", conversation_id="c1", content="one")
        await bob.expect("chat.message", content="one")
        await alice.expect("chat.delivered")  # proved
        reset(bob)
        await bob.socket.wait_closed()
        for n in range(5):
            await alice.ack("chat.message", conversation_id="c1",
                            content=f"missed {n}")
        back = await self.resume("bob", token_of(bob))
        missed = [e["content"] for e in back.missed
                  if e["event_type"] == "chat.message"]
        self.assertEqual(missed, [f"missed {n}" for n in range(5)])
        await alice.expect("chat.delivered", user_id="bob", seq=6)

    async def test_is_not_for_who_was_removed_meanwhile(self):
        alice = await self.connect("alice")
        phone = await self.connect("bob")
        tab = await self.connect("bob")
        await alice.ack("chat.join", conversation_id="c1")
        await phone.ack("chat.join", conversation_id="c1")
        await tab.ack("room.join", room_id="r")
        reset(tab)
        await phone.expect("disconnect")
        await phone.ack("chat.leave", conversation_id="c1")
        await alice.ack("chat.message", conversation_id="c1", content="x")
        back = await self.resume("bob", token_of(tab))
        events = back.missed + await back.settle()
        self.assertNotIn("chat.message", [e["event_type"] for e in events])
        self.assertNotIn("chat:c1", back.rooms)
        self.assertIn("room:r", back.rooms)


class Token(ResumeTest):
    options = {"sets": [*FAST, "resume.window=1"]}

    async def refused(self, user, token, reason):
        client = await self.connect(user, query={"resume": token})
        session = client.welcome["session"]
        self.assertEqual((session["resumed"], session["reason"]),
                         (False, reason))
        await client.ack("room.join", room_id="other")  # works all the same
        await client.close()
        return client

    async def test_is_of_no_use_to_others_or_when_wrong(self):
        alice = await self.connect("alice")
        abort(alice)
        token = token_of(alice)
        await self.refused("mallory", token, "other_user")
        await self.refused("alice", "x", "unknown_token")
        await self.refused("alice", token[:-1] + "x", "unknown_token")
        await self.refused("alice", "s-0.1", "unknown_token")

    async def test_ends_with_the_window(self):
        other = await self.connect("other")
        alice = await self.connect("alice")
        abort(alice)
        while self.server.http("/api/ws/stats")[2]["resume"]["expired"] == 0:
            await other.settle()
        await self.refused("alice", token_of(alice), "unknown_token")

    async def test_ends_with_a_goodbye(self):
        alice = await self.connect("alice")
        await alice.close()
        await self.refused("alice", token_of(alice), "unknown_token")
        alice = await self.connect("alice")
        await alice.send("disconnect")
        self.assertEqual(await alice.closed(), 1000)
        await self.refused("alice", token_of(alice), "unknown_token")

    async def test_is_good_for_one_session(self):
        alice = await self.connect("alice")
        abort(alice)
        back = await self.resume("alice", token_of(alice))
        self.assertTrue(back.welcome["session"]["resumed"])
        await back.settle()  # its Pong is read before its ping
        await self.refused("alice", token_of(alice), "unknown_token")
        abort(back)
        again = await self.resume("alice", token_of(back))
        self.assertTrue(again.welcome["session"]["resumed"])

    async def test_may_come_in_a_first_connect_event(self):
        alice = await self.connect("alice")
        await alice.ack("room.join", room_id="r")
        abort(alice)
        client = await self.open(self.server.url())
        await client.send("connect", user_id="alice", resume=token_of(alice))
        welcome = await client.expect("system.message")
        self.assertTrue(welcome["session"]["resumed"])
        event = await client.expect("system.resume")
        self.assertEqual([r["room"] for r in event["rooms"]], ["room:r"])


class Takeover(ResumeTest):
    async def test_closes_the_connection_that_still_lives(self):
        writer = await self.connect("writer")
        alice = await self.connect("alice")
        phone = await self.connect("alice")
        for client in (writer, alice):
            await client.ack("room.join", room_id="r")
        await writer.ack("room.broadcast", room_id="r", n=1)
        back = await self.resume("alice", token_of(alice))
        self.assertTrue(back.welcome["session"]["resumed"])
        await alice.expect("error", code="gone")
        self.assertEqual(await alice.closed(), 4411)
        got = offsets(back.missed)
        for n in range(2, 5):
            await writer.ack("room.broadcast", room_id="r", n=n)
        got += offsets(await back.settle())
        self.assertEqual(got, list(range(got[0], 5)))
        # One left, one came: never two.
        events = [e["event_type"] for e in await phone.settle()]
        self.assertEqual(events, ["disconnect", "connect"])


class SlowClient(ResumeTest):
    options = {"sets": [*FAST, "limits.outbox_bytes=65536",
                        "history.max_records=10000"]}

    def read_to_the_end(self, raw):
        """The events of a raw client, and the code it was closed with."""
        events = []
        try:
            while True:
                opcode, payload = raw.read_frame()
                if opcode == rawclient.TEXT:
                    events.append(json.loads(payload))
                elif opcode == rawclient.CLOSE:
                    return events, struct.unpack("!H", payload[:2])[0]
        except (ConnectionError, EOFError):
            return events, 1006

    async def test_that_was_closed_4507_misses_nothing(self):
        writer = await self.connect("writer")
        await writer.ack("room.join", room_id="r")
        raw = rawclient.RawClient(self.server, "slow", receive_buffer=4096)
        self.addCleanup(raw.sock.close)
        welcome = raw.expect("system.message")
        token = welcome["session"]["resume_token"]
        raw.send("room.join", room_id="r")
        await writer.expect("room.join", user_id="slow")

        # Not a byte is read until the server has enough of it.
        n = 0
        pad = "x" * 1000
        left = False
        while not left:
            n += 1
            await writer.ack("room.broadcast", room_id="r", n=n, pad=pad)
            left = any(e["event_type"] == "room.leave" for e in writer.passed)
            writer.passed.clear()
        events, code = await asyncio.to_thread(
            self.read_to_the_end, raw)
        self.assertEqual(code, 4507)
        before = offsets(events)
        self.assertEqual(before, list(range(1, len(before) + 1)))
        self.assertLess(len(before), n)

        back = await self.resume("slow", token)
        got = offsets(back.missed)
        # No hole, and all of it although it is more than a queue takes.
        self.assertLessEqual(got[0], len(before) + 1)
        self.assertEqual(got, list(range(got[0], n + 1)))
        self.assertNotIn("system.gap",
                         [e["event_type"] for e in back.missed])
        self.assertTrue(back.rooms["room:r"]["recovered"])


class Gap(ResumeTest):
    options = {"sets": [*FAST, "history.max_records=20"]}

    async def test_is_told_where_the_log_does_not_reach_back(self):
        writer = await self.connect("writer")
        alice = await self.connect("alice")
        for client in (writer, alice):
            await client.ack("room.join", room_id="r")
        abort(alice)
        await self.gone(writer, "alice")
        for n in range(1, 51):
            await writer.ack("room.broadcast", room_id="r", n=n)
        back = await self.resume("alice", token_of(alice))
        gap, = back.missed
        self.assertEqual(
            (gap["event_type"], gap["room"], gap["from"], gap["to"],
             gap["reason"]), ("system.gap", "room:r", 1, 50, "expired"))
        self.assertFalse(back.rooms["room:r"]["recovered"])
        await writer.ack("room.broadcast", room_id="r", n=51)
        self.assertEqual(offsets(await back.settle()), [51])


class Positions(ResumeTest):
    options = {"sets": FAST}

    async def test_of_the_clients_own_bring_exactly_what_is_behind(self):
        writer = await self.connect("writer")
        alice = await self.connect("alice")
        await writer.ack("room.join", room_id="r")
        for n in range(1, 11):
            await writer.ack("room.broadcast", room_id="r", n=n)
        epoch = (await alice.ack("room.join", room_id="r"))["epoch"]
        for n in range(11, 16):
            await writer.ack("room.broadcast", room_id="r", n=n)
        await alice.settle()

        def at(offset):
            return {"room:r": {"epoch": epoch, "offset": offset}}

        answer = await alice.ack("system.resume", positions=at(4))
        self.assertEqual(offsets(alice.passed), list(range(5, 16)))
        room, = answer["rooms"]
        self.assertEqual(room, {"room": "room:r", "recovered": True,
                                "epoch": epoch, "offset": 15, "records": 11})
        alice.passed.clear()
        await writer.ack("room.broadcast", room_id="r", n=16)
        self.assertEqual(offsets(await alice.settle()), [16])

        # Without a ref the answer is an event.
        await alice.send("system.resume", positions=at(15))
        self.assertEqual((await alice.next())["offset"], 16)
        answer = await alice.next()
        self.assertEqual(answer["event_type"], "system.resume")
        await alice.send("system.resume", positions=at(99))
        self.assertEqual((await alice.next())["event_type"], "system.gap")
        answer = await alice.next()
        self.assertFalse(answer["rooms"][0]["recovered"])
        await alice.error("not_member", "system.resume", positions={
            "room:s": {"epoch": epoch, "offset": 1}})

    async def test_are_good_for_what_the_application_has_lost(self):
        """Its WebSocket stack had it, so the server cannot know."""
        writer = await self.connect("writer")
        alice = await self.connect("alice")
        await writer.ack("room.join", room_id="r")
        await writer.ack("room.broadcast", room_id="r", n=1)
        epoch = (await alice.ack("room.join", room_id="r"))["epoch"]
        for n in range(2, 6):
            await writer.ack("room.broadcast", room_id="r", n=n)
        await alice.ack("system.ack", room="room:r", offset=5)
        abort(alice)
        await self.gone(writer, "alice")
        await writer.ack("room.broadcast", room_id="r", n=6)
        back = await self.resume("alice", token_of(alice))
        self.assertEqual(offsets(back.missed), [6])
        await back.ack("system.resume", positions={
            "room:r": {"epoch": epoch, "offset": 2}})
        self.assertEqual(offsets(back.passed), [3, 4, 5, 6])


class Flapping(ResumeTest):
    options = {"sets": [*FAST, "limits.connections_per_user=100",
                        "history.max_records=10000"]}

    async def test_again_and_again_under_load_misses_nothing(self):
        total = 1200
        writer = await self.connect("writer")
        await writer.ack("room.join", room_id="r")
        draw = random.Random(11)

        async def write():
            for n in range(1, total + 1):
                await writer.ack("room.broadcast", room_id="r", n=n)
                writer.passed.clear()

        async def read(name):
            """Every connection ends in the middle of something."""
            last = 0
            client = await self.connect(name)
            await client.ack("room.join", room_id="r")
            token = token_of(client)
            ready.release()

            def take(event):
                nonlocal last
                self.assertNotEqual(event["event_type"], "system.gap")
                if event["event_type"] == "room.broadcast":
                    self.assertLessEqual(event["offset"], last + 1)
                    self.assertEqual(event["n"], event["offset"])
                    last = max(last, event["offset"])

            while last < total:
                for _ in range(draw.randrange(1, 150)):
                    take(await client.next())
                    if last == total:
                        return
                (reset if draw.random() < 0.5 else abort)(client)
                for event in client.passed:
                    take(event)
                client = await self.connect(name, query={"resume": token})
                self.assertTrue(client.welcome["session"]["resumed"])
                token = token_of(client)

        ready = asyncio.Semaphore(0)

        async def begin():
            for _ in range(4):
                await ready.acquire()
            await write()

        await asyncio.gather(begin(), *(read(f"reader{i}") for i in range(4)))


if __name__ == "__main__":
    harness.main()
