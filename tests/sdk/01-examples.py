"""All examples of the SDK, as somebody who has only installed the server meets
them: built and tested out of the tree, installed beside the server's own plugins,
loaded by name, all together, and used by a client before and after a reload."""

import http.server
import json
import os
import pathlib
import signal
import sys
import threading
import unittest

import harness

sys.path.insert(0, str(harness.SOURCE / "tests/abi"))
import installed_sdk as sdk  # noqa: E402: found by the line before

BUILDS = {}  # example -> its build folder


def setUpModule():
    sdk.setUpModule()
    for example in sdk.examples():
        BUILDS[example.name] = sdk.build_by_cmake(
            sdk.copy(example, "by-cmake"))


class Build(unittest.TestCase):
    def test_there_are_examples_in_three_languages(self):
        self.assertLessEqual({"echo", "poll", "webhook", "audit",
                              "leaderboard", "slowmode"}, set(BUILDS))

    def test_each_exports_its_entry_and_nothing_else(self):
        for name, build in BUILDS.items():
            with self.subTest(example=name):
                self.assertEqual(sdk.exports(build / f"{name}.so"),
                                 ["nexus_plugin_v1"])

    def test_each_passes_its_own_tests(self):
        for name, build in BUILDS.items():
            with self.subTest(example=name):
                told = sdk.run("ctest", "--test-dir", build,
                               "--output-on-failure", "--no-tests=error")
                self.assertIn("100% tests passed", told)

    def test_each_says_who_it_is_without_being_run(self):
        for name, build in BUILDS.items():
            with self.subTest(example=name):
                image = (build / f"{name}.so").read_bytes()
                begin = image.index(b"NEXUS-PLUGIN\x02") + 13
                manifest = json.loads(image[begin:image.index(b"\x03", begin)])
                self.assertEqual(manifest["id"], name)
                self.assertEqual(manifest["version"], "1.0.0")


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.changed:
            self.server.told.append(json.loads(body)["event"])
            self.server.changed.notify_all()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words):
        pass


class Serve(harness.ServerTest):
    """The installed server with its own plugins and all examples."""

    @classmethod
    def setUpClass(cls):
        for build in BUILDS.values():
            sdk.run("cmake", "--install", build)

    def setUp(self):
        self.receiver = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Receiver)
        self.receiver.told = []
        self.receiver.changed = threading.Condition()
        threading.Thread(
            target=self.receiver.serve_forever, daemon=True).start()
        self.addCleanup(self.receiver.server_close)
        self.addCleanup(self.receiver.shutdown)
        self.options = {
            "program": sdk.WORK / "root/bin/nexusd",
            "plugins": self.lines(),
            "sets": ["limits.messages_per_second=0"]}
        super().setUp()

    def lines(self, attempts=8):
        url = f"http://127.0.0.1:{self.receiver.server_port}/in"
        return [
            harness.STORE,
            '{ name = "slowmode"; events = "chat.message"; seconds = 3600; }',
            harness.CHAT, harness.PRESENCE, harness.NOTIFY,
            '{ name = "echo"; }',
            '{ name = "poll"; counts_ms = %d; }' % (10 + attempts),
            '{ name = "audit"; flush_ms = 10; buffer_bytes = %d; }'
            % (8192 * attempts),
            '{ name = "leaderboard"; players = %d; }' % (100 * attempts),
            '{ name = "webhook"; url = "%s"; events = "echo."; '
            'attempts = %d; }' % (url, attempts)]

    def wait_for_hook(self, count):
        with self.receiver.changed:
            self.assertTrue(self.receiver.changed.wait_for(
                lambda: len(self.receiver.told) >= count, harness.DEADLINE))
            return self.receiver.told[count - 1]

    async def vote(self, client, poll, choice):
        while True:
            answer = await client.request(
                "poll.vote", poll_id=poll, choice=choice)
            if answer.get("code") != "try_again":
                self.assertEqual(answer["event_type"], "ack", answer)
                return

    async def use_all(self, client, time):
        """The time-th time."""
        echo = await client.ack("echo.say", text=f"time {time}")
        self.assertEqual(echo["text"], f"time {time}")
        self.assertEqual(self.wait_for_hook(time)["text"], f"time {time}")
        await self.vote(client, self.poll, time - 1)
        await client.expect("poll.counts", poll_id=self.poll, votes=1)
        added = await client.ack("score.add", board="chess", points=5)
        self.assertEqual(added["points"], 5 * time)
        status, _, body = self.server.http("/api/scores/chess")
        self.assertEqual((status, body["top"]),
                         (200, [{"user_id": "alice", "points": 5 * time}]))
        if time > 1:
            await client.error("forbidden", "chat.message",
                               conversation_id="c", content="again")
        else:
            await client.ack("chat.message", conversation_id="c", content="hi")

    async def test_all_of_them_before_and_after_a_reload(self):
        alice = await self.connect("alice")
        self.assertLessEqual(
            {"echo.", "poll.", "score.", "slowmode."},
            set(alice.welcome["features"]))
        await alice.ack("room.join", room_id="team")
        created = {"code": "try_again"}
        while created.get("code") == "try_again":
            created = await alice.request(
                "poll.create", room_id="team", question="?",
                options=["a", "b"])
        self.poll = created["poll_id"]
        await self.use_all(alice, 1)

        fresh = self.server.config.with_suffix(".fresh")
        fresh.write_text(harness.settings_text(self.lines(attempts=9)))
        os.replace(fresh, self.server.config)
        self.server.process.send_signal(signal.SIGHUP)
        self.server.wait_for_line(r"reload: done.* replaced=2")
        await self.use_all(alice, 2)

        await alice.close()
        self.server.stop()
        path = pathlib.Path(
            self.server.directory) / "data/audit/audit.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        self.assertEqual(
            len([line for line in lines
                 if line.get("event_type") == "score.add"]), 2)
        self.assertEqual(lines[-1]["what"], "disconnected")


if __name__ == "__main__":
    harness.main()
