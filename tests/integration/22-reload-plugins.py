"""SIGHUP: what a reload promises, G1 to G10 of docs/reload.md.

Clients exchange numbered events all the while. Each test looks at the answers
they got, and most at what the server says of itself afterwards.
"""

import asyncio
import os
import shutil
import signal
import ssl
import urllib.request

import certificates
import harness

PLUGINS = harness.BUILD / "tests/plugins"

# However slow the machine is.
PATIENT = "reload = { freeze_ms = 60000; };\n"


class Traffic:
    """A client that counts, one request after the other, until it is told to
    stop. Every answer must come, in order."""

    def __init__(self, client):
        self.client = client
        self.answers = []
        self.running = True
        self.task = asyncio.create_task(self.run())
        client.traffic = self

    async def run(self):
        while self.running:
            answer = await self.client.request("counter.add")
            self.answers.append(answer)

    async def stop(self):
        self.running = False
        await self.task
        return self.answers


class ReloadTest(harness.ServerTest):
    chat = harness.CHAT
    more_sets = ()

    def setUp(self):
        self.options = {"plugins": (), "sets": [
            "limits.messages_per_second=0", "limits.bytes_per_second=0",
            *self.more_sets]}
        server = harness.Server(**self.options)
        self.server = server
        self.file = server.directory / "counter.so"
        self.install("counter")
        self.configure()
        server.start()
        self.addCleanup(shutil.rmtree, server.directory, ignore_errors=True)
        self.addCleanup(server.stop)

    def install(self, name, to=None):
        """Puts a build in place as an installer should: under its name at
        once."""
        to = to or self.file
        fresh = to.with_suffix(".fresh")
        shutil.copy(PLUGINS / f"{name}.so", fresh)
        os.replace(fresh, to)

    def counter(self, more=""):
        return f'{{ name = "counter"; path = "{self.file}"; {more} }}'

    def configure(self, counter="", others=(), text="", without=()):
        plugins = [self.chat]
        if "counter" not in without:
            plugins.append(self.counter(counter))
        fresh = self.server.config.with_suffix(".fresh")
        fresh.write_text(text + harness.settings_text([*plugins, *others]))
        os.replace(fresh, self.server.config)

    def hang_up(self):
        self.server.process.send_signal(signal.SIGHUP)

    async def reload(self, outcome):
        """Asks for a reload and waits for how it ended, which it returns."""
        before = await self.reloads()
        self.hang_up()
        return await self.ended(before + 1, outcome)

    async def ended(self, count, outcome):
        """Waits for the end of reload number `count`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + harness.DEADLINE
        while await self.reloads() < count:
            self.assertLess(loop.time(), deadline, self.server.log())
        last = (await self.stats())["last"]
        self.assertEqual(last["outcome"], outcome, self.server.log())
        return last

    async def http(self, path):
        """The body, with other clients served meanwhile."""
        return (await asyncio.to_thread(self.server.http, path))[2]

    async def stats(self):
        return (await self.http("/api/ws/stats"))["reload"]

    async def reloads(self):
        stats = await self.stats()
        return stats["done"] + stats["refused"] + stats["undone"]

    def keep_from_rest(self):
        """A file as long as which the counter does not come to rest."""
        path = self.server.directory / "awaits"
        path.touch()
        return path

    async def frozen(self, number, meanwhile):
        """Until events wait in that reload, which has no end yet."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + harness.DEADLINE
        while True:
            begun = self.server.log().split("reload: begins")
            if len(begun) == number + 1 and "events wait" in begun[-1]:
                return
            self.assertLess(loop.time(), deadline, self.server.log())
            await meanwhile()

    def pong(self, client):
        async def ask():
            pong = await client.socket.ping()
            await asyncio.wait_for(pong, harness.DEADLINE)
        return ask

    def counts(self, answers):
        for answer in answers:
            self.assertEqual(answer["event_type"], "ack", answer)
        return [answer["count"] for answer in answers]


class Promises(ReloadTest):
    async def test_g1_no_connection_closes_and_no_heartbeat_is_missed(self):
        clients = [await self.connect(f"user{i}") for i in range(20)]
        traffic = [Traffic(client) for client in clients[:5]]
        for release in ("counter_next", "counter") * 3:
            self.install(release)
            await self.reload("done")
        for one in traffic:
            self.assertTrue(await one.stop())
        for client in clients:
            pong = await client.socket.ping()
            await asyncio.wait_for(pong, harness.DEADLINE)
        self.assertEqual(
            self.server.http("/api/ws/stats")[2]["connections"], 20)

    async def test_g2_rooms_and_members_are_the_same(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        await alice.ack("room.join", room_id="hall")
        await bob.ack("room.join", room_id="hall")
        before = await self.http("/api/rooms/hall/members")
        await alice.ack("chat.message", conversation_id="team",
                        content="before")
        self.install("counter_next")
        self.configure(text="limits = { burst = 300; };\n")
        await self.reload("done")
        self.assertEqual(await self.http("/api/rooms/hall/members"), before)
        await alice.ack("room.broadcast", room_id="hall", text="after")
        await bob.expect("room.broadcast", text="after")

    async def test_g3_each_event_is_handled_once_and_in_order(self):
        clients = [await self.connect(f"user{i}") for i in range(8)]
        traffic = [Traffic(client) for client in clients]
        for release in ("counter_next", "counter") * 5:
            self.install(release)
            await self.reload("done")
        counts = []
        for one in traffic:
            own = self.counts(await one.stop())
            self.assertEqual(own, sorted(own))
            counts += own
        self.assertEqual(sorted(counts), list(range(1, len(counts) + 1)))

    async def test_g3_what_is_sent_in_one_go_stays_in_order(self):
        client = await self.connect("alice")
        self.configure("again = 40;")
        await self.reload("done")
        self.configure("again = 41;")
        self.hang_up()
        for n in range(200):
            await client.send("counter.add", ref=f"n{n}")
        got = []
        while len(got) < 200:
            event = await client.receive()
            if event["event_type"] == "ack":
                got.append((event["ref"], event["count"]))
        self.assertEqual(
            got, [(f"n{n}", n + 1) for n in range(200)])

    async def test_g5_the_outcome_is_told_everywhere(self):
        self.install("counter_next")
        last = await self.reload("done")
        self.assertEqual(last["reason"], "")
        self.configure(text="limits = { brust = 3; };\n")
        last = await self.reload("refused")
        self.assertRegex(last["reason"], r"nexus\.conf:1: .*limits\.brust")
        self.server.wait_for_line(r"refused, all is as it was.*nexus\.conf:1:")
        status, _, _ = self.server.http("/health/live")
        self.assertEqual(status, 200)
        text = await self.metrics()
        self.assertIn('nexus_reloads_total{outcome="done"} 1', text)
        self.assertIn('nexus_reloads_total{outcome="refused"} 1', text)
        self.assertIn("nexus_reload_freeze_seconds_count 1", text)

    async def metrics(self):
        url = f"http://127.0.0.1:{self.server.port}/metrics"
        response = await asyncio.to_thread(urllib.request.urlopen, url)
        return response.read().decode()

    async def test_g6_only_what_changed_gets_a_new_instance(self):
        client = await self.connect("alice")
        self.assertEqual((await client.ack("counter.add"))["generation"], 1)
        images = (await self.stats())["images"]
        await self.reload("done")  # nothing has changed
        self.assertEqual((await client.ack("counter.add"))["generation"], 1)
        self.configure("step = 10;")  # live
        await self.reload("done")
        answer = await client.ack("counter.add")
        self.assertEqual((answer["generation"], answer["count"]), (1, 12))
        self.configure("step = 10; again = 1;")
        await self.reload("done")
        answer = await client.ack("counter.add")
        self.assertEqual((answer["generation"], answer["count"]), (2, 22))
        self.assertEqual((await self.stats())["images"], images)
        self.install("counter_next")
        await self.reload("done")
        answer = await client.ack("counter.add")
        self.assertEqual((answer["generation"], answer["release"]),
                         (3, "2.0.0"))
        self.assertEqual((await self.stats())["images"], images + 1)

    async def test_g6_removed_and_added_again(self):
        client = await self.connect("alice")
        await client.ack("counter.add")
        self.configure(without=("counter",))
        await self.reload("done")
        features = await client.expect("system.features")
        self.assertNotIn("counter.", features["features"])
        await client.error("unknown_event", "counter.add")
        self.configure()
        await self.reload("done")
        features = await client.expect("system.features")
        self.assertIn("counter.", features["features"])
        answer = await client.ack("counter.add")
        self.assertEqual((answer["generation"], answer["count"]), (2, 2))

    async def test_g6_a_request_left_open_is_answered(self):
        client = await self.connect("alice")
        await client.send("counter.late", ref="late")
        await client.settle()
        self.install("counter_next")
        await self.reload("done")
        await client.expect("error", ref="late", code="plugin_reloaded")

    async def test_g7_state_that_cannot_be_read_is_found_first(self):
        client = await self.connect("alice")
        await client.ack("counter.add")
        self.install("counter_future")
        last = await self.reload("refused")
        self.assertIn("reads state of the formats 9 to 9", last["reason"])
        self.assertEqual((await client.ack("counter.add"))["count"], 2)

    async def test_g8_a_storm_of_signals_is_one_more_reload(self):
        client = await self.connect("alice")
        traffic = Traffic(client)
        self.configure("again = 20;")
        await self.reload("done")
        before = await self.reloads()
        for n in range(200):
            self.configure(f"again = {20 + n % 2};")
            self.hang_up()
        await self.reload("done")
        self.assertLess(await self.reloads() - before, 203)
        counts = self.counts(await traffic.stop())
        self.assertEqual(counts, list(range(1, len(counts) + 1)))

    async def test_g9_events_wait_and_pings_are_answered(self):
        quiet = await self.connect("quiet")
        client = await self.connect("alice")
        ping = self.pong(quiet)
        path = self.keep_from_rest()
        self.configure(f'awaits = "{path}";', text=PATIENT)
        await self.reload("done")
        self.install("counter_next")
        self.hang_up()
        await self.frozen(2, ping)
        sent = asyncio.create_task(client.request("counter.add"))
        for _ in range(10):
            await ping()
        self.assertEqual(self.server.log().count("reload: done"), 1)
        self.assertFalse(sent.done())
        path.unlink()
        last = await self.ended(2, "done")
        answer = await sent
        self.assertEqual((answer["event_type"], answer["generation"]),
                         ("ack", 2))
        self.assertGreater(last["freeze_ms"], 0)

    async def test_g9_http_requests_to_plugins_wait_too(self):
        await self.connect("alice")
        path = self.keep_from_rest()
        self.configure(f'awaits = "{path}";', [harness.PRESENCE], PATIENT)
        await self.reload("done")
        self.install("counter_next")
        self.hang_up()
        await self.frozen(2, self.stats)
        answer = asyncio.create_task(self.http("/api/presence/alice"))
        for _ in range(10):
            self.assertTrue((await self.stats())["running"])
        self.assertFalse(answer.done())
        path.unlink()
        body = await answer
        self.assertEqual(body["status"], "online")
        self.assertEqual(await self.reloads(), 2)


class Questions(ReloadTest):
    """Whoever comes while the plugin that decides is replaced."""

    def guard(self, more):
        return (f'{{ name = "guard"; path = "{PLUGINS}/guard.so"; {more} }}')

    async def come(self, user):
        """A client whose welcome has not come yet."""
        client = await self.open(self.server.url(user))
        return client, asyncio.create_task(client.receive())

    async def test_g9_who_comes_has_to_wait(self):
        path = self.keep_from_rest()
        quiet = await self.connect("quiet")
        self.configure(others=[self.guard(f'awaits = "{path}";')],
                       text=PATIENT)
        await self.reload("done")
        self.configure(others=[self.guard("")], text=PATIENT)
        self.hang_up()
        await self.frozen(2, self.pong(quiet))
        _, welcome = await self.come("alice")
        for _ in range(10):
            await self.pong(quiet)()
        self.assertFalse(welcome.done())
        path.unlink()
        self.assertEqual((await welcome)["event_type"], "system.message")
        await self.ended(2, "done")

    async def test_g1_what_was_put_off_is_asked_again(self):
        self.configure(others=[self.guard('mode = "later";')])
        await self.reload("done")
        _, welcome = await self.come("alice")
        _, refusal = await self.come("bob")
        await self.stats()
        self.assertFalse(welcome.done() or refusal.done())
        self.configure(others=[self.guard("")])
        await self.reload("done")
        for answer in (welcome, refusal):
            self.assertEqual((await answer)["event_type"], "system.message")

    async def test_g1_and_by_the_rule_of_the_server_without_a_guard(self):
        self.configure(others=[self.guard('mode = "later";')])
        await self.reload("done")
        _, welcome = await self.come("alice")
        self.configure()
        await self.reload("done")
        self.assertEqual((await welcome)["event_type"], "system.message")


class NotAtAll(ReloadTest):
    """G4: all or nothing."""

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.client = await self.connect("alice")
        self.traffic = Traffic(await self.connect("bob"))
        self.addAsyncCleanup(self.traffic.stop)

    async def refused(self, reason, outcome="refused"):
        last = await self.reload(outcome)
        self.assertRegex(last["reason"], reason)
        answer = await self.client.ack("counter.add")
        self.assertEqual((answer["generation"], answer["release"]),
                         (1, "1.0.0"))
        answers = await self.traffic.stop()
        counts = self.counts(answers)
        self.assertEqual(counts, sorted(set(counts)))
        # And nothing stands in the way of the next one.
        self.install("counter_next")
        self.configure()
        await self.reload("done")
        answer = await self.client.ack("counter.add")
        self.assertEqual((answer["generation"], answer["release"]),
                         (2, "2.0.0"))

    async def test_g4_a_syntax_error(self):
        self.server.config.write_text("plugins = (\n")
        await self.refused(r"nexus\.conf:1: a bracket is opened here")

    async def test_g4_an_unknown_key(self):
        self.configure("stpe = 3;")
        await self.refused(r"nexus\.conf:1: .*\"stpe\", did you mean \"step\"")

    async def test_g4_a_missing_file(self):
        os.unlink(self.file)
        await self.refused(r"nexus\.conf:1: plugin counter: ")

    async def test_g4_a_missing_configuration(self):
        os.unlink(self.server.config)
        await self.refused(r"nexus\.conf: cannot be read")

    async def test_g4_a_half_written_file(self):
        whole = (PLUGINS / "counter_next.so").read_bytes()
        self.file.with_suffix(".x").write_bytes(whole[:len(whole) // 2])
        os.replace(self.file.with_suffix(".x"), self.file)
        await self.refused(r"nexus\.conf:1: plugin counter: counter\.so ")

    async def test_g4_a_file_written_over_in_place(self):
        with open(self.file, "r+b") as file:
            file.truncate(4096)
        await self.refused(r"nexus\.conf:1: plugin counter: counter\.so ")

    async def bad(self, name, reason, outcome="refused"):
        self.configure(
            others=[f'{{ name = "{name}"; path = "{PLUGINS}/{name}.so"; }}'])
        await self.refused(reason, outcome)

    async def test_g4_a_bad_abi(self):
        await self.bad("bad_abi", "was built for plugin ABI 2")

    async def test_g4_a_missing_interface(self):
        await self.bad("bad_requires", "nexus.telepathy/1")

    async def test_g4_a_failing_create(self):
        await self.bad("bad_create", r"its create\(\) failed")

    async def test_g4_a_failing_configure(self):
        await self.bad("bad_configure", "mauve")

    async def test_g4_a_failing_start(self):
        await self.bad("bad_start", r"its start\(\) failed", "undone")

    async def test_g4_a_failing_start_of_a_successor(self):
        self.configure("fail = true;")
        await self.refused(r"its start\(\) failed", "undone")

    async def test_g4_state_that_is_not_understood(self):
        self.configure("dislikes = true;")
        await self.refused(r"its start\(\) failed with invalid", "undone")

    async def test_g4_a_live_setting_that_is_disliked(self):
        self.configure("step = 13;")
        await self.refused("13 brings bad luck")

    async def test_g4_a_prefix_of_somebody_else(self):
        self.configure(others=[
            f'{{ name = "probe"; path = "{PLUGINS}/probe.so"; }}',
            f'{{ name = "bad_prefix"; path = "{PLUGINS}/bad_prefix.so"; '
            'prefix = "probe."; }'])
        await self.refused("belongs to plugin probe", "undone")

    async def test_g4_two_of_one_id(self):
        self.configure(others=[
            f'{{ name = "second"; path = "{self.file}"; }}'])
        await self.refused('it has the id "counter", as has plugin counter')

    async def test_g4_a_plugin_that_does_not_come_to_rest(self):
        await self.traffic.stop()
        self.configure("again = 1000000;", text="reload = {freeze_ms = 50;};\n")
        await self.reload("done")
        self.configure("again = 1;", text="reload = { freeze_ms = 50; };\n")
        last = await self.reload("undone")
        self.assertIn("counter did not come to rest", last["reason"])
        answer = await self.client.ack("counter.add")
        self.assertEqual(answer["generation"], 2)


class Storage(ReloadTest):
    """The store itself is replaced: what was acknowledged is there, once."""

    def configure(self, counter="", others=(), text="", without=(), store=""):
        super().configure(counter, [f'{{ name = "store"; {store} }}', *others],
                          text, without)

    async def talk(self, client, contents):
        """Messages one after the other until told to stop."""
        while self.talking:
            content = f"{client.name}-{len(contents)}"
            answer = await client.request(
                "chat.message", conversation_id="team", content=content)
            self.assertEqual(answer["event_type"], "ack", answer)
            contents.append((answer["seq"], content))

    async def test_g3_messages_survive_another_store(self):
        clients = []
        for i in range(4):
            client = await self.connect(f"user{i}")
            client.name = f"user{i}"
            await client.ack("chat.join", conversation_id="team")
            clients.append(client)
        sent = [[] for _ in clients]
        self.talking = True
        tasks = [asyncio.create_task(self.talk(client, contents))
                 for client, contents in zip(clients, sent)]
        for n in range(6):
            self.configure(store=f"queue_requests = {1000 + n};")
            await self.reload("done")
        self.talking = False
        await asyncio.gather(*tasks)
        acked = sorted(pair for contents in sent for pair in contents)
        self.assertGreater(len(acked), 6)
        answer = await clients[0].ack(
            "chat.history", conversation_id="team", limit=100)
        newest = [(record["seq"], record["content"])
                  for record in answer["messages"]]
        self.assertEqual(newest, acked[-len(newest):])

    async def test_g4_a_store_that_cannot_open(self):
        client = await self.connect("alice")
        await client.ack("chat.join", conversation_id="team")
        self.configure(store='folder = "/proc/nowhere";')
        await self.reload("undone")
        await client.ack(
            "chat.message", conversation_id="team", content="still there")

    async def test_g6_the_store_cannot_be_taken_out(self):
        super().configure()
        last = await self.reload("refused")
        self.assertIn("store keeps what is stored", last["reason"])


class Certificates(ReloadTest):
    """G10: new handshakes get the new certificate, of whatever kind."""

    def setUp(self):
        self.folder = harness.tempfile.mkdtemp(prefix="nexus-tls-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.authority = certificates.Authority(self.folder, "server")
        self.more_sets = self.authority.sets()
        super().setUp()
        self.tls_port = certificates.tls_port(self.server)

    def served(self):
        """What a new connection is shown."""
        return ssl.get_server_certificate(("127.0.0.1", self.tls_port))

    async def test_g10_a_certificate_is_replaced(self):
        url = f"wss://localhost:{self.tls_port}/ws?user_id=alice&token=t"
        socket = await harness.dial(url, ssl=self.authority.context())
        self.addAsyncCleanup(socket.close)
        client = harness.Client(socket)
        first = await asyncio.to_thread(self.served)
        certificates.openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=other", "-keyout", self.authority.key,
            "-out", self.authority.file)
        await self.reload("done")
        second = await asyncio.to_thread(self.served)
        self.assertNotEqual(first, second)
        self.assertEqual(second, self.authority.file.read_text())
        await client.ack("counter.add")

    async def test_g10_a_pair_that_does_not_match_is_refused(self):
        first = await asyncio.to_thread(self.served)
        other = certificates.Authority(self.folder, "other")
        shutil.copy(other.file, self.authority.file)
        last = await self.reload("refused")
        self.assertIn("tls.certificate", last["reason"])
        self.assertEqual(await asyncio.to_thread(self.served), first)


class Settings(ReloadTest):
    async def test_g10_limits_and_log_level_change_at_once(self):
        client = await self.connect("alice")
        self.configure(text='limits = { rooms_per_session = 1; };\n'
                            'log = { level = "debug"; };\n')
        await self.reload("done")
        await client.ack("room.join", room_id="one")
        await client.error("limit_exceeded", "room.join", room_id="two")
        late = await self.connect("bob")
        self.server.wait_for_line(r"(?i)\bdebug\b")

    async def test_g10_what_cannot_change_is_named(self):
        self.configure(text='jobs = { threads = 3; };\n')
        last = await self.reload("refused")
        self.assertRegex(
            last["reason"], r"nexus\.conf:1: jobs\.threads cannot change while")

    async def test_g10_storage_cannot_move(self):
        self.configure(others=[harness.STORE])
        last = await self.reload("undone")
        self.assertIn("what is stored would move", last["reason"])


if __name__ == "__main__":
    harness.main()
