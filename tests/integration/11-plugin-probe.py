"""Plugins in a real server: what they get, and what they are told off for."""

import asyncio

import harness

PLUGINS = harness.BUILD / "tests/plugins"


def listed(*names):
    rows = ['{ name = "%s"; path = "%s"; }' % (name, PLUGINS / f"{name}.so")
            for name in names]
    return "plugins = ( %s );\n" % ", ".join(rows)


class Probe(harness.ServerTest):
    options = {"config": listed("probe")}

    async def counts(self, client):
        return await client.ack("probe.counts")

    async def test_is_listed_and_its_prefix_is_a_feature(self):
        self.server.wait_for_line(r"started\b.*plugin=probe version=1\.2\.3")
        alice = await self.connect("alice")
        self.assertEqual(alice.welcome["features"], ["probe."])
        plugin, = self.server.http("/api/ws/stats")[2]["plugins"]
        self.assertEqual((plugin["name"], plugin["version"]),
                         ("probe", "1.2.3"))
        self.assertGreater(plugin["calls"], 0)

    async def test_goes_through_its_life_in_order(self):
        alice = await self.connect("alice")
        counts = await self.counts(alice)
        self.assertEqual({k: counts[k] for k in (
            "creates", "checks", "applies", "starts", "quiesces")},
            {"creates": 1, "checks": 1, "applies": 1, "starts": 1,
             "quiesces": 0})

    async def test_hears_of_sessions_and_events(self):
        alice = await self.connect("alice")
        before = await self.counts(alice)
        bob = await self.connect("bob")
        await bob.ack("room.join", room_id="r")
        await alice.ack("room.join", room_id="r")
        await bob.close()
        await alice.expect("room.leave")
        after = await self.counts(alice)
        self.assertEqual(after["opened"] - before["opened"], 1)
        self.assertEqual(after["closed"] - before["closed"], 1)
        # Two joins, and the request for the counts.
        self.assertEqual(after["observed"] - before["observed"], 3)

    async def test_answers_at_once_later_and_from_a_thread(self):
        alice = await self.connect("alice")
        ack = await alice.ack("probe.echo", text="é", list=[1, {"a": None}])
        self.assertEqual((ack["text"], ack["list"]), ("é", [1, {"a": None}]))
        before = await self.counts(alice)
        await alice.ack("probe.later", delay_ms=10)
        await alice.ack("probe.work")
        after = await self.counts(alice)
        self.assertGreaterEqual(after["timers"] - before["timers"], 1)
        self.assertEqual(after["work_done"] - before["work_done"], 1)

    async def test_answers_to_who_has_left_are_dropped(self):
        alice = await self.connect("alice")
        for _ in range(20):
            bob = await self.connect("bob")
            await bob.send("probe.later", delay_ms=50)
            await bob.send("probe.work")
            bob.socket.transport.abort()
        for _ in range(3):
            await alice.ack("probe.later", delay_ms=50)
        self.assertEqual(
            self.server.http("/api/ws/stats")[2]["queues"][
                "pending_requests"], 0)

    async def test_refuses_or_passes(self):
        alice = await self.connect("alice")
        await alice.error("forbidden", "probe.deny")
        await alice.error("unknown_event", "probe.pass")
        await alice.error("unknown_event", "chat.message", content="x")

    async def test_is_closed_down_with_work_on_its_way(self):
        alice = await self.connect("alice")
        for _ in range(50):
            await alice.send("probe.work", ref="w")
        await alice.settle()
        await asyncio.to_thread(self.server.stop)


class Slow(harness.ServerTest):
    options = {"config": listed("slow")}

    async def test_callback_is_named_in_the_log(self):
        alice = await self.connect("alice")
        await alice.ack("slow.motion")
        line = self.server.wait_for_line("a callback was slow").string
        for word in ("plugin=slow", "callback=event", "limit_ms=20"):
            self.assertIn(word, line)
        plugin, = self.server.http("/api/ws/stats")[2]["plugins"]
        self.assertEqual(plugin["slow_calls"], 1)
        self.assertGreaterEqual(plugin["busy_ms"], 50)

    async def test_callbacks_are_not_told_each_time(self):
        alice = await self.connect("alice")
        for _ in range(5):
            await alice.ack("slow.motion")
        lines = [line for line in self.server.log().splitlines()
                 if "a callback was slow" in line]
        self.assertEqual(len(lines), 1)


class Quick(harness.ServerTest):
    options = {"config": listed("slow"), "sets": ["callbacks.slow_ms=60000"]}

    async def test_enough_is_what_the_setting_says(self):
        alice = await self.connect("alice")
        await alice.ack("slow.motion")
        plugin, = self.server.http("/api/ws/stats")[2]["plugins"]
        self.assertEqual(plugin["slow_calls"], 0)
        self.assertNotIn("a callback was slow", self.server.log())


class Leaky(harness.ServerTest):
    options = {"config": listed("leaky_writer"),
               "sets": ["limits.messages_per_second=0"]}

    async def test_writers_are_taken_back_and_told(self):
        alice = await self.connect("alice")
        await alice.ack("leaky.tap")
        line = self.server.wait_for_line("left writers open").string
        for word in ("plugin=leaky_writer", "callback=event", "writers=3"):
            self.assertIn(word, line)
        for _ in range(500):
            await alice.ack("leaky.tap")
        await alice.ack("room.join", room_id="r")


class Together(harness.ServerTest):
    options = {"config": listed("probe", "slow", "leaky_writer")}

    async def test_plugins_do_not_get_in_each_others_way(self):
        self.server.wait_for_line(r"started\b.*plugin=leaky_writer")
        alice, bob = await self.connect("alice"), await self.connect("bob")
        self.assertEqual(sorted(alice.welcome["features"]),
                         ["leaky.", "probe.", "slow."])
        await asyncio.gather(
            bob.ack("slow.motion"), alice.ack("probe.echo", n=1))
        await alice.ack("leaky.tap")
        self.assertEqual((await bob.ack("probe.echo", n=2))["n"], 2)


if __name__ == "__main__":
    harness.main()
