"""nexusctl store: looking into the files, copies, and space given back."""

import json
import os
import sqlite3
import subprocess

import harness
from harness import CHAT, STORE, Server

FAST = ["limits.messages_per_second=0", "limits.bytes_per_second=0"]


def run(*arguments):
    """(exit code, stdout, stderr) of nexusctl."""
    done = subprocess.run(
        [str(harness.BUILD / "nexusctl"), *map(str, arguments)],
        capture_output=True, text=True, timeout=harness.DEADLINE,
        env={k: v for k, v in os.environ.items() if not k.startswith("NEXUS_")})
    return done.returncode, done.stdout, done.stderr


class Ctl(harness.ServerTest):
    options = {"plugins": (STORE, CHAT), "sets": FAST}

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.data = self.server.directory / "data"
        self.file = self.data / "store" / "store.db"
        self.alice = await self.connect("alice")
        for n in range(50):
            await self.say(str(n))

    async def say(self, text):
        return await self.alice.ack("chat.message", conversation_id="c1",
                                    content=text, client_id=text)

    async def stop(self):
        await self.alice.close()
        self.server.stop()

    def ctl(self, command, *arguments, code=0):
        result = run("store", command, *arguments, "--data-dir", self.data)
        self.assertEqual(result[0], code, result)
        return result[1] if code in (0, 1) else result[2]

    def edit(self, sql):
        db = sqlite3.connect(self.file)
        db.execute(sql)
        db.commit()
        db.close()

    async def test_check(self):
        self.assertEqual(self.ctl("check"), "the database is sound\n")
        self.assertEqual(json.loads(self.ctl("check", "--json")),
                         {"sound": True, "findings": []})
        await self.stop()
        self.assertEqual(self.ctl("check"), "the database is sound\n")
        self.edit("DELETE FROM record WHERE seq = 7")
        self.edit("UPDATE room SET last = 40")
        self.edit("UPDATE meta SET value = 99 WHERE key = 'facts'")
        found = self.ctl("check", code=1)
        self.assertIn("1 rooms have holes between their records", found)
        self.assertIn("1 rooms end behind or before their last record", found)
        self.assertIn("facts are not counted", found)
        found = json.loads(self.ctl("check", "--json", code=1))
        self.assertFalse(found["sound"])
        content = bytearray(self.file.read_bytes())
        content[8192:8300] = b"\xff" * 108
        self.file.write_bytes(content)
        self.assertIn(run("store", "check", "-d", self.data)[0], (1, 3))
        self.file.unlink()  # the teardown starts nothing any more
        self.server.start()

    async def test_stats(self):
        stats = json.loads(self.ctl("stats", "--json"))
        self.assertEqual(stats["server_process"], self.server.process.pid)
        self.assertEqual(stats["schema"], 1)
        self.assertEqual(stats["dedupe_keys"], 50)
        self.assertGreaterEqual(stats["records"], 50)
        self.assertRegex(self.ctl("stats"), r"records +5\d\n")
        await self.stop()
        stats = json.loads(self.ctl("stats", "--json"))
        self.assertEqual((stats["server_process"], stats["wal_bytes"]), (0, 0))
        self.server.start()

    async def test_stats_of_the_server(self):
        _, _, stats = self.server.http("/api/ws/stats")
        store = next(p for p in stats["plugins"] if p["name"] == "store")
        metrics = store["metrics"]
        self.assertGreaterEqual(metrics["commits_total"], 50)
        self.assertEqual(metrics["working"], 1)
        self.assertEqual(metrics["commit_seconds"]["count"],
                         metrics["commits_total"])
        self.assertGreater(metrics["commit_seconds"]["mean"], 0)
        self.assertGreater(metrics["database_bytes"], 0)
        self.assertEqual(metrics["queue_requests"], 0)

    async def test_export(self):
        rows = [json.loads(line) for line in self.ctl("export").splitlines()]
        records = [r for r in rows if r["type"] == "record"
                   and r["room"] == "chat:c1"]
        contents = [r["event"].get("content") for r in records]
        self.assertEqual([c for c in contents if c is not None],
                         [str(n) for n in range(50)])
        room = next(r for r in rows if r["type"] == "room")
        self.assertEqual(room["last"], records[-1]["seq"])
        self.assertRegex(room["epoch"], "^[0-9a-f]{16}$")
        self.assertTrue(any(r["type"] == "fact" and r["plugin"] == "chat"
                            for r in rows))

    async def test_backup_of_a_running_server_is_a_new_epoch(self):
        copy = self.server.directory / "copy.db"
        self.ctl("backup", copy)
        self.assertEqual(copy.stat().st_mode & 0o777, 0o600)
        self.assertIn("File exists", self.ctl("backup", copy, code=3))
        await self.say("after the backup")
        with Server(plugins=(STORE, CHAT), wait=False) as other:
            other.wait_for_line("ready$")
            other.stop()
            folder = other.directory / "data" / "store"
            (folder / "store.db").write_bytes(copy.read_bytes())
            other.wait = True
            other.start()
            alice = await self.connect("alice", server=other)
            page = await alice.ack("chat.history", conversation_id="c1",
                                   limit=100)
            self.assertEqual([m["content"] for m in page["messages"]],
                             [str(n) for n in range(50)])
            again = await alice.ack("chat.message", conversation_id="c1",
                                    content="49", client_id="49")
            self.assertEqual(again["message_id"],
                             page["messages"][-1]["message_id"])
            theirs = self.epochs(folder / "store.db")
        self.assertEqual(len(theirs), 1)
        self.assertNotEqual(theirs, self.epochs(self.file))

    @staticmethod
    def epochs(file):
        db = sqlite3.connect(file)
        rows = db.execute("SELECT epoch FROM room UNION SELECT value FROM "
                          "meta WHERE key = 'epoch'").fetchall()
        db.close()
        return rows

    async def test_vacuum(self):
        self.assertIn("another server", self.ctl("vacuum", code=3))
        await self.stop()
        self.edit("CREATE TABLE spare (text)")
        self.edit("INSERT INTO spare VALUES (zeroblob(1000000))")
        self.edit("DROP TABLE spare")
        answer = json.loads(self.ctl("vacuum", "--json"))
        self.assertLess(answer["bytes_after"], answer["bytes_before"] - 900000)
        self.assertEqual(self.ctl("check"), "the database is sound\n")
        self.server.start()
        alice = await self.connect("alice")
        page = await alice.ack("chat.history", conversation_id="c1",
                               limit=100)
        self.assertEqual(len(page["messages"]), 50)

    async def test_folders_come_from_the_settings(self):
        config = self.server.directory / "other.conf"
        config.write_text(f'data_dir = "{self.data}"; '
                          'plugins = ( { name = "store"; } );')
        self.assertEqual(run("store", "check", "--config", config)[0], 0)
        config.write_text('plugins = ( { name = "store"; folder = '
                          f'"{self.data}/store"; }} );')
        self.assertEqual(run("store", "check", "--config", config)[0], 0)

    async def test_mistakes(self):
        for words in ((), ("store",), ("store", "dance"), ("shop", "check"),
                      ("store", "backup"), ("store", "check", "x"),
                      ("store", "check", "--data-dir")):
            code, _, text = run(*words)
            self.assertEqual(code, 2, words)
            self.assertRegex(text, "usage: nexusctl|requires an argument")
        code, _, text = run("store", "check", "-d", "/nowhere")
        self.assertEqual(code, 3)
        self.assertIn("No such file or directory", text)
        self.assertEqual(run("--version")[0], 0)
        self.assertIn("store check", run("--help")[1])


if __name__ == "__main__":
    harness.main()
