"""Clients that send too much, read too little, or have gone silent."""

import asyncio
import contextlib
import json
import select
import threading

import harness
import rawclient
from rawclient import PING, PONG, RawClient


class Flood(harness.ServerTest):
    options = {"sets": ["limits.messages_per_second=10", "limits.burst=20",
                        "limits.rate_violations=30"]}

    async def test_is_refused_with_the_time_to_wait(self):
        alice = await self.connect("alice")
        for n in range(25):
            await alice.send("ping", n=n)
        answers = [await alice.next() for _ in range(25)]
        self.assertEqual([a["event_type"] for a in answers[:20]],
                         ["pong"] * 20)
        refused = [a for a in answers if a["event_type"] == "error"]
        self.assertGreaterEqual(len(refused), 3)
        for error in refused:
            self.assertEqual(error["code"], "rate_limited")
            self.assertEqual(error["in_reply_to"], "ping")
            self.assertIn(error["retry_after_ms"], range(1, 101))
            self.assertEqual(error["details"],
                             {"limit": "limits.messages_per_second"})

    async def test_that_goes_on_closes_with_4429(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        with contextlib.suppress(harness.websockets.ConnectionClosed):
            for _ in range(200):
                await alice.send("ping")
        self.assertEqual(await alice.closed(), 4429)
        self.assertEqual(await bob.settle(), [])
        again = await self.connect("alice")
        self.assertEqual(await again.settle(), [])


class Bytes(harness.ServerTest):
    options = {"sets": ["limits.bytes_per_second=20000",
                        "limits.messages_per_second=0"]}

    async def test_are_limited_as_well(self):
        alice = await self.connect("alice")
        for n in range(10):
            await alice.send("ping", n=n, pad="x" * 20000)
        kinds = [(await alice.next())["event_type"] for _ in range(10)]
        self.assertEqual(kinds[:3], ["pong"] * 3)
        self.assertIn("error", kinds)


class Sleeper(harness.ServerTest):
    """A client that stops reading, in a room where much is said."""

    options = {"sets": ["limits.messages_per_second=0",
                        "limits.bytes_per_second=0",
                        "limits.outbox_bytes=262144",
                        "history.max_records=100",
                        "heartbeat.interval=3600", "heartbeat.timeout=7200"]}

    async def broadcast(self, writer, count):
        for n in range(count):
            await writer.ack("room.broadcast", room_id="r", n=n,
                             text="x" * 8000)
            writer.passed.clear()

    async def test_is_closed_and_harms_nobody(self):
        writer = await self.connect("writer")
        reader = await self.connect("reader")
        for client in (writer, reader):
            await client.ack("room.join", room_id="r")
        await self.broadcast(writer, 100)  # what is used once and kept
        before = self.server.memory_kb()

        sleepers = [RawClient(self.server, f"sleeper{i}",
                              receive_buffer=4096) for i in range(4)]
        for sleeper in sleepers:
            self.addCleanup(sleeper.sock.close)
            sleeper.expect("system.message")
            sleeper.send("room.join", room_id="r")
            sleeper.expect("room.join")
        await self.broadcast(writer, 2500)  # 20 MB for each of them

        for i in range(4):
            line = self.server.wait_for_line(
                rf"client reads too slowly.*user=sleeper{i}\b")
            self.assertIn("limits.outbox_bytes", line.string)
        events = [e for e in await reader.settle()
                  if e["event_type"] == "room.broadcast"]
        self.assertEqual([e["offset"] for e in events],
                         list(range(1, 2601)))
        stats = self.server.http("/api/ws/stats")[2]
        self.assertEqual(stats["closed"]["slow_consumer"], 4)
        self.assertLess(self.server.memory_kb() - before,
                        self.allowed_kb(6 * 1024))

    async def test_that_wakes_up_learns_why(self):
        writer = await self.connect("writer")
        await writer.ack("room.join", room_id="r")
        with RawClient(self.server, "sleeper") as sleeper:
            sleeper.expect("system.message")
            sleeper.send("room.join", room_id="r")
            sleeper.expect("room.join")
            await self.broadcast(writer, 1500)  # 12 MB
            self.server.wait_for_line("client reads too slowly")
            self.assertEqual(sleeper.closed(), 4507)

    async def test_keeps_only_the_newest_of_what_may_be_dropped(self):
        writer = await self.connect("writer")
        await writer.ack("chat.join", conversation_id="c")
        with RawClient(self.server, "sleeper", receive_buffer=4096) as sleeper:
            sleeper.expect("system.message")
            sleeper.send("chat.join", conversation_id="c")
            sleeper.expect("chat.join")
            for n in range(5000):
                await writer.send("chat.typing", conversation_id="c",
                                  is_typing=n % 2 == 0, username="x" * 128)
                if n % 100 == 0:
                    await writer.settle()
            await writer.settle()
            stats = self.server.http("/api/ws/stats")[2]
            self.assertEqual(stats["closed"]["slow_consumer"], 0)
            self.assertGreater(stats["shed"], 0)
            await writer.ack("chat.message", conversation_id="c",
                             content="still here")
            sleeper.expect("chat.message", content="still here")

    @staticmethod
    def allowed_kb(kb):
        """The sanitizer keeps what was freed for a while."""
        sanitized = "san" in harness.BUILD.name
        return kb + (300 * 1024 if sanitized else 0)


class Silence(harness.ServerTest):
    options = {"sets": ["heartbeat.interval=1", "heartbeat.timeout=2"]}

    def test_of_a_peer_closes_with_4508(self):
        with RawClient(self.server, "alice") as client:
            client.expect("system.message")
            self.assertEqual(client.closed(), 4508)
        self.server.wait_for_line(r"no sign of life.*user=alice")
        stats = self.server.http("/api/ws/stats")[2]
        self.assertEqual(stats["closed"]["heartbeat_timeout"], 1)

    def test_of_the_application_does_not_matter_to_who_pongs(self):
        with RawClient(self.server, "alice") as silent, \
                RawClient(self.server, "bob") as bob:
            ended = threading.Event()

            def answer():
                while not ended.is_set():
                    if select.select([bob.sock], [], [], 0.05)[0]:
                        opcode, payload = bob.read_frame()
                        if opcode == PING:
                            bob.send_frame(PONG, payload)

            thread = threading.Thread(target=answer)
            thread.start()
            self.assertEqual(silent.closed(), 4508)
            ended.set()
            thread.join(harness.DEADLINE)
            bob.send("ping", n=1)
            bob.expect("pong", n=1)

    def test_is_ended_by_any_message(self):
        with RawClient(self.server, "alice") as silent, \
                RawClient(self.server, "bob") as bob:
            pings = 0
            while pings < 4:
                opcode, _ = bob.read_frame()
                if opcode == PING:  # not answered, but something is said
                    pings += 1
                    bob.send("pong")
            self.assertEqual(silent.closed(), 4508)
            bob.send("ping", n=1)
            bob.expect("pong", n=1)


class Crowd(harness.ServerTest):
    options = {"sets": ["limits.connections=3"]}

    async def test_beyond_the_limit_is_refused_until_somebody_leaves(self):
        clients = [await self.connect(f"user{i}") for i in range(3)]
        watcher = clients[0]
        await watcher.ack("room.join", room_id="r")
        await clients[2].ack("room.join", room_id="r")
        with rawclient.connect(self.server, "/ws?user_id=late") as sock:
            self.assertEqual(rawclient.read_head(sock), 503)
        await clients[2].close()
        await watcher.expect("room.leave")
        await self.connect("late")


class Half(harness.ServerTest):
    options = {"sets": ["auth.timeout=1"]}

    def test_of_a_handshake_does_not_stay(self):
        sock = rawclient.socket.create_connection(
            ("127.0.0.1", self.server.port), harness.DEADLINE)
        with sock:
            sock.sendall(b"GET /ws?user_id=alice HTTP/1.1\r\nHost: x\r\n")
            self.assertIn(sock.recv(4096)[:5], (b"", b"HTTP/"))

    async def test_of_a_frame_is_no_message(self):
        bob = await self.connect("bob")
        with RawClient(self.server, "alice") as client:
            client.expect("system.message")
            text = json.dumps({"event_type": "ping"}).encode()
            client.sock.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]))
            client.sock.sendall(text[:5])
            await asyncio.wait_for(bob.settle(), harness.DEADLINE)
            client.sock.sendall(text[5:])
            client.expect("pong")


if __name__ == "__main__":
    harness.main()
