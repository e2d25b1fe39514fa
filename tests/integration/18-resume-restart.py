"""Sessions outlive the server, when storage does."""

import asyncio
import contextlib

import websockets

import harness
from harness import CHAT, STORE

FAST = ["limits.messages_per_second=0", "limits.bytes_per_second=0"]


def token_of(client):
    return client.welcome["session"]["resume_token"]


class RestartTest(harness.ServerTest):
    options = {"plugins": (STORE, CHAT),
               "sets": [*FAST, "drain.window=0", "resume.refresh=1"]}

    async def resume(self, user, token):
        client = await self.connect(user, query={"resume": token})
        client.missed = []
        if client.welcome["session"]["resumed"]:
            while True:
                event = await client.next()
                if event["event_type"] == "system.resume":
                    break
                client.missed.append(event)
            client.rooms = {room["room"]: room for room in event["rooms"]}
        return client

    def offsets(self, events):
        return [e["offset"] for e in events
                if e["event_type"] == "room.broadcast"]

    async def stored(self, client):
        """Until the server has written what its sessions are now."""
        while self.server.http("/api/ws/stats")[2]["resume"]["unwritten"]:
            client.passed.extend(await client.settle())

    async def rest(self, client):
        """What a client still got before its connection ended: the server
        may know that it has arrived, and then sends it only once."""
        events = list(client.passed)
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                events.append(await client.receive())
        return events

    async def in_a_room(self, *users):
        clients = [await self.connect(user) for user in users]
        for client in clients:
            await client.ack("room.join", room_id="r")
        return clients


class Restart(RestartTest):
    async def test_by_sigterm_loses_nothing(self):
        alice, bob = await self.in_a_room("alice", "bob")
        for n in range(1, 6):
            await alice.ack("room.broadcast", room_id="r", n=n)
        await bob.ack("system.ack", room="room:r", offset=5)
        stopping = asyncio.to_thread(self.server.stop)
        stop = asyncio.ensure_future(stopping)
        self.assertEqual(await bob.closed(), 4512)
        self.assertEqual(await alice.closed(), 4512)
        await stop
        self.server.start()

        self.server.wait_for_line(r"can be resumed\b.*\bsessions=2")
        back = await self.resume("bob", token_of(bob))
        self.assertEqual(back.welcome["session"]["id"],
                         bob.welcome["session"]["id"])
        self.assertEqual(back.welcome["device_id"],
                         bob.welcome["device_id"])
        # What was acknowledged before is not sent again.
        self.assertEqual(back.missed, [])
        again = await self.resume("alice", token_of(alice))
        for n in range(6, 9):
            await again.ack("room.broadcast", room_id="r", n=n)
        self.assertEqual(self.offsets(await back.settle()), [6, 7, 8])

    async def test_while_away_loses_nothing(self):
        alice, bob = await self.in_a_room("alice", "bob")
        await alice.ack("room.broadcast", room_id="r", n=1)
        await bob.expect("room.broadcast", n=1)
        await bob.ack("system.ack", room="room:r", offset=1)
        bob.socket.transport.abort()
        await alice.expect("room.leave", user_id="bob")
        for n in range(2, 5):
            await alice.ack("room.broadcast", room_id="r", n=n)
        await self.stored(alice)
        self.server.kill()
        self.server.start()
        back = await self.resume("bob", token_of(bob))
        self.assertEqual(self.offsets(back.missed), [2, 3, 4])
        self.assertTrue(back.rooms["room:r"]["recovered"])

    async def test_by_sigkill_loses_nothing(self):
        alice, bob = await self.in_a_room("alice", "bob")
        for n in range(1, 51):
            await alice.ack("room.broadcast", room_id="r", n=n)
        await self.stored(bob)
        self.server.kill()
        self.server.start()
        had = self.offsets(await self.rest(bob))
        back = await self.resume("bob", token_of(bob))
        got = self.offsets(back.missed)
        # At least once: from some point on, all of them, in order.
        self.assertEqual(got, list(range(51 - len(got), 51)))
        self.assertLessEqual(51 - len(got), len(had) + 1)
        again = await self.resume("alice", token_of(alice))
        await again.ack("room.broadcast", room_id="r", n=51)
        self.assertEqual(self.offsets(await back.settle()), [51])

    async def test_forgets_who_said_goodbye(self):
        alice, bob = await self.in_a_room("alice", "bob")
        await bob.close()
        await alice.expect("room.leave", user_id="bob")
        await self.stored(alice)
        self.server.kill()
        self.server.start()
        self.server.wait_for_line(r"can be resumed\b.*\bsessions=1")
        back = await self.connect("bob", query={"resume": token_of(bob)})
        self.assertEqual(back.welcome["session"]["reason"], "unknown_token")

    async def test_keeps_tokens_single_and_users_apart(self):
        alice, = await self.in_a_room("alice")
        await self.stored(alice)
        self.server.kill()
        self.server.start()
        mallory = await self.connect("mallory",
                                     query={"resume": token_of(alice)})
        self.assertEqual(mallory.welcome["session"]["reason"], "other_user")
        first = await self.resume("alice", token_of(alice))
        self.assertTrue(first.welcome["session"]["resumed"])
        await first.settle()
        await self.stored(first)
        second = await self.connect("alice",
                                    query={"resume": token_of(alice)})
        self.assertEqual(second.welcome["session"]["reason"], "unknown_token")

    async def test_again_and_again_misses_nothing(self):
        """Writers and readers all resume; every record reaches every reader,
        in order, whatever end the server finds."""
        alice, bob = await self.in_a_room("alice", "bob")
        last = 0
        sent = 0
        for turn in range(6):
            for _ in range(20):
                sent += 1
                await alice.ack("room.broadcast", room_id="r", n=sent)
            await self.stored(alice)
            if turn % 2:
                self.server.kill()
            else:
                await asyncio.to_thread(self.server.stop)
            self.server.start()
            unread = await self.rest(bob)
            alice = await self.resume("alice", token_of(alice))
            bob = await self.resume("bob", token_of(bob))
            for client in (alice, bob):
                self.assertTrue(client.welcome["session"]["resumed"])
            for event in [*unread, *bob.missed]:
                if event["event_type"] == "room.broadcast":
                    self.assertLessEqual(event["offset"], last + 1)
                    last = max(last, event["offset"])
            self.assertEqual(last, sent)


class Memory(RestartTest):
    """The negative control: without storage nothing is left."""

    options = {"plugins": (CHAT,), "sets": FAST}

    async def test_remembers_nobody(self):
        alice, = await self.in_a_room("alice")
        self.server.kill()
        self.server.start()
        back = await self.connect("alice", query={"resume": token_of(alice)})
        self.assertEqual(back.welcome["session"]["reason"], "unknown_token")


if __name__ == "__main__":
    harness.main()
