"""The store: a disk that fails under load is loud, and nothing is lost."""

import asyncio
import os
import sqlite3

import harness
from disk import Disk
from harness import CHAT, STORE

FAST = ["limits.messages_per_second=0", "limits.bytes_per_second=0"]


class DiskTest(harness.ServerTest):
    """A server whose store is on a small disk of its own."""

    size = "8m"
    sets = ()

    def setUp(self):
        self.disk = Disk(self.size)
        self.addCleanup(self.disk.close)
        self.options = {
            "plugins": (STORE, CHAT),
            "sets": [*FAST, f"plugins.store.folder={self.disk.path}/store",
                     *self.sets]}
        super().setUp()

    def ready(self):
        status, headers, body = self.server.http("/health/ready")
        return status, headers, body

    async def until_ready(self, wanted):
        """Asks until readiness has that status."""
        async with asyncio.timeout(harness.DEADLINE):
            while (await asyncio.to_thread(self.ready))[0] != wanted:
                pass

    async def say(self, client, text):
        return await client.request("chat.message", conversation_id="c1",
                                    content=text, client_id=text[:60])

    async def talk(self, client, acked, errors):
        """Until something else than an ack comes."""
        n = len(acked)
        while not errors:
            text = f"{n} " + "x" * 4000
            answer = await self.say(client, text)
            if answer["event_type"] == "ack":
                acked.append((answer["seq"], text))
            else:
                errors.append(answer)
            n += 1

    async def check(self, acked):
        """Everything acknowledged is there after a restart."""
        self.server.stop()
        self.server.start()
        reader = await self.connect("alice")
        stored, after, more = {}, 0, True
        while more:
            page = await reader.ack("chat.history", conversation_id="c1",
                                    after=after, limit=100)
            more = page["has_more"]
            stored.update((m["seq"], m["content"]) for m in page["messages"])
            after = max(stored)
        for seq, text in acked:
            self.assertEqual(stored.get(seq), text)


class FullDisk(DiskTest):
    async def test_full_disk_and_back(self):
        alice, acked, errors = await self.connect("alice"), [], []
        first = await self.say(alice, "first")
        acked.append((first["seq"], "first"))
        self.disk.fill()
        await self.talk(alice, acked, errors)
        self.assertEqual(errors[0]["code"], "engine_unavailable")
        self.assertEqual(errors[0]["retry_after_ms"], 5000)
        status, headers, body = self.ready()
        self.assertEqual((status, body["code"]), (503, "engine_unavailable"))
        self.assertIn("Retry-After", {k.title() for k in headers})
        self.server.wait_for_line("error store: .*full.*free space")

        # What needs no disk goes on: presence, rooms, live events, history.
        bob = await self.connect("bob")
        await bob.ack("room.join", room_id="r")
        await alice.send("chat.typing", conversation_id="c1")
        page = await alice.ack("chat.history", conversation_id="c1", limit=1)
        self.assertEqual(page["messages"][0]["seq"], acked[-1][0])

        self.disk.empty()
        await self.until_ready(200)
        answer = await self.say(alice, "there is space again")
        self.assertEqual(answer["event_type"], "ack")
        acked.append((answer["seq"], "there is space again"))
        await self.check(acked)


NOBODY = 65534


class ReadOnly(harness.ServerTest):
    """A folder that becomes read-only while the server, which is not root,
    writes to it."""

    options = {"plugins": (STORE, CHAT), "sets": FAST, "wait": False,
               "command": ["setpriv", f"--reuid={NOBODY}",
                           f"--regid={NOBODY}", "--clear-groups"]}

    def setUp(self):
        super().setUp()
        # The first start could not make the folder: it was not nobody's.
        self.server.wait_for_exit()
        os.chown(self.server.directory, NOBODY, NOBODY)
        self.server.directory.chmod(0o711)
        self.server.wait = True
        self.server.start()

    async def test_acknowledged_messages_stay_and_a_restart_is_refused(self):
        alice = await self.connect("alice")
        folder = self.server.directory / "data" / "store"
        acked = []
        for n in range(300):
            if n == 100:
                folder.chmod(0o500)
            answer = await alice.ack("chat.message", conversation_id="c1",
                                     content=str(n))
            acked.append((answer["seq"], str(n)))
        self.assertEqual(self.server.http("/health/ready")[0], 200)
        self.server.kill()

        # The log ahead cannot be moved into the file and removed.
        (folder / "store.lock").chmod(0o400)
        self.server.wait = False
        self.server.start()
        self.assertGreater(self.server.wait_for_exit(), 0)
        self.assertRegex(self.server.log(), "Permission denied")
        self.assertRegex(self.server.log(), "writable for the user")

        folder.chmod(0o700)
        (folder / "store.lock").chmod(0o600)
        self.server.wait = True
        self.server.start()
        alice = await self.connect("alice")
        page = await alice.ack("chat.history", conversation_id="c1",
                               after=200, limit=100)
        self.assertEqual([(m["seq"], m["content"])
                          for m in page["messages"]], acked[200:])


class Stalled(harness.ServerTest):
    options = {"plugins": (STORE, CHAT),
               "sets": [*FAST, "plugins.store.queue_requests=20",
                        "plugins.store.busy_timeout_ms=60000"]}

    async def test_a_stalled_disk_refuses_more_than_the_queue_holds(self):
        alice = await self.connect("alice")
        await alice.ack("chat.message", conversation_id="c1", content="0")
        path = self.server.directory / "data" / "store" / "store.db"
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused = None
        sent = 0
        while refused is None:
            sent += 1
            await alice.send("chat.message", conversation_id="c1",
                             content=str(sent), client_id=str(sent),
                             ref=f"m{sent}")
            for event in await alice.settle():
                if event["event_type"] == "error":
                    refused = event
        self.assertEqual(refused["code"], "engine_busy")
        self.assertEqual(refused["retry_after_ms"], 1000)
        self.assertEqual(refused["ref"], f"m{sent}")
        self.assertGreater(sent, 5)
        _, _, stats = self.server.http("/api/ws/stats")
        self.assertGreaterEqual(stats["queues"]["engine_pending"], 20)

        other.execute("ROLLBACK")
        other.close()
        answers = {}
        while len(answers) < sent - 1:
            event = await alice.receive()
            if event.get("ref", "").startswith("m"):
                answers[event["ref"]] = event["event_type"]
        self.assertEqual(set(answers.values()), {"ack"})
        page = await alice.ack("chat.history", conversation_id="c1",
                               limit=100)
        self.assertEqual([m["content"] for m in page["messages"]],
                         [str(n) for n in range(sent)])


class Removed(harness.ServerTest):
    options = {"plugins": (STORE, CHAT), "sets": FAST}

    async def test_removed_file_is_noticed(self):
        alice = await self.connect("alice")
        await alice.ack("chat.message", conversation_id="c1", content="0")
        folder = self.server.directory / "data" / "store"
        (folder / "store.db").unlink()
        async with asyncio.timeout(harness.DEADLINE):
            while "was removed or replaced" not in self.server.log():
                await alice.request("chat.message", conversation_id="c1",
                                    content="into the void")
        self.server.wait_for_line("the database works again")
        self.assertTrue((folder / "store.db").exists())


if __name__ == "__main__":
    harness.main()
