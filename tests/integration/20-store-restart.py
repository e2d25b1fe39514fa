"""The store: what is acknowledged is there after any end of the server."""

import asyncio
import sqlite3

import websockets

import harness
from harness import CHAT, STORE

FAST = ["limits.messages_per_second=0", "limits.bytes_per_second=0"]


def database(server):
    """The file, read by somebody else."""
    path = server.directory / "data" / "store" / "store.db"
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


class StoreTest(harness.ServerTest):
    options = {"plugins": (STORE, CHAT), "sets": FAST}

    async def history(self, client, conversation="c1", **fields):
        answer = await client.ack(
            "chat.history", conversation_id=conversation, **fields)
        return answer["messages"]


class Restart(StoreTest):
    async def say(self, client, text, **fields):
        return await client.ack(
            "chat.message", conversation_id="c1", content=text, **fields)

    async def test_says_that_it_is_durable(self):
        alice = await self.connect("alice")
        self.assertIs(alice.welcome["durable"], True)
        _, _, stats = self.server.http("/api/ws/stats")
        self.assertEqual(stats["engine"], {"name": "store", "durable": True,
                                           "working": True})

    async def test_keeps_history_and_numbers(self):
        alice = await self.connect("alice")
        acks = [await self.say(alice, f"message {n}") for n in range(20)]
        self.server.stop()
        self.server.start()
        alice = await self.connect("alice")
        messages = await self.history(alice)
        self.assertEqual([m["content"] for m in messages],
                         [f"message {n}" for n in range(20)])
        self.assertEqual([m["message_id"] for m in messages],
                         [a["message_id"] for a in acks])
        again = await self.say(alice, "later")
        self.assertEqual(again["seq"], acks[-1]["seq"] + 1)
        self.assertEqual(again.get("epoch"), acks[-1].get("epoch"))

    async def test_repeated_message_is_one_message(self):
        alice = await self.connect("alice")
        first = await self.say(alice, "once", client_id="id-1")
        self.server.kill()
        self.server.start()
        alice = await self.connect("alice")
        second = await self.say(alice, "once", client_id="id-1")
        for key in ("message_id", "seq", "timestamp"):
            self.assertEqual(second.get(key), first.get(key), key)
        self.assertEqual(len(await self.history(alice)), 1)

    async def test_members_and_watermarks_stay(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        await self.say(alice, "1")
        await bob.ack("chat.join", conversation_id="c1")
        await alice.expect("chat.join")
        last = await self.say(alice, "2")
        await bob.expect("chat.message", content="2")
        await bob.ack("chat.read", conversation_id="c1",
                      seq=last["seq"])
        await bob.close()
        missed = await self.say(alice, "3")
        self.server.kill()
        self.server.start()
        bob = await self.connect("bob")
        event = await bob.expect("chat.message", content="3")
        self.assertEqual(event["seq"], missed["seq"])


class Kill(StoreTest):
    async def publish(self, client, conversation, acked):
        for n in range(1000000):
            text = f"{conversation} {n}"
            answer = await client.request(
                "chat.message", conversation_id=conversation, content=text,
                client_id=text)
            if answer["event_type"] != "ack":
                raise AssertionError(answer)
            acked.append((answer["seq"], text))

    async def life(self, acked, least):
        """Publishes until so many are acknowledged, and kills the server in
        the middle of more."""
        clients = [await self.connect(name) for name in acked]
        before = sum(map(len, acked.values()))
        tasks = [asyncio.ensure_future(self.publish(client, name, acked[name]))
                 for client, name in zip(clients, acked)]
        while sum(map(len, acked.values())) < before + least:
            await asyncio.wait(tasks, timeout=0.001)
        self.server.kill()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            self.assertIsInstance(
                end, (AssertionError, websockets.ConnectionClosed))

    async def test_no_acknowledged_message_is_lost(self):
        acked = {f"c{n}": [] for n in range(8)}
        for _ in range(3):
            await self.life(acked, 200)
            self.server.start()
            reader = await self.connect("reader")
            for name, pairs in acked.items():
                await self.check(reader, name, pairs)

    async def check(self, reader, name, pairs):
        await reader.ack("chat.join", conversation_id=name)
        stored, after, more = [], 0, True
        while more:
            page = await reader.ack("chat.history", conversation_id=name,
                                    after=after, limit=100)
            more = page["has_more"]
            stored += [(m["seq"], m["content"]) for m in page["messages"]]
            after = stored[-1][0] if stored else 0
        self.assertLessEqual(set(pairs), set(stored))
        texts = [text for _, text in stored]
        self.assertEqual(len(texts), len(set(texts)), "duplicates")

    async def test_file_is_sound_after_a_kill(self):
        acked = {"c1": []}
        await self.life(acked, 100)
        with database(self.server) as db:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(),
                             [("ok",)])
            rows = db.execute("SELECT count(*), max(seq) FROM record"
                              ).fetchone()
        self.assertGreaterEqual(rows[0], len(acked["c1"]))
        self.assertEqual(rows[0], rows[1])
        self.server.start()


class Stop(StoreTest):
    async def test_sigterm_loses_nothing_that_members_saw(self):
        alice = await self.connect("alice")
        for n in range(900):
            await alice.send("chat.message", conversation_id="c1",
                             content=f"m{n}", client_id=f"m{n}")
        await alice.expect("chat.message", content="m0")
        seen = {"m0"}
        # Exits with 0, after it has written all.
        await asyncio.to_thread(self.server.stop)
        try:
            while True:
                event = await alice.next()
                if event["event_type"] == "chat.message":
                    seen.add(event["content"])
        except websockets.ConnectionClosed:
            pass
        with database(self.server) as db:
            stored = {row[0] for row in db.execute(
                "SELECT json_extract(payload, '$.content') FROM record")}
        self.assertEqual(seen - stored, set())
        self.server.start()


class Trimming(StoreTest):
    options = {"plugins": (STORE, CHAT),
               "sets": [*FAST, "plugins.chat.history=10"]}

    async def test_trimmed_log_keeps_its_numbers(self):
        alice = await self.connect("alice")
        for n in range(100):
            await alice.ack("chat.message", conversation_id="c1",
                            content=str(n))
        self.server.stop()
        with database(self.server) as db:
            rows = db.execute("SELECT count(*) FROM record").fetchone()[0]
        self.assertLess(rows, 50)
        self.server.start()
        alice = await self.connect("alice")
        messages = await self.history(alice)
        self.assertEqual([m["content"] for m in messages],
                         [str(n) for n in range(90, 100)])
        answer = await alice.ack("chat.message", conversation_id="c1",
                                 content="next")
        self.assertEqual(answer["seq"], messages[-1]["seq"] + 1)


if __name__ == "__main__":
    harness.main()
