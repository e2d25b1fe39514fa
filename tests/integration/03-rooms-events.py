"""Rooms: who is in, who is told, what is broadcast, what was missed."""

import asyncio
import json
import random

import harness
from rawclient import RawClient

FAST = ["limits.messages_per_second=0"]


async def begin_log(writer, room):
    """A first record; the epoch of the log that begins with it."""
    await writer.ack("room.join", room_id=room)
    await writer.ack("room.broadcast", room_id=room, n=1)
    await writer.ack("room.leave", room_id=room)
    return (await writer.ack("room.join", room_id=room))["epoch"]


class Members(harness.ServerTest):
    async def test_are_told_of_each_other(self):
        alice = await self.connect("alice")
        ack = await alice.ack("room.join", room_id="r")
        self.assertEqual(ack["room_id"], "r")
        self.assertEqual(ack["members"], {"count": 1, "users": ["alice"]})
        self.assertEqual(ack["offset"], 0)

        bob = await self.connect("bob")
        ack = await bob.ack("room.join", room_id="r", username="Bob B.")
        self.assertEqual(ack["members"],
                         {"count": 2, "users": ["alice", "bob"]})
        joined, = await alice.settle()
        self.assertEqual(
            (joined["event_type"], joined["room_id"], joined["user_id"],
             joined["username"]), ("room.join", "r", "bob", "Bob B."))

        await bob.ack("room.leave", room_id="r")
        left, = await alice.settle()
        self.assertEqual(
            (left["event_type"], left["room_id"], left["user_id"]),
            ("room.leave", "r", "bob"))
        self.assertEqual(await bob.settle(), [])

    async def test_are_users_and_not_tabs(self):
        watcher = await self.connect("watcher")
        await watcher.ack("room.join", room_id="r")
        tabs = [await self.connect("alice") for _ in range(3)]
        for tab in tabs:
            ack = await tab.ack("room.join", room_id="r")
            self.assertEqual(ack["members"],
                             {"count": 2, "users": ["watcher", "alice"]})
        await tabs[0].ack("room.leave", room_id="r")
        await tabs[1].ack("room.leave", room_id="r")
        self.assertEqual([e["event_type"] for e in await watcher.settle()],
                         ["room.join"])
        await tabs[2].ack("room.leave", room_id="r")
        self.assertEqual([e["event_type"] for e in await watcher.settle()],
                         ["room.leave"])

    async def test_leave_when_their_connection_ends(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        for client in (alice, bob):
            await client.ack("room.join", room_id="r")
        await bob.close()
        await alice.expect("room.leave", user_id="bob", room_id="r")

        carol = await self.connect("carol")
        await carol.ack("room.join", room_id="r")
        carol.socket.transport.abort()
        await alice.expect("room.leave", user_id="carol", room_id="r")
        self.assertEqual(await alice.settle(), [])

    async def test_hear_nothing_after_they_left(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        for client in (alice, bob):
            await client.ack("room.join", room_id="r")
        await bob.ack("room.leave", room_id="r")
        await alice.ack("room.broadcast", room_id="r", n=1)
        self.assertEqual(await bob.settle(), [])

    async def test_cannot_join_or_leave_twice(self):
        alice = await self.connect("alice")
        await alice.error("not_member", "room.leave", room_id="r")
        await alice.ack("room.join", room_id="r")
        await alice.error("already_exists", "room.join", room_id="r")
        await alice.ack("room.leave", room_id="r")
        await alice.error("not_member", "room.leave", room_id="r")

    async def test_are_listed_up_to_a_hundred(self):
        names = [f"user{i}" for i in range(102)]
        clients = await asyncio.gather(*map(self.connect, names))
        for client in clients:
            ack = await client.ack("room.join", room_id="r")
        self.assertEqual(ack["members"]["count"], 102)
        self.assertEqual(ack["members"]["users"], names[:100])


class LargeRoom(harness.ServerTest):
    options = {"sets": ["rooms.announce_limit=2"]}

    async def test_is_told_counts_instead_of_names(self):
        first = await self.connect("user0")
        await first.ack("room.join", room_id="r")
        others = [await self.connect(f"user{i}") for i in range(1, 6)]
        for other in others:
            await other.ack("room.join", room_id="r")
        told = await first.next()
        self.assertEqual((told["event_type"], told["user_id"]),
                         ("room.join", "user1"))
        told = await first.next()
        self.assertEqual(
            (told["event_type"], told["room_id"], told["count"]),
            ("room.members", "r", 6))
        await others[0].ack("room.leave", room_id="r")
        told = await first.next()
        self.assertEqual((told["event_type"], told["count"]),
                         ("room.members", 5))


class Limits(harness.ServerTest):
    async def test_of_rooms_for_a_session_is_named(self):
        alice = await self.connect("alice")
        for i in range(100):
            await alice.ack("room.join", room_id=f"r{i}")
        error = await alice.error("limit_exceeded", "room.join",
                                  room_id="r100")
        self.assertEqual(error["details"]["limit"], "limits.rooms_per_session")
        await alice.ack("room.leave", room_id="r7")
        await alice.ack("room.join", room_id="r100")

    async def test_of_privacy_is_kept(self):
        alice = await self.connect("alice")
        await alice.error("forbidden", "room.join", room_id="private-plans")
        await alice.error("not_member", "room.broadcast",
                          room_id="private-plans")
        await alice.ack("room.join", room_id="not-private-plans")


class Broadcast(harness.ServerTest):
    options = {"sets": FAST}

    async def test_reaches_all_members_and_the_sender(self):
        clients = [await self.connect(name)
                   for name in ("alice", "alice", "bob")]
        outsider = await self.connect("outsider")
        for client in clients:
            await client.ack("room.join", room_id="r")
            await client.settle()
        ack = await clients[0].ack("room.broadcast", room_id="r", text="hi",
                                   nested={"a": [1, 2.5, None, "é"]})
        self.assertEqual(ack["offset"], 1)
        copies = []
        for client in clients:
            event, = [e for e in await client.settle()
                      if e["event_type"] == "room.broadcast"]
            copies.append(event)
        self.assertEqual(copies[0], copies[1])
        self.assertEqual(copies[0], copies[2])
        self.assertEqual(copies[0]["user_id"], "alice")
        self.assertEqual(copies[0]["nested"], {"a": [1, 2.5, None, "é"]})
        self.assertEqual(copies[0]["offset"], 1)
        self.assertEqual(await outsider.settle(), [])

    async def test_without_echo_leaves_out_the_sending_session(self):
        sender = await self.connect("alice")
        tab = await self.connect("alice")
        bob = await self.connect("bob")
        for client in (sender, tab, bob):
            await client.ack("room.join", room_id="r")
        for client in (sender, tab, bob):
            await client.settle()
        await sender.ack("room.broadcast", room_id="r", echo=False, n=1)
        self.assertEqual(await sender.settle(), [])
        for client in (tab, bob):
            event, = await client.settle()
            self.assertEqual(event["n"], 1)
            self.assertNotIn("echo", event)

    async def test_needs_membership(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        await bob.ack("room.join", room_id="r")
        await alice.error("not_member", "room.broadcast", room_id="r", n=1)
        await alice.error("not_member", "room.broadcast", room_id="none", n=1)
        self.assertEqual(await bob.settle(), [])

    async def test_has_one_order_for_everybody(self):
        clients = [await self.connect(f"user{i}") for i in range(4)]
        for client in clients:
            await client.ack("room.join", room_id="r")

        async def write(client, name):
            for n in range(100):
                await client.send("room.broadcast", room_id="r", by=name, n=n)

        async def read(client):
            return [await client.expect("room.broadcast")
                    for _ in range(400)]

        results = await asyncio.gather(
            *(write(c, i) for i, c in enumerate(clients)),
            *(read(c) for c in clients))
        copies = results[4:]
        for copy in copies:
            self.assertEqual(copy, copies[0])
        self.assertEqual([e["offset"] for e in copies[0]],
                         list(range(1, 401)))
        for i in range(4):
            self.assertEqual([e["n"] for e in copies[0] if e["by"] == i],
                             list(range(100)))


class Recovery(harness.ServerTest):
    options = {"sets": [*FAST, "history.max_records=50"]}

    async def fill(self, count):
        writer = await self.connect("writer")
        epoch = await begin_log(writer, "r")
        for n in range(2, count + 1):
            await writer.ack("room.broadcast", room_id="r", n=n)
        await writer.settle()
        return writer, epoch

    async def test_works_for_who_found_the_room_empty(self):
        alice = await self.connect("alice")
        position = await alice.ack("room.join", room_id="r")
        await alice.close()
        writer = await self.connect("writer")
        await writer.ack("room.join", room_id="r")
        await writer.ack("room.broadcast", room_id="r", n=1)
        alice = await self.connect("alice")
        ack = await alice.ack("room.join", room_id="r", since={
            "epoch": position["epoch"], "offset": position["offset"]})
        self.assertTrue(ack["recovered"])
        await alice.expect("room.broadcast", n=1)

    async def test_gives_all_that_was_missed_and_then_live_ones(self):
        writer, epoch = await self.fill(20)
        alice = await self.connect("alice")
        ack = await alice.ack("room.join", room_id="r",
                              since={"epoch": epoch, "offset": 5})
        self.assertTrue(ack["recovered"])
        self.assertEqual((ack["epoch"], ack["offset"]), (epoch, 20))
        await writer.ack("room.broadcast", room_id="r", n=21)
        events = await alice.settle()
        self.assertEqual([e["offset"] for e in events], list(range(6, 22)))
        self.assertEqual([e["n"] for e in events], list(range(6, 22)))

    async def test_of_nothing_is_complete_as_well(self):
        _, epoch = await self.fill(3)
        alice = await self.connect("alice")
        ack = await alice.ack("room.join", room_id="r",
                              since={"epoch": epoch, "offset": 3})
        self.assertTrue(ack["recovered"])
        self.assertEqual(await alice.settle(), [])

    async def test_is_refused_where_the_log_does_not_reach(self):
        writer, epoch = await self.fill(60)  # 11 to 60 are kept
        for since, recovered in ((0, False), (9, False), (10, True),
                                 (61, False)):
            alice = await self.connect("alice")
            ack = await alice.ack("room.join", room_id="r",
                                  since={"epoch": epoch, "offset": since})
            self.assertEqual(ack["recovered"], recovered, since)
            self.assertEqual(ack["offset"], 60)
            got = [e["offset"] for e in await alice.settle()
                   if e["event_type"] == "room.broadcast"]
            self.assertEqual(got, list(range(11, 61)) if recovered else [])
            await alice.close()
            await writer.expect("room.leave")

    async def test_is_refused_for_another_epoch(self):
        _, epoch = await self.fill(3)
        alice = await self.connect("alice")
        other = "0" * 15 + ("1" if epoch[-1] != "1" else "2")
        ack = await alice.ack("room.join", room_id="r",
                              since={"epoch": other, "offset": 1})
        self.assertFalse(ack["recovered"])
        self.assertEqual((ack["epoch"], ack["offset"]), (epoch, 3))
        self.assertEqual(await alice.settle(), [])

    async def test_needs_a_position(self):
        alice = await self.connect("alice")
        for since in ({}, {"epoch": "x", "offset": 1}, {"offset": 1},
                      {"epoch": "0" * 16, "offset": -1},
                      {"epoch": 1, "offset": 1}):
            await alice.error("invalid_field", "room.join", room_id="r",
                              since=since)
        await alice.ack("room.join", room_id="r")

    async def test_outlives_the_last_member(self):
        writer, epoch = await self.fill(5)
        await writer.close()
        alice = await self.connect("alice")
        ack = await alice.ack("room.join", room_id="r",
                              since={"epoch": epoch, "offset": 2})
        self.assertTrue(ack["recovered"])
        self.assertEqual([e["offset"] for e in await alice.settle()],
                         [3, 4, 5])


class LongRecovery(harness.ServerTest):
    options = {"sets": [*FAST, "history.max_records=5000",
                        "limits.outbox_bytes=4194304"]}

    async def test_takes_more_than_one_look_at_the_log(self):
        writer = await self.connect("writer")
        epoch = await begin_log(writer, "r")
        for n in range(2, 2501):
            await writer.send("room.broadcast", room_id="r", n=n)
        await writer.expect("room.broadcast", n=2500)
        alice = await self.connect("alice")
        ack = await alice.ack("room.join", room_id="r",
                              since={"epoch": epoch, "offset": 100})
        self.assertEqual((ack["recovered"], ack["offset"]), (True, 2500))
        self.assertEqual([e["offset"] for e in await alice.settle()],
                         list(range(101, 2501)))


class Returning(harness.ServerTest):
    options = {"sets": [*FAST, "limits.connections_per_user=100"]}

    async def test_again_and_again_under_load_misses_nothing(self):
        """Each reader leaves and comes back with its position while others
        write; together its connections must show every record once."""
        total = 1500
        writer = await self.connect("writer")
        epoch = await begin_log(writer, "r")
        draw = random.Random(7)

        async def write():
            for n in range(2, total + 1):
                await writer.ack("room.broadcast", room_id="r", n=n)
                writer.passed.clear()

        async def read(name):
            last = 0
            while last < total:
                client = await self.connect(name)
                ack = await client.ack(
                    "room.join", room_id="r",
                    since={"epoch": epoch, "offset": last})
                self.assertTrue(ack["recovered"])
                for _ in range(draw.randrange(1, 200)):
                    event = await client.expect("room.broadcast")
                    self.assertEqual(event["offset"], last + 1)
                    self.assertEqual(event["n"], last + 1)
                    last += 1
                    if last == total:
                        break
                client.socket.transport.abort()
            return last

        results = await asyncio.gather(
            write(), *(read(f"reader{i}") for i in range(4)))
        self.assertEqual(results[1:], [total] * 4)


class Behind(harness.ServerTest):
    """What is sent behind a room.join, without waiting for its answer."""

    options = {"plugins": harness.default_plugins(), "sets": FAST}

    def test_a_join_finds_the_room_entered(self):
        with RawClient(self.server, "alice") as alice:
            alice.send_at_once(
                ("room.join", {"room_id": "r", "ref": "1"}),
                *(("room.broadcast", {"room_id": "r", "n": n, "ref": f"b{n}"})
                  for n in range(100)),
                ("room.leave", {"room_id": "r", "ref": "2"}),
                ("room.broadcast", {"room_id": "r", "ref": "3"}))
            self.assertEqual(alice.expect("ack", ref="1")["room_id"], "r")
            answers = {}
            while len(answers) < 102:
                event = json.loads(alice.read_frame()[1])
                if "ref" in event:
                    answers[event["ref"]] = event
            self.assertEqual(answers.pop("3")["code"], "not_member")
            self.assertEqual({a["event_type"] for a in answers.values()},
                             {"ack"})
            self.assertEqual([answers[f"b{n}"]["offset"] for n in range(100)],
                             list(range(1, 101)))

    def test_many_joins_are_answered_in_order(self):
        with RawClient(self.server, "alice") as alice:
            alice.send_at_once(*(
                (kind, {"room_id": f"r{n}", "ref": f"{kind}{n}"})
                for n in range(50) for kind in ("room.join", "room.leave")))
            for n in range(50):
                for kind in ("room.join", "room.leave"):
                    event = alice.expect("ack")
                    self.assertEqual(event["ref"], f"{kind}{n}")

    def test_a_refused_join_does_not_stop_the_session(self):
        with RawClient(self.server, "alice") as alice:
            alice.send_at_once(
                ("room.join", {"room_id": "private-x", "ref": "1"}),
                ("room.join", {"room_id": "r", "since": {}, "ref": "2"}),
                ("ping", {"n": 1}))
            alice.expect("error", ref="1", code="forbidden")
            alice.expect("error", ref="2", code="invalid_field")
            alice.expect("pong", n=1)


if __name__ == "__main__":
    harness.main()
