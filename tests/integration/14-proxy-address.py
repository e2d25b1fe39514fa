"""Where a client is, when a proxy speaks for it."""

import os
import socket
import tempfile

import harness
import rawclient


class Addresses(harness.ServerTest):
    """Nobody is let in here, and the log says who was not."""

    def more_sets(self):
        return ()

    def setUp(self):
        self.options = {"sets": ["auth.mode=token", *self.more_sets()]}
        super().setUp()

    def seen(self, user, *headers):
        sock = rawclient.connect(
            self.server, f"/ws?user_id={user}&token=t", headers=headers)
        self.addCleanup(sock.close)
        self.assertEqual(rawclient.read_head(sock), 101)
        sock.recv(4096)
        line = self.server.wait_for_line(r"connection refused.*address=(\S+)")
        self.server.lines.clear()
        return line.group(1)


class Direct(Addresses):
    def test_nobody_is_believed(self):
        self.assertEqual(self.seen("a"), "127.0.0.1")
        self.assertEqual(
            self.seen("a", "X-Forwarded-For: 203.0.113.9"), "127.0.0.1")


class Proxied(Addresses):
    def more_sets(self):
        return ["listen.trusted_proxies=127.0.0.1, 10.0.0.0/8"]

    def test_the_last_address_that_is_no_proxy_counts(self):
        for header, address in (
                ("203.0.113.9", "203.0.113.9"),
                ("1.1.1.1, 203.0.113.9, 10.1.1.1", "203.0.113.9"),
                ("2001:db8::1", "2001:db8::1"),
                ("junk", "127.0.0.1"),
                ("203.0.113.9, junk", "127.0.0.1"),
                ("203.0.113.9, junk, 10.1.1.1", "10.1.1.1")):
            self.assertEqual(
                self.seen("a", f"X-Forwarded-For: {header}"), address)
        self.assertEqual(self.seen("a"), "127.0.0.1")

    def test_several_headers_are_one_list(self):
        self.assertEqual(
            self.seen("a", "X-Forwarded-For: 1.1.1.1",
                      "X-Forwarded-For: 203.0.113.9",
                      "X-Forwarded-For: 10.1.1.1"), "203.0.113.9")


class Unix(Addresses):
    def more_sets(self):
        self.folder = tempfile.TemporaryDirectory(prefix="nexus-unix-")
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "s")
        return [f"listen.unix={self.path}", "listen.trusted_proxies=unix"]

    def seen_unix(self, *headers):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(harness.DEADLINE)
            sock.connect(self.path)
            lines = ["GET /ws?user_id=a&token=t HTTP/1.1", "Host: x",
                     "Upgrade: websocket", "Connection: Upgrade",
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                     "Sec-WebSocket-Version: 13", *headers, "", ""]
            sock.sendall("\r\n".join(lines).encode())
            self.assertEqual(rawclient.read_head(sock), 101)
            sock.recv(4096)
        line = self.server.wait_for_line(r"connection refused.*address=(\S+)")
        self.server.lines.clear()
        return line.group(1)

    def test_on_a_unix_socket_it_is_the_only_source(self):
        self.assertEqual(self.seen_unix(), "unix")
        self.assertEqual(
            self.seen_unix("X-Forwarded-For: 203.0.113.9"), "203.0.113.9")
        self.assertEqual(
            self.seen("a", "X-Forwarded-For: 203.0.113.9"), "127.0.0.1")


if __name__ == "__main__":
    harness.main()
