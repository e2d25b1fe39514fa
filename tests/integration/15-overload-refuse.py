"""A server with too much to do refuses newcomers and keeps who is there."""

import harness
from rawclient import RawClient


class Overloaded(harness.ServerTest):
    """What waits for one client that does not read is the load."""

    options = {"sets": ["limits.queued_bytes=2000000",
                        "limits.outbox_bytes=8000000",
                        "limits.messages_per_second=0",
                        "limits.bytes_per_second=0",
                        "heartbeat.interval=3600", "heartbeat.timeout=7200",
                        "overload.hold=0", "overload.retry_after=4"]}

    async def load(self, writer, sleeper):
        """Until the server says so; a kernel's buffers take the first MB."""
        sleeper.expect("system.message")
        sleeper.send("room.join", room_id="r")
        sleeper.expect("room.join")
        await writer.ack("room.join", room_id="r")
        while self.server.http("/api/ws/stats")[2]["queues"][
                "outbox_bytes"] < 2000000:
            await writer.ack("room.broadcast", room_id="r", text="x" * 60000)
            writer.passed.clear()
        self.server.wait_for_line(
            r"warn overload: refusing new sessions.*limit=limits\.queued_bytes "
            r"value=\d+ at=1500000")

    async def test_server_refuses_newcomers_until_it_is_over(self):
        writer = await self.connect("writer")
        sleeper = RawClient(self.server, "sleeper", receive_buffer=4096)
        self.addCleanup(sleeper.sock.close)
        await self.load(writer, sleeper)

        waits = set()
        for n in range(10):
            late = await self.open(self.server.url(f"late{n}"))
            error = await late.next()
            self.assertEqual(
                (error["event_type"], error["code"], error["details"]),
                ("error", "overloaded", {"limit": "limits.queued_bytes"}))
            self.assertIn(error["retry_after_ms"], range(2000, 4001))
            waits.add(error["retry_after_ms"])
            self.assertEqual(await late.closed(), 4503)
        self.assertGreater(len(waits), 5)
        status, _, problem = self.server.http("/health/ready")
        self.assertEqual((status, problem["code"]), (503, "overloaded"))
        self.assertIn("limits.queued_bytes", problem["detail"])
        self.assertEqual(self.server.http("/health/live")[0], 200)

        # Who is there is served, and gets all but what may be dropped.
        self.assertEqual(await writer.settle(), [])
        stats = self.server.http("/api/ws/stats")[2]
        self.assertTrue(stats["overload"]["active"])
        self.assertEqual(stats["refused"]["limits.queued_bytes"], 10)
        self.assertEqual(stats["closed"]["overloaded"], 10)
        self.assertEqual(stats["closed"]["slow_consumer"], 0)

        sleeper.sock.close()
        self.server.wait_for_line(
            r"accepting new sessions again.*refused=10")
        await self.connect("late")
        self.assertEqual(self.server.http("/health/ready")[0], 200)
        log = self.server.log()
        self.assertEqual(log.count("refusing new sessions"), 1)
        self.assertNotIn("connection refused", log)

    async def test_server_drops_what_may_be_dropped_and_counts_it(self):
        writer = await self.connect("writer")
        await writer.ack("chat.join", conversation_id="c")
        sleeper = RawClient(self.server, "sleeper", receive_buffer=4096)
        self.addCleanup(sleeper.sock.close)
        sleeper.expect("system.message")
        sleeper.send("chat.join", conversation_id="c")
        sleeper.expect("chat.join")
        sleeper.send("room.join", room_id="r")
        sleeper.expect("room.join")
        await writer.ack("room.join", room_id="r")
        sent = 0
        while self.server.http("/api/ws/stats")[2]["queues"][
                "outbox_bytes"] < 2000000:
            sent += 1
            await writer.ack("room.broadcast", room_id="r", n=sent,
                             text="x" * 60000)
            writer.passed.clear()
        for n in range(10):
            await writer.ack("chat.typing", conversation_id="c",
                             is_typing=n % 2 == 0)
        shed = self.server.http("/api/ws/stats")[2]["shed_by"]
        self.assertEqual(shed, {"replaced": 0, "crowded": 0,
                                "outbox_bytes": 0, "queued_bytes": 10})
        await writer.ack("chat.message", conversation_id="c", content="kept")
        for n in range(1, sent + 1):
            sleeper.expect("room.broadcast", n=n)
        sleeper.expect("chat.message", content="kept")


if __name__ == "__main__":
    harness.main()
