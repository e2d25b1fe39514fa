"""nexusctl tail: events in and out, filtered, masked, and never waited for."""

import asyncio
import json
import subprocess
import time

import ctl
import harness
from harness import CHAT

FAST = ["limits.messages_per_second=0", "limits.bytes_per_second=0"]


class Tail(harness.ServerTest):
    options = {"plugins": (CHAT,), "sets": FAST}

    async def tail(self, *arguments):
        """A tail that has begun, and its lines."""
        process = await asyncio.create_subprocess_exec(
            ctl.PROGRAM, "tail", *map(str, arguments), "--socket",
            str(ctl.path_of(self.server)), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=ctl.ENV, limit=1 << 24)

        async def end():
            if process.returncode is None:
                process.kill()
            await process.wait()

        self.addAsyncCleanup(end)
        self.server.wait_for_line(r"nexusctl tails events")
        self.server.lines.clear()
        return process

    async def line(self, process):
        text = await asyncio.wait_for(
            process.stdout.readline(), harness.DEADLINE)
        self.assertTrue(text, "the tail has ended")
        return text.decode()

    async def events(self, process):
        """All until its end, as objects."""
        out, err = await asyncio.wait_for(
            process.communicate(), harness.DEADLINE)
        self.assertEqual((process.returncode, err), (0, b""))
        return [json.loads(line) for line in out.splitlines()]

    async def test_both_ways(self):
        process = await self.tail("--json", "--count", 3)
        alice = await self.connect("alice")
        await alice.ack("room.join", room_id="r")
        welcome, join, ack = await self.events(process)
        self.assertEqual([e["way"] for e in (welcome, join, ack)],
                         ["out", "in", "out"])
        for event in (welcome, join, ack):
            self.assertEqual((event["v"], event["user"], event["session"]),
                             (1, "alice", alice.welcome["connection_id"]))
        self.assertEqual(join["event"]["room_id"], "r")
        self.assertEqual(ack["event"]["event_type"], "ack")

    async def test_text(self):
        process = await self.tail("--type", "ping", "--count", 1)
        alice = await self.connect("alice")
        await alice.send_text('{"event_type":"ping",\r\n "n":1}')
        self.assertRegex(
            await self.line(process),
            r'\A\d{4}-\d\d-\d\dT[\d:.]+Z in  c-\w+ alice '
            r'\{"event_type":"ping","n":1\}\n\Z')
        self.assertEqual(await process.wait(), 0)

    async def test_filters(self):
        process = await self.tail(
            "-j", "--user", "bob", "--type", "room.", "--count", 2)
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        for client in (alice, bob):
            await client.ack("room.join", room_id="r")
        await alice.ack("room.broadcast", room_id="r", n=1)
        join, broadcast = await self.events(process)
        self.assertEqual((join["way"], join["event"]["event_type"]),
                         ("in", "room.join"))
        self.assertEqual((broadcast["way"], broadcast["user"],
                          broadcast["event"]["user_id"]),
                         ("out", "bob", "alice"))

    async def test_secrets_are_masked(self):
        process = await self.tail("-j", "--count", 2)
        client = await self.open(self.server.url())
        await client.send_text(
            '{"event_type":"connect","user_id":"alice","token":"hush-1",\n'
            '"resume" : "hush-2","\\u0074oken2":"hush-3"}')
        await client.expect("system.message")
        connect, welcome = await self.events(process)
        self.assertIsNone(connect["user"])
        self.assertEqual(
            (connect["event"]["token"], connect["event"]["resume"]),
            ("***", "***"))
        self.assertEqual(welcome["event"]["session"]["resume_token"], "***")
        self.assertNotIn("hush", json.dumps([connect, welcome]))

    async def test_ends_with_the_server(self):
        process = await self.tail("--type", "nothing")
        self.server.stop()
        _, err = await asyncio.wait_for(
            process.communicate(), harness.DEADLINE)
        self.assertEqual(process.returncode, 3)
        self.assertIn(b"has ended the connection", err)

    async def test_a_tail_may_be_silent_and_leave(self):
        raw = ctl.Raw(self.server)
        self.assertEqual(raw.ask("tail"), {"v": 1, "ok": True, "result": {}})
        raw.send(b'{"v":1,"command":"status"}\n')
        answer = raw.line()
        self.assertIn("this connection tails", answer["message"])
        raw.close()
        alice = await self.connect("alice")
        await alice.settle()
        self.assertEqual(ctl.ask(self.server, "status")[0], 0)


class Slow(harness.ServerTest):
    options = {"plugins": (CHAT,),
               "sets": [*FAST, "control.buffer_bytes=65536",
                        "control.timeout=600"]}

    async def test_a_reader_that_stops_loses_events_and_nobody_else_does(self):
        """50,000 events pass; the client is served as ever."""
        many = 25000  # a ping and a pong each
        alice = await self.connect("alice")

        async def pings():
            """Seconds and kilobytes that this takes."""
            start = time.monotonic()
            before = self.server.memory_kb()
            for first in range(0, many, 500):
                for n in range(first, first + 500):
                    await alice.send("ping", n=n)
                for n in range(first, first + 500):
                    await alice.expect("pong", n=n)
            return (time.monotonic() - start,
                    self.server.memory_kb() - before)

        alone, usual_kb = await pings()
        raw = ctl.Raw(self.server)
        self.addCleanup(raw.close)
        self.assertIs(raw.ask("tail", type="p")["ok"], True)
        watched, kb = await pings()
        # A sanitizer keeps what was freed for a while, watched or not.
        self.assertLess(kb, 2 * usual_kb + 4096)
        self.assertLess(watched, 3 * alone + 1)
        self.assertEqual(ctl.ask(self.server, "status")[0], 0)

        seen = dropped = 0
        last = None
        while seen + dropped < 2 * many:
            last = raw.line()
            seen += "event" in last
            dropped += last.get("dropped", 0)
        self.assertEqual(seen + dropped, 2 * many)
        self.assertGreater(dropped, many)
        self.assertIn("dropped", last)
        # And it goes on.
        await alice.send("ping", n="more")
        line = raw.line()
        self.assertEqual(line["event"]["n"], "more")

    async def test_nexusctl_says_what_was_dropped(self):
        process = subprocess.Popen(
            [ctl.PROGRAM, "tail", "--type", "ping", "--count", "1000000",
             "--socket", str(ctl.path_of(self.server))],
            stdout=subprocess.PIPE, text=True, env=ctl.ENV)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, harness.DEADLINE)
        self.addCleanup(process.kill)
        self.server.wait_for_line(r"nexusctl tails events")
        alice = await self.connect("alice")
        # Longer than all of the buffer.
        await alice.send("ping", filler="x" * 60000)
        for line in process.stdout:
            if line.startswith("--"):
                self.assertRegex(
                    line, r"-- \d+ events dropped: too much for control.buffer_")
                break


if __name__ == "__main__":
    harness.main()
