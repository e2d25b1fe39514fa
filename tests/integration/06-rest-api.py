"""The REST interface: every route, its errors, and numbers that move."""

import http.client
import json
import socket

import harness


class Request:
    """One answer, read from a connection of its own."""

    def __init__(self, server, method, target, *, body=None, headers=()):
        connection = http.client.HTTPConnection(
            "127.0.0.1", server.port, timeout=harness.DEADLINE)
        connection.request(method, target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        self.status = answer.status
        self.headers = {k.lower(): v for k, v in answer.getheaders()}
        self.text = answer.read()
        connection.close()

    @property
    def json(self):
        return json.loads(self.text)


class Rest(harness.ServerTest):
    options = {"sets": ["limits.messages_per_second=0"]}

    def get(self, target, status=200, method="GET", **options):
        answer = Request(self.server, method, target, **options)
        self.assertEqual(answer.status, status, (target, answer.text))
        return answer

    def problem(self, answer, code, title):
        self.assertEqual(answer.headers["content-type"],
                         "application/problem+json")
        body = answer.json
        self.assertEqual(
            (body["type"], body["title"], body["status"], body["code"]),
            ("about:blank", title, answer.status, code))
        self.assertTrue(body["detail"])


class Stats(Rest):
    async def test_count_what_happens(self):
        before = self.get("/api/ws/stats").json
        self.assertEqual((before["connections"], before["users"],
                          before["rooms"]), (0, 0, 0))
        alice, _, bob = [await self.connect(name)
                         for name in ("alice", "alice", "bob")]
        for client in (alice, bob):
            await client.ack("room.join", room_id="r")
        for n in range(50):
            await alice.ack("room.broadcast", room_id="r", n=n)
        await bob.error("unknown_event", "no.such")
        await bob.ack("room.leave", room_id="r", colour="red")
        after = self.get("/api/ws/stats").json
        self.assertEqual((after["connections"], after["users"],
                          after["rooms"]), (3, 2, 1))
        self.assertEqual(after["events"]["in_total"], 54)
        # Welcomes, answers, a connect, a join, a leave, and the copies.
        self.assertEqual(after["events"]["out_total"], 3 + 54 + 3 + 100)
        self.assertEqual(after["errors"], 1)
        self.assertEqual(after["unknown_fields"], 1)
        self.assertGreater(after["bytes"]["in_total"], 50 * 40)
        self.assertGreater(after["bytes"]["out_total"],
                           after["bytes"]["in_total"])
        self.assertEqual(after["http"]["requests"], 2)

    def test_describe_the_server(self):
        stats = self.get("/api/ws/stats").json
        self.assertEqual(stats["engine"], {"name": "memory", "durable": False,
                                           "working": True})
        self.assertEqual([p["name"] for p in stats["plugins"]], ["chat"])
        self.assertGreater(stats["memory"]["resident_bytes"], 1 << 20)
        self.assertGreater(stats["cpu_seconds"], 0)
        self.assertGreaterEqual(stats["uptime_seconds"], 0)
        for name in ("p50", "p90", "p99"):
            self.assertGreaterEqual(stats["latency_ms"][name], 0)
        for name in ("pending_requests", "engine_pending"):
            self.assertEqual(stats["queues"][name], 0)


class Online(Rest):
    options = {"sets": ["limits.connections_per_user=20"]}

    async def test_lists_users_in_pages(self):
        self.assertEqual(self.get("/api/ws/online").json,
                         {"users": [], "count": 0})
        names = sorted(f"user{i}" for i in range(25))
        for name in (*names, "user7"):
            await self.connect(name)
        seen, target = [], "/api/ws/online?limit=10"
        while target:
            page = self.get(target).json
            self.assertEqual(page["count"], 25)
            seen += page["users"]
            target = (f"/api/ws/online?limit=10&after={page['next']}"
                      if "next" in page else None)
        self.assertEqual([u["user_id"] for u in seen], names)
        self.assertEqual({u["user_id"]: u["sessions"] for u in seen
                          if u["sessions"] != 1}, {"user7": 2})

    async def test_survives_that_a_page_ends_with_who_leaves(self):
        clients = {name: await self.connect(name) for name in "abcd"}
        page = self.get("/api/ws/online?limit=2").json
        self.assertEqual(page["next"], "b")
        await clients["d"].ack("room.join", room_id="r")
        await clients["b"].ack("room.join", room_id="r")
        await clients["b"].close()
        await clients["d"].expect("room.leave", user_id="b")
        page = self.get("/api/ws/online?limit=2&after=b").json
        self.assertEqual([u["user_id"] for u in page["users"]], ["c", "d"])
        self.assertEqual(page["count"], 3)

    def test_refuses_a_limit_out_of_range(self):
        for bad in ("0", "1001", "-1", "x", "", "1.5", "9" * 30):
            answer = self.get(f"/api/ws/online?limit={bad}", 400)
            self.problem(answer, "invalid_field", "Bad Request")

    async def test_decodes_and_encodes_names(self):
        await self.connect("J%C3%BCrgen+%22M%22")
        page = self.get("/api/ws/online?after=I+%C3%BC").json
        self.assertEqual([u["user_id"] for u in page["users"]],
                         ['Jürgen "M"'])


class Room(Rest):
    async def test_lists_its_members(self):
        alice, tab, bob = [await self.connect(name)
                           for name in ("alice", "alice", "bob")]
        for client in (alice, tab, bob):
            await client.ack("room.join", room_id="room general/1")
        path = "/api/ws/rooms/room%20general"
        self.get(path, 404)
        await alice.ack("room.join", room_id="room general")
        await tab.ack("room.join", room_id="room general")
        await bob.ack("room.join", room_id="room general")
        room = self.get(path).json
        self.assertEqual(room, {
            "room_id": "room general", "count": 2, "sessions": 3,
            "members": [{"user_id": "alice", "sessions": 2},
                        {"user_id": "bob", "sessions": 1}]})

    async def test_is_gone_with_its_last_member(self):
        alice = await self.connect("alice")
        await alice.ack("room.join", room_id="r")
        self.get("/api/ws/rooms/r")
        await alice.ack("room.leave", room_id="r")
        answer = self.get("/api/ws/rooms/r", 404)
        self.problem(answer, "not_found", "Not Found")

    async def test_of_a_plugin_is_not_shown(self):
        alice = await self.connect("alice")
        await alice.ack("chat.join", conversation_id="c")
        for name in ("c", "chat:c", "chat%3Ac"):
            self.get(f"/api/ws/rooms/{name}", 404)

    def test_with_an_impossible_name_is_refused(self):
        for bad in ("%FF", "%zz", "%", "%0", "%00"):
            self.problem(self.get(f"/api/ws/rooms/{bad}", 400), "bad_request",
                         "Bad Request")
        for none in ("x" * 500, "", "a/b"):
            self.get(f"/api/ws/rooms/{none}", 404)


class Health(Rest):
    def test_is_told(self):
        self.assertEqual(self.get("/health/live").json, {"status": "ok"})
        self.assertEqual(self.get("/health/ready").json, {"status": "ready"})


class Http(Rest):
    ROUTES = ("/api/ws/stats", "/api/ws/online", "/health/live",
              "/health/ready")

    def test_unknown_paths_are_404(self):
        for path in ("/", "/api", "/api/ws", "/api/ws/stats/", "/API/WS/STATS",
                     "/api/ws/rooms", "/health", "/favicon.ico"):
            self.problem(self.get(path, 404), "not_found", "Not Found")

    def test_other_methods_are_405(self):
        for path in (*self.ROUTES, "/api/ws/rooms/r"):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                answer = self.get(path, 405, method=method, body=b"{}",
                                  headers={"Content-Type":
                                           "application/json"})
                self.problem(answer, "method_not_allowed",
                             "Method Not Allowed")
                self.assertEqual(answer.headers["allow"], "GET, HEAD")

    def test_head_is_get_without_the_body(self):
        for path in self.ROUTES:
            got = self.get(path)
            head = self.get(path, method="HEAD")
            self.assertEqual(head.text, b"")
            self.assertEqual(head.headers["content-type"],
                             got.headers["content-type"])
            self.assertGreater(int(head.headers["content-length"]), 0)
        self.get("/nope", 404, method="HEAD")

    def test_answers_are_json_that_nobody_keeps(self):
        for path in self.ROUTES:
            headers = self.get(path).headers
            self.assertEqual(headers["content-type"], "application/json")
            self.assertEqual(headers["cache-control"], "no-store")
            self.assertEqual(headers["x-content-type-options"], "nosniff")

    def test_unknown_arguments_are_named(self):
        warnings = [{"code": "unknown_field", "field": "colour"}]
        for path in self.ROUTES:
            self.assertEqual(
                self.get(f"{path}?colour=red").json["warnings"], warnings)

    def test_plain_get_of_the_websocket_says_what_is_missing(self):
        answer = self.get("/ws", 426)
        self.assertEqual(answer.headers["upgrade"], "websocket")
        self.problem(answer, "bad_request", "Upgrade Required")

    def test_one_connection_serves_many_requests(self):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.server.port, timeout=harness.DEADLINE)
        for _ in range(20):
            for path, status in (("/health/live", 200), ("/nope", 404)):
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                self.assertEqual(answer.status, status)
        connection.close()

    def test_requests_without_waiting_are_answered_in_order(self):
        with socket.create_connection(("127.0.0.1", self.server.port),
                                      harness.DEADLINE) as sock:
            sock.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
                         b"GET /nope HTTP/1.1\r\nHost: x\r\n"
                         b"Connection: close\r\n\r\n")
            text = b""
            while piece := sock.recv(4096):
                text += piece
        self.assertLess(text.index(b"200 OK"), text.index(b"404 Not Found"))
        self.assertEqual(text.count(b"HTTP/1.1 "), 2)


class StrictHttp(Rest):
    options = {"sets": ["protocol.strict=true"]}

    def test_unknown_arguments_are_errors(self):
        self.problem(self.get("/api/ws/stats?colour=red", 400),
                     "unknown_field", "Bad Request")


if __name__ == "__main__":
    harness.main()
