"""Each limit: met by a client, told to it, and counted in /metrics."""

import contextlib
import re
import socket
import sys
import threading
import time
import urllib.request

import harness
import rawclient
from rawclient import TEXT, RawClient

PLUGINS = harness.BUILD / "tests/plugins"

# Limits met in other tests: because a client alone cannot bring them about,
# or because it takes longer.
ELSEWHERE = {
    "limits.connections_per_address": "integration/15-address-limits",
    "limits.connects_per_second": "integration/15-address-limits",
    "limits.handshakes": "integration/16-request-heads",
    "limits.header_bytes": "integration/16-request-heads",
    "listen.head_timeout": "integration/16-request-heads",
    "limits.queued_bytes": "integration/15-overload-refuse",
    "jobs.queue": "unit/kernel/core/jobs",
    "quota.jobs": "integration/28-crash-quotas",
    "quota.posts": "unit/kernel/core/jobs",
    "quota.requests": "integration/28-crash-quotas",
    "quota.timers": "integration/28-crash-quotas",
    "overload.engine_pending": "unit/kernel/core/overload",
    "overload.engine_oldest_ms": "unit/kernel/core/overload",
}


def listed(name):
    return 'plugins = ( { name = "%s"; path = "%s"; } );\n' % (
        name, PLUGINS / f"{name}.so")


def refusals(server):
    """The counters by their setting."""
    url = f"http://127.0.0.1:{server.port}/metrics"
    with urllib.request.urlopen(url, timeout=harness.DEADLINE) as answer:
        text = answer.read().decode()
    return {name: int(value) for name, value in re.findall(
        r'^nexus_refusals_total\{limit="([^"]+)"\} (\d+)$', text, re.M)}


class LimitTest(harness.ServerTest):
    known = set()
    met = set()

    @contextlib.contextmanager
    def counted(self, limit, more=()):
        """Exactly this limit is met within, once, and perhaps others."""
        before = refusals(self.server)
        LimitTest.known.update(before)
        yield
        after = refusals(self.server)
        changed = {name: after[name] - before[name] for name in after
                   if after[name] != before[name] and name not in more}
        self.assertEqual(changed, {limit: 1})
        LimitTest.met.add(limit)

    def wait_for(self, limit):
        end = time.monotonic() + harness.DEADLINE
        while refusals(self.server)[limit] == 0:
            self.assertLess(time.monotonic(), end, limit)

    def http_socket(self, text):
        sock = socket.create_connection(
            ("127.0.0.1", self.server.port), harness.DEADLINE)
        self.addCleanup(sock.close)
        sock.sendall(text)
        return sock

    def raw(self, user, **options):
        client = RawClient(self.server, user, **options)
        self.addCleanup(client.sock.close)
        client.expect("system.message")
        return client


class Messages(LimitTest):
    options = {"sets": [
        "limits.message_bytes=4096", "limits.message_timeout=1",
        "limits.message_bytes_by_prefix=ping=2048,room.=8192",
        "limits.messages_per_second=1", "limits.burst=20",
        "limits.bytes_per_second=8000", "limits.rate_violations=5",
        "limits.json_depth=4"]}

    async def test_that_no_type_may_be_as_long_as(self):
        alice = await self.connect("alice")
        with self.counted("limits.message_bytes"):
            await alice.send("room.broadcast", pad="x" * 9000)
            error = await alice.expect("error", code="too_large")
            self.assertEqual(error["details"]["limit"],
                             "limits.message_bytes")
            self.assertEqual(await alice.closed(), 1009)

    async def test_that_their_own_type_may_not_be_as_long_as(self):
        alice = await self.connect("alice")
        self.assertEqual(alice.welcome["limits"]["message_bytes_by_prefix"],
                         {"ping": 2048, "room.": 8192})
        with self.counted("limits.message_bytes_by_prefix"):
            error = await alice.error("too_large", "ping", pad="x" * 3000)
        self.assertEqual(error["details"]["limit"],
                         "limits.message_bytes_by_prefix")
        self.assertEqual(error["details"]["max_bytes"], 2048)
        self.assertGreater(error["details"]["bytes"], 3000)
        with self.counted("limits.message_bytes"):
            await alice.error("too_large", "chat.list", pad="x" * 5000)
        await alice.ack("room.join", room_id="r", username="x" * 100)
        await alice.ack("room.broadcast", room_id="r", pad="x" * 6000)

    async def test_of_somebody_unknown_have_the_common_length(self):
        stranger = await self.open(self.server.url())
        with self.counted("limits.message_bytes"):
            await stranger.send("room.join", pad="x" * 5000)
            await stranger.expect("error", code="too_large")
            self.assertEqual(await stranger.closed(), 1009)

    async def test_that_are_never_complete(self):
        bob = await self.connect("bob")
        alice = self.raw("alice")
        with self.counted("limits.message_timeout"):
            alice.send_frame(TEXT, b'{"event_type":', fin=False)
            error = alice.expect("error", code="timeout")
            self.assertEqual(error["details"],
                             {"limit": "limits.message_timeout"})
            self.assertEqual(alice.closed(), 4508)
        self.assertEqual(await bob.settle(), [])

    async def test_that_come_too_often_and_from_who_does_not_stop(self):
        alice = await self.connect("alice")
        with self.counted("limits.rate_violations",
                          more=["limits.messages_per_second"]):
            for n in range(40):
                with contextlib.suppress(
                        harness.websockets.ConnectionClosed):
                    await alice.send("ping", n=n)
            error = await alice.expect("error", code="rate_limited")
            self.assertEqual(error["details"],
                             {"limit": "limits.messages_per_second"})
            self.assertIn(error["retry_after_ms"], range(1, 1001))
            self.assertEqual(await alice.closed(), 4429)
        self.assertGreater(
            refusals(self.server)["limits.messages_per_second"], 0)
        LimitTest.met.add("limits.messages_per_second")

    async def test_of_too_many_bytes(self):
        alice = await self.connect("alice")
        await alice.ack("room.join", room_id="r")
        with self.counted("limits.bytes_per_second"):
            for _ in range(3):
                await alice.ack("room.broadcast", room_id="r",
                                pad="x" * 8000)
            for _ in range(20):  # time passes, and brings new bytes
                answer = await alice.request("room.broadcast", room_id="r",
                                             pad="x" * 8000)
                if answer["event_type"] == "error":
                    break
        self.assertEqual((answer["code"], answer["details"]),
                         ("rate_limited",
                          {"limit": "limits.bytes_per_second"}))
        self.assertGreater(answer["retry_after_ms"], 0)

    async def test_that_are_too_deep(self):
        alice = await self.connect("alice")
        with self.counted("limits.json_depth"):
            await alice.send("ping", a={"b": {"c": {"d": {}}}})
            error = await alice.expect("error", code="too_deep")
        self.assertEqual(error["details"], {"limit": "limits.json_depth"})


class Sessions(LimitTest):
    options = {"sets": [
        "limits.connections=4", "limits.connections_per_user=2",
        "limits.rooms_per_session=2", "limits.rooms=3", "auth.timeout=1",
        "heartbeat.interval=1", "heartbeat.timeout=2",
        "listen.origins=https://a.example", "limits.http_connections=3",
        "limits.http_body_bytes=1024", "limits.http_body_timeout=1"]}

    def ask(self, *headers):
        sock = rawclient.connect(
            self.server, "/ws?user_id=late&token=t", headers=headers)
        self.addCleanup(sock.close)
        return sock

    async def test_in_total(self):
        for user in ("a", "b", "c", "d"):
            await self.connect(user)
        with self.counted("limits.connections"):
            answer = self.ask().makefile("rb").read().decode()
        self.assertIn("503 Service Unavailable", answer)
        self.assertIn("retry-after: ", answer.lower())
        self.assertIn("(limits.connections)", answer)

    async def test_of_one_user(self):
        first = await self.connect("alice")
        await self.connect("alice")
        with self.counted("limits.connections_per_user"):
            await self.connect("alice")
            error = await first.expect("error", code="too_many_connections")
            self.assertEqual(await first.closed(), 4409)
        self.assertEqual(error["details"],
                         {"limit": "limits.connections_per_user"})

    async def test_of_foreign_pages(self):
        with self.counted("listen.origins"):
            sock = self.ask("Origin: https://b.example")
            self.assertEqual(rawclient.read_head(sock), 403)

    async def test_that_do_not_say_who_they_are(self):
        stranger = await self.open(self.server.url())
        with self.counted("auth.timeout"):
            error = await stranger.expect("error", code="auth_timeout")
            self.assertIn("auth.timeout", error["message"])
            self.assertEqual(await stranger.closed(), 4408)

    def test_that_are_silent(self):
        alice = self.raw("alice")
        with self.counted("heartbeat.timeout"):
            self.assertEqual(alice.closed(), 4508)

    async def test_in_too_many_rooms(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        for room in ("1", "2"):
            await alice.ack("room.join", room_id=room)
        with self.counted("limits.rooms_per_session"):
            error = await alice.error(
                "limit_exceeded", "room.join", room_id="3")
        self.assertEqual(error["details"],
                         {"limit": "limits.rooms_per_session"})
        self.assertNotIn("retry_after_ms", error)
        await bob.ack("room.join", room_id="3")
        with self.counted("limits.rooms"):
            error = await bob.error("limit_exceeded", "room.join", room_id="4")
        self.assertEqual(error["details"], {"limit": "limits.rooms"})
        self.assertGreater(error["retry_after_ms"], 0)

    def test_of_http_are_no_sessions_but_limited_as_well(self):
        request = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
        socks = [self.http_socket(request) for _ in range(2)]
        for sock in socks:
            self.assertEqual(rawclient.read_head(sock), 200)
        # The two, and one that asks for the metrics itself.
        before = refusals(self.server)["limits.http_connections"]
        third = self.http_socket(request)
        self.assertEqual(rawclient.read_head(third), 200)
        fourth = self.http_socket(request).makefile("rb").read().decode()
        self.assertIn("503 Service Unavailable", fourth)
        self.assertIn("retry-after: ", fourth.lower())
        self.assertIn("limits.http_connections", fourth)
        third.close()
        socks[0].close()
        self.assertEqual(
            refusals(self.server)["limits.http_connections"], before + 1)
        LimitTest.met.add("limits.http_connections")

    def test_of_http_with_too_long_a_body(self):
        with self.counted("limits.http_body_bytes"):
            status, _, problem = self.server.http(
                "/api/ws/stats", method="POST", body=b"x" * 2000)
        self.assertEqual((status, problem["code"]), (413, "too_large"))
        self.assertIn("limits.http_body_bytes", problem["detail"])

    def test_of_http_whose_body_does_not_come(self):
        with self.counted("limits.http_body_timeout"):
            sock = self.http_socket(b"POST /api/ws/stats HTTP/1.1\r\n"
                                    b"Host: x\r\nContent-Length: 10\r\n\r\n")
            self.assertEqual(sock.recv(4096), b"")


class Answers(LimitTest):
    """What waits for clients."""

    options = {"sets": [
        "limits.outbox_bytes=1000000", "limits.messages_per_second=0",
        "limits.bytes_per_second=0", "heartbeat.interval=3600", "heartbeat.timeout=7200"]}

    async def fill(self, writer, sleeper, line):
        sleeper.send("room.join", room_id="r")
        sleeper.expect("room.join")
        await writer.ack("room.join", room_id="r")
        while not re.search(line, self.server.log()):
            await writer.ack("room.broadcast", room_id="r", text="x" * 8000)
            writer.passed.clear()

    async def test_that_are_not_read(self):
        writer = await self.connect("writer")
        sleeper = self.raw("sleeper", receive_buffer=4096)
        with self.counted("limits.outbox_bytes"):
            await self.fill(writer, sleeper, "client reads too slowly")
            self.assertEqual(sleeper.closed(), 4507)


class Slow(LimitTest):
    """An HTTP client that does not read."""

    options = {"sets": ["limits.http_answer_timeout=1"]}

    def test_reader_of_an_answer(self):
        """A client that asks and does not read. Where the last answer just
        fits the buffers it is an idle one, so that more than one may be
        needed."""
        limit = "limits.http_answer_timeout"
        with self.counted(limit):
            while refusals(self.server)[limit] == 0:
                self.ask_without_reading(limit)

    def ask_without_reading(self, limit):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            sock.settimeout(harness.DEADLINE)
            sock.connect(("127.0.0.1", self.server.port))
            # As many answers as the server's buffers do not hold.
            asks = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 2000
            writer = threading.Thread(target=self.send_all, args=(sock, asks))
            writer.start()
            end = time.monotonic() + 4
            while refusals(self.server)[limit] == 0 and time.monotonic() < end:
                pass
            sock.shutdown(socket.SHUT_RDWR)
            writer.join()

    @staticmethod
    def send_all(sock, data):
        """Until the server gives up on who sends and does not read."""
        with contextlib.suppress(OSError):
            sock.sendall(data)


class Plugins(LimitTest):
    options = {"config": listed("probe"), "sets": [
        "limits.pending_requests=2"]}

    async def test_have_a_number_of_late_answers(self):
        alice = await self.connect("alice")
        with self.counted("limits.pending_requests"):
            for n in range(2):
                await alice.send("probe.later", delay_ms=2000, ref=f"late{n}")
            error = await alice.error("overloaded", "probe.echo")
            for n in range(2):  # /metrics is a request as well
                await alice.expect("ack", ref=f"late{n}")
        self.assertEqual(error["details"],
                         {"limit": "limits.pending_requests"})
        self.assertGreater(error["retry_after_ms"], 0)


class Loop(LimitTest):
    options = {"config": listed("slow"), "sets": [
        "overload.turn_ms=10", "overload.hold=0"]}

    async def test_that_is_busy_all_the_time(self):
        alice = await self.connect("alice")
        with self.counted("overload.turn_ms", more=["limits.burst"]):
            while "refusing new sessions" not in self.server.log():
                await alice.ack("slow.motion")
            late = await self.open(self.server.url("late"))
            error = await late.next()
            self.assertEqual(error["details"], {"limit": "overload.turn_ms"})
            self.assertEqual(await late.closed(), 4503)


class Memory(LimitTest):
    options = {"sets": ["overload.memory_bytes=1"]}

    async def test_that_is_used_up(self):
        self.server.wait_for_line("refusing new sessions")
        with self.counted("overload.memory_bytes"):
            late = await self.open(self.server.url("late"))
            error = await late.next()
            self.assertEqual(error["details"],
                             {"limit": "overload.memory_bytes"})
            self.assertEqual(await late.closed(), 4503)


def tearDownModule():
    """A limit without a test is a limit that nobody knows to work."""
    missing = LimitTest.known - LimitTest.met - set(ELSEWHERE)
    if len(sys.argv) == 1 and missing:
        raise AssertionError(f"no test meets {sorted(missing)}: add one here, "
                             "or name the one that does in ELSEWHERE")


if __name__ == "__main__":
    harness.main()
