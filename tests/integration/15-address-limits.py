"""How many connections one address may have, and how fast it may make them."""

import json
import os
import re
import socket
import ssl
import tempfile

import certificates
import harness
import rawclient

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
COUNTED = ["limits.address_exceptions=", "limits.connections_per_address=2",
           "limits.connects_per_second=0"]


def upgrade(*headers, path="/ws?user_id=a&token=t"):
    lines = [f"GET {path} HTTP/1.1", "Host: x", "Upgrade: websocket",
             "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY}",
             "Sec-WebSocket-Version: 13", *headers, "", ""]
    return "\r\n".join(lines).encode()


def get(*headers, path="/health/live"):
    return "\r\n".join(
        [f"GET {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


class Answer:
    """Status, headers and body of an HTTP answer, no byte more."""

    def __init__(self, sock):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = sock.recv(1)
            if not byte:
                raise EOFError(head)
            head += byte
        first, *lines = head.decode().split("\r\n")[:-2]
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in
                        (line.partition(":") for line in lines)}
        length = int(self.headers.get("content-length", 0))
        self.body = b""
        while len(self.body) < length:
            self.body += sock.recv(length - len(self.body))


class Addresses(harness.ServerTest):
    def from_address(self, address, port=None):
        sock = socket.create_connection(
            ("127.0.0.1", port or self.server.port), harness.DEADLINE,
            source_address=(address, 0))
        self.addCleanup(sock.close)
        return sock

    def ask(self, request, address="127.0.0.1"):
        """(answer, socket) of a new connection."""
        sock = self.from_address(address)
        sock.sendall(request)
        return Answer(sock), sock

    def expect_turned_away(self, answer, limit, code):
        self.assertEqual(answer.status, 429)
        self.assertEqual(answer.headers["content-type"],
                         "application/problem+json")
        self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
        problem = json.loads(answer.body)
        self.assertEqual(problem["code"], code)
        self.assertIn(limit, problem["detail"])

    def refused(self, limit):
        request = get("X-Forwarded-For: 203.0.113.250", path="/metrics")
        sock = self.from_address("127.0.0.250")
        sock.sendall(request)
        text = Answer(sock).body.decode()
        sock.close()
        found = re.search(
            r'nexus_refusals_total\{limit="%s"\} (\d+)' % limit, text)
        return int(found.group(1)) if found else 0

    def open_again(self, request, status, address="127.0.0.1"):
        """Until the server has seen that somebody went."""
        while True:
            try:
                answer, sock = self.ask(request, address)
            except (EOFError, ConnectionError):
                continue
            if answer.status == status:
                return sock
            sock.close()


class Direct(Addresses):
    options = {"sets": COUNTED}

    def test_one_more_is_turned_away(self):
        kept = [self.ask(upgrade())[1], self.ask(get())[1]]
        third = self.from_address("127.0.0.1")
        self.expect_turned_away(
            Answer(third), "limits.connections_per_address", "limit_exceeded")
        self.assertEqual(third.recv(1), b"")
        self.server.wait_for_line("refusing connections from an address.*"
                                  "address=127.0.0.1 limit=limits.connections")
        self.assertEqual(self.ask(upgrade(), "127.0.0.2")[0].status, 101)
        self.assertEqual(self.refused("limits.connections_per_address"), 1)
        kept[0].close()
        self.open_again(get(), 200)

    def test_nobody_is_believed_to_be_elsewhere(self):
        for _ in range(2):
            self.ask(upgrade())
        third = self.from_address("127.0.0.1")
        self.assertEqual(Answer(third).status, 429)

    def test_whoever_sends_nothing_counts(self):
        for _ in range(2):
            self.from_address("127.0.0.1")
        third = self.from_address("127.0.0.1")
        self.assertEqual(Answer(third).status, 429)


class Fast(Addresses):
    options = {"sets": ["limits.address_exceptions=10.0.0.0/8",
                        "limits.connects_per_second=1",
                        "limits.connects_burst=5"]}

    def test_too_many_at_once_are_turned_away(self):
        statuses = []
        for _ in range(50):
            sock = self.from_address("127.0.0.1")
            try:
                sock.sendall(get("Connection: close"))
                answer = Answer(sock)
            except ConnectionError:
                continue  # the end overtook the answer
            statuses.append(answer.status)
            if answer.status == 429:
                break
        self.assertGreaterEqual(statuses.count(200), 5)
        self.expect_turned_away(
            answer, "limits.connects_per_second", "rate_limited")
        self.assertEqual(self.ask(get(), "127.0.0.2")[0].status, 200)
        self.assertGreaterEqual(self.refused("limits.connects_per_second"), 1)


class Excepted(Addresses):
    options = {"sets": ["limits.connections_per_address=1",
                        "limits.connects_per_second=1",
                        "limits.connects_burst=1"]}

    def test_this_machine_may_have_any_number(self):
        for _ in range(20):
            self.assertEqual(self.ask(get())[0].status, 200)


class Tls(Addresses):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="nexus-tls-")
        self.addCleanup(folder.cleanup)
        self.authority = certificates.Authority(folder.name, "server")
        self.options = {"sets": [*COUNTED, *self.authority.sets()]}
        super().setUp()

    def secure(self):
        sock = self.from_address(
            "127.0.0.1", certificates.tls_port(self.server))
        return self.authority.context().wrap_socket(
            sock, server_hostname="localhost")

    def test_one_more_is_closed_before_its_handshake(self):
        kept = [self.secure(), self.secure()]
        with self.assertRaises((ssl.SSLError, OSError)):
            self.secure()
        for sock in kept:
            sock.sendall(get())
            self.assertEqual(Answer(sock).status, 200)
        self.assertEqual(self.refused("limits.connections_per_address"), 1)

    def test_half_a_handshake_that_ends_is_forgotten(self):
        for _ in range(10):
            sock = self.from_address(
                "127.0.0.1", certificates.tls_port(self.server))
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            while True:
                try:
                    if not sock.recv(4096):
                        break
                except ConnectionError:
                    break
            sock.close()
        self.open_again(get(), 200)


class Proxied(Addresses):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="nexus-unix-")
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "s")
        self.options = {"sets": [
            *COUNTED, "listen.trusted_proxies=127.0.0.1, unix",
            f"listen.unix={self.path}"]}
        super().setUp()

    def ask_unix(self, request):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(harness.DEADLINE)
        sock.connect(self.path)
        self.addCleanup(sock.close)
        sock.sendall(request)
        return Answer(sock), sock

    def test_clients_count_and_the_proxy_does_not(self):
        one = "X-Forwarded-For: 203.0.113.1"
        two = "X-Forwarded-For: 203.0.113.2"
        for header in (one, two):
            for _ in range(2):
                self.assertEqual(self.ask(upgrade(header))[0].status, 101)
        for request in (upgrade(one), get(two)):
            answer, sock = self.ask(request)
            self.expect_turned_away(
                answer, "limits.connections_per_address", "limit_exceeded")
            self.assertEqual(sock.recv(1), b"")
        self.assertEqual(self.refused("limits.connections_per_address"), 2)
        for _ in range(5):
            self.from_address("127.0.0.1")
        for _ in range(5):
            self.assertEqual(self.ask(get())[0].status, 200)

    def test_the_two_ways_of_a_client_count_together(self):
        header = "X-Forwarded-For: 2001:db8::1"
        self.assertEqual(self.ask(upgrade(header))[0].status, 101)
        answer, kept = self.ask_unix(upgrade(header))
        self.assertEqual(answer.status, 101)
        same = upgrade("X-Forwarded-For: 2001:db8::2")
        self.assertEqual(self.ask_unix(same)[0].status, 429)
        self.assertEqual(self.ask(same)[0].status, 429)
        kept.close()
        self.open_again(same, 101)

    def test_nobody_counts_on_a_unix_socket_without_the_header(self):
        for _ in range(5):
            self.assertEqual(self.ask_unix(upgrade())[0].status, 101)

    def test_a_connection_counts_for_the_request_it_carries(self):
        one = "X-Forwarded-For: 203.0.113.1"
        two = "X-Forwarded-For: 203.0.113.2"
        sockets = [self.ask(get(one))[1] for _ in range(5)]
        for sock in sockets:
            for header in (two, one):
                sock.sendall(get(header))
                self.assertEqual(Answer(sock).status, 200)
        sockets[0].sendall(upgrade(one))
        self.assertEqual(Answer(sockets[0]).status, 101)
        sockets[1].sendall(upgrade(one))
        self.assertEqual(Answer(sockets[1]).status, 101)
        sockets[2].sendall(upgrade(one))
        self.assertEqual(Answer(sockets[2]).status, 429)


if __name__ == "__main__":
    harness.main()
