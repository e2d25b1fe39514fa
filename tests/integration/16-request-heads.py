"""How the first request of a connection is awaited, bounded and refused."""

import json
import re
import socket

import harness

UPGRADE = ["GET /ws?user_id=a&token=t HTTP/1.1", "Host: x",
           "Upgrade: websocket", "Connection: Upgrade",
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
           "Sec-WebSocket-Version: 13"]


def head(*lines):
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def get(path, *headers):
    return head(f"GET {path} HTTP/1.1", "Host: x", *headers)


class Heads(harness.ServerTest):
    def connect_raw(self, data=b""):
        sock = socket.create_connection(
            ("127.0.0.1", self.server.port), harness.DEADLINE)
        self.addCleanup(sock.close)
        sock.sendall(data)
        return sock

    def read_to_end(self, sock):
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
        return answer

    def read_some(self, sock):
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = sock.recv(65536)
            self.assertTrue(piece, answer)
            answer += piece
        return answer

    def expect_refused(self, answer, status, detail):
        first, _, body = answer.partition(b"\r\n\r\n")
        self.assertRegex(first.decode(), rf"^HTTP/1\.1 {status} ")
        self.assertIn(b"application/problem+json", first)
        self.assertIn(b"connection: close", first)
        problem = json.loads(body)
        self.assertEqual(problem["status"], status)
        self.assertIn(detail, problem["detail"])

    def metric(self, name):
        text = self.read_to_end(self.connect_raw(
            get("/metrics", "Connection: close"))).decode()
        found = re.search(rf"^{re.escape(name)} (\d+)$", text, re.MULTILINE)
        return int(found.group(1)) if found else 0


class Refused(Heads):
    def test_what_is_no_request_is_told_so(self):
        for data, detail in (
                (b"\x16\x03\x01\x00\xa5\x01", "does not speak TLS"),
                (b"GET / HTTP/1.1\nHost: x\n\n", "CR and LF"),
                (get("/", "a b: c"), "no valid name")):
            self.expect_refused(
                self.read_to_end(self.connect_raw(data)), 400, detail)
        self.assertEqual(
            self.metric('nexus_http_requests_total{status="4xx"}'), 3)

    def test_the_answer_arrives_though_much_is_unread(self):
        for _ in range(20):
            sock = self.connect_raw(get("/", "a: " + "x" * 200_000))
            answer = self.read_to_end(sock)
            self.expect_refused(answer, 431, "limits.header_bytes")
        sock = self.connect_raw(get("/" + "x" * 200_000))
        self.expect_refused(
            self.read_to_end(sock), 414, "limits.header_bytes")
        self.assertEqual(self.metric(
            'nexus_refusals_total{limit="limits.header_bytes"}'), 21)

    def test_an_answer_to_head_has_no_body(self):
        sock = self.connect_raw(head("HEAD / HTTP/1.1", "Host : x"))
        answer = self.read_to_end(sock)
        self.assertRegex(answer, rb"^HTTP/1\.1 400 ")
        self.assertTrue(answer.endswith(b"\r\n\r\n"))

    def test_a_body_in_any_pieces_is_read(self):
        body = b"x" * 3000
        request = head("POST /api/ws/broadcast HTTP/1.1", "Host: x",
                       f"Content-Length: {len(body)}",
                       "Connection: close") + body
        for cut in (1, 20, request.index(b"\r\n\r\n") + 3,
                    request.index(b"\r\n\r\n") + 4,
                    request.index(b"\r\n\r\n") + 5, len(request) - 1,
                    len(request)):
            sock = self.connect_raw(request[:cut])
            self.metric("nexus_sessions")  # the server has read it
            sock.sendall(request[cut:])
            self.assertRegex(self.read_to_end(sock), rb"^HTTP/1\.1 404 ")


class Late(Heads):
    options = {"sets": ["listen.head_timeout=1"]}

    def test_half_a_request_is_answered_with_408(self):
        sock = self.connect_raw(head(*UPGRADE)[:-2])
        self.expect_refused(
            self.read_to_end(sock), 408, "listen.head_timeout")
        self.assertEqual(self.metric(
            'nexus_refusals_total{limit="listen.head_timeout"}'), 1)

    def test_dripping_bytes_do_not_stop_the_clock(self):
        sock = self.connect_raw()
        sock.settimeout(0.05)
        answer = b""
        for byte in get("/", "a: " + "x" * 3000):
            try:
                sock.sendall(bytes([byte]))
                answer += sock.recv(4096)
                break
            except TimeoutError:
                pass
        self.assertRegex(answer, rb"^HTTP/1\.1 408 ")

    def test_silence_ends_without_an_answer(self):
        self.assertEqual(self.read_to_end(self.connect_raw()), b"")

    def test_a_request_in_time_may_be_followed_by_silence(self):
        sock = self.connect_raw(head(*UPGRADE))
        self.read_some(sock)
        silent = self.connect_raw()
        self.read_to_end(silent)
        self.assertEqual(self.metric("nexus_sessions"), 1)


class Many(Heads):
    options = {"sets": ["limits.handshakes=16"]}

    def test_the_one_that_waits_longest_goes(self):
        silent = [self.connect_raw() for _ in range(16)]
        self.metric("nexus_sessions")  # one more, for a moment
        self.assertEqual(self.read_to_end(silent[0]), b"")
        self.assertEqual(self.metric(
            'nexus_refusals_total{limit="limits.handshakes"}'), 1)
        for sock in silent[1:]:
            sock.sendall(head(*UPGRADE))
            self.assertRegex(self.read_some(sock), rb"^HTTP/1\.1 101 ")

    def test_stopping_ends_all(self):
        silent = [self.connect_raw(data) for data in (b"", b"GET /", b"\n")]
        self.assertRegex(self.read_to_end(silent[2]), rb"^HTTP/1\.1 400 ")
        self.server.stop()
        for sock in silent[:2]:
            self.assertEqual(self.read_to_end(sock), b"")


class Large(Heads):
    options = {"sets": ["limits.header_bytes=16384"]}

    def test_a_higher_limit_holds_for_all_headers(self):
        for header in ("Cookie: a=", "X-Forwarded-For: ",
                       "Authorization: Bearer "):
            line = header + "x" * 15_000
            sock = self.connect_raw(head(*UPGRADE, line))
            self.assertRegex(self.read_some(sock), rb"^HTTP/1\.1 101 ")
            sock = self.connect_raw(get("/health/live", line))
            self.assertRegex(self.read_some(sock), rb"^HTTP/1\.1 200 ")
        sock = self.connect_raw(head(*UPGRADE, "Cookie: " + "x" * 17_000))
        self.expect_refused(
            self.read_to_end(sock), 431, "limits.header_bytes")


if __name__ == "__main__":
    harness.main()
