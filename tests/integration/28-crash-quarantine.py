"""A plugin that keeps crashing the server is left out, and comes back when it
has changed or an operator says so. Everything else works meanwhile."""

import json
import signal

import crashes
import ctl
import harness
from crashes import plugin
from quarantine import LEFT_OUT, SPARED, QuarantineTest


class Quarantine(QuarantineTest):
    async def test_comes_with_the_third_crash(self):
        await self.crash_often(2)
        self.assertEqual(self.out(), [])
        self.assertIn('nexus_plugin_crashes{plugin="crasher"} 2',
                      self.metrics())
        client = await self.connect("alice")
        await client.ack("crash.hello")
        await self.crash_often(1)
        self.assertEqual(self.out(), ["crasher"])
        line = self.server.wait_for_line(LEFT_OUT % "crasher" + ".*")[0]
        for part in ("crashes=3", "signal=SIGSEGV", "callback=event",
                     "event=crash.segv",
                     'release="nexusctl plugin release crasher"'):
            self.assertIn(part, line)

    async def test_leaves_everything_else_as_it_is(self):
        await self.crash_often(3)
        client = await self.connect("alice")
        self.assertNotIn("crash.", client.welcome["features"])
        await client.error("plugin_quarantined", "crash.hello")
        await client.error("unknown_event", "crashing.hello")
        await client.ack("chat.message", conversation_id="team",
                         content="still here")
        await client.ack("room.join", room_id="hall")

    async def test_is_shown_wherever_one_looks(self):
        await self.crash_often(3)
        status, _, body = self.server.http("/health/ready")
        self.assertEqual((status, body["status"], body["quarantine"]),
                         (200, "ready", ["crasher"]))
        item, = self.server.http("/api/ws/stats")[2]["quarantine"]
        self.assertEqual(
            (item["version"], item["crashes"], item["event"]),
            ("1.2.3", 3, "crash.segv"))
        metrics = self.metrics()
        self.assertIn('nexus_plugin_quarantined{plugin="crasher"} 1', metrics)
        self.assertIn('nexus_plugin_quarantined{plugin="chat"} 0', metrics)
        code, text, _ = ctl.ask(self.server, "plugins")
        self.assertEqual(code, 0)
        self.assertIn("crasher is left out", text)
        code, text, _ = ctl.ask(self.server, "plugins", "--json")
        answer = json.loads(text)
        self.assertEqual(answer["quarantine"][0]["name"], "crasher")
        self.assertEqual(len(answer["plugins"]), 2)
        code, text, _ = ctl.ask(self.server, "status")
        self.assertRegex(text, "(?m)^quarantine +crasher$")

    async def test_outlasts_restarts_reloads_and_its_window(self):
        await self.crash_often(3)
        self.restart()
        self.assertEqual(self.out(), ["crasher"])
        code, text, error = ctl.ask(self.server, "reload")
        self.assertEqual((code, "added=0" in text), (0, True), error)
        self.assertEqual(self.out(), ["crasher"])
        self.server.sets.append("crash.window=1")
        self.restart()
        self.assertEqual(self.out(), ["crasher"])

    async def test_ends_with_nexusctl_release(self):
        await self.crash_often(3)
        client = await self.connect("alice")
        code, _, error = ctl.ask(
            self.server, "plugin", "release", "chat")
        self.assertEqual(code, 1)
        self.assertIn("no plugin chat is in quarantine", error)
        code, text, error = ctl.ask(
            self.server, "plugin", "release", "crasher")
        self.assertEqual((code, "added=1" in text), (0, True), error)
        await client.expect("system.features")
        await client.ack("crash.hello")
        self.assertEqual(self.out(), [])
        self.restart()
        self.assertEqual(self.out(), [])

    async def test_ends_with_another_file(self):
        await self.crash_often(3)
        with open(self.file, "ab") as file:
            file.write(b"another version")
        self.restart()
        self.assertEqual(self.out(), [])
        self.server.wait_for_line("a plugin is back.*plugin=crasher")
        client = await self.connect("alice")
        await client.ack("crash.hello")
        # And begins anew with that one.
        await self.crash_often(2)
        self.assertEqual(self.out(), [])

    async def test_ends_with_a_reload_of_other_settings(self):
        await self.crash_often(3)
        self.configure('colour = "blue";')
        code, text, error = ctl.ask(self.server, "reload")
        self.assertEqual((code, "added=1" in text), (0, True), error)
        client = await self.connect("alice")
        await client.ack("crash.hello")
        self.assertEqual(self.out(), [])

    async def test_ends_when_it_is_no_longer_wanted(self):
        await self.crash_often(3)
        self.configure('on_crash = "restart";')
        self.restart()
        self.assertEqual(self.out(), [])
        client = await self.connect("alice")
        await client.ack("crash.hello")

    async def test_is_for_each_plugin_by_itself(self):
        self.server.sets.append("crash.limit=2")
        self.configure("", plugin("crasher_too"))
        self.restart()
        await self.crash_often(1)
        await self.crash_often(1, "crash_too.abort")
        self.assertEqual(self.out(), [])
        await self.crash_often(1)
        self.assertEqual(self.out(), ["crasher"])
        await self.crash_often(1, "crash_too.assert")
        self.assertEqual(self.out(), ["crasher", "crasher_too"])
        ctl.ask(self.server, "plugin", "release", "crasher")
        self.assertEqual(self.out(), ["crasher_too"])

    async def test_counts_a_stuck_loop(self):
        self.server.sets += ["crash.limit=1", "callbacks.stuck_ms=1000"]
        self.restart()
        await self.crash_often(1, "crash.loop")
        self.assertEqual(self.out(), ["crasher"])

    async def test_does_not_count_what_others_do(self):
        self.server.sets.append("crash.limit=1")
        self.restart()
        for signo in (signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL):
            self.server.process.send_signal(signo)
            crashes.ended(self.server)
            self.server.start()
        self.assertEqual(self.out(), [])


class Restart(QuarantineTest):
    more = 'on_crash = "restart";'

    async def test_never_leaves_it_out(self):
        await self.crash_often(4)
        self.assertEqual(self.out(), [])
        self.server.wait_for_line(SPARED % "crasher" + '.*on_crash')
        client = await self.connect("alice")
        await client.ack("crash.hello")


if __name__ == "__main__":
    harness.main()
