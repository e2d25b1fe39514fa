"""TLS: beside clear text and alone, its rules, and client certificates."""

import asyncio
import http.client
import json
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest

import certificates
import harness
from rawclient import RawClient


class TlsTest(harness.ServerTest):
    sets = ()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nexus-tls-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.authority = certificates.Authority(self.folder, "server")
        self.options = {"sets": self.authority.sets(*self.more_sets())}
        super().setUp()
        self.port = certificates.tls_port(self.server)
        self.context = self.authority.context()

    def more_sets(self):
        return self.sets

    async def connect_tls(self, user, context=None):
        url = f"wss://localhost:{self.port}/ws?user_id={user}&token=t"
        socket = await harness.dial(url, ssl=context or self.context)
        self.addAsyncCleanup(socket.close)
        client = harness.Client(socket)
        client.welcome = await client.expect("system.message")
        return client

    def wrap(self, context):
        """A TLS connection that has shaken hands."""
        sock = socket.create_connection(
            ("127.0.0.1", self.port), harness.DEADLINE)
        self.addCleanup(sock.close)
        tls = context.wrap_socket(sock, server_hostname="localhost")
        self.addCleanup(tls.close)
        return tls

    def refused(self, context):
        """In TLS 1.3 a client learns of it when it reads."""
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            tls = self.wrap(context)
            tls.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            if not tls.recv(1):
                raise ConnectionError


FREE = ["limits.messages_per_second=0", "limits.bytes_per_second=0"]


class Beside(TlsTest):
    sets = FREE

    async def test_clear_text_clients_of_both_meet(self):
        clear = await self.connect("clear")
        safe = await self.connect_tls("safe")
        await clear.ack("room.join", room_id="r")
        await safe.ack("room.join", room_id="r")
        await clear.ack("room.broadcast", room_id="r", text="from clear")
        await safe.ack("room.broadcast", room_id="r", text="from safe")
        for client in (clear, safe):
            await client.expect("room.broadcast", text="from clear")
            await client.expect("room.broadcast", text="from safe")

    async def test_long_messages_arrive_whole_both_ways(self):
        client = await self.connect_tls("alice")
        await client.ack("room.join", room_id="r")
        for size in (1, 16000, 16384, 16385, 60000):
            await client.ack("room.broadcast", room_id="r", text="x" * size)
            event = await client.expect("room.broadcast")
            self.assertEqual(len(event["text"]), size)

    async def test_flood_is_answered_to_the_last_message(self):
        client = await self.connect_tls("alice")
        for n in range(3000):
            await client.send("ping", n=n)
        seen = [e["n"] for e in await client.settle()
                if e["event_type"] == "pong"]
        self.assertEqual(seen, sorted(seen))

    async def test_slow_consumer_costs_no_one_else(self):
        writer = await self.connect_tls("writer")
        await writer.ack("room.join", room_id="r")
        with RawClient(self.server, "sleeper", port=self.port,
                       tls=self.context) as sleeper:
            sleeper.expect("system.message")
            sleeper.send("room.join", room_id="r")
            sleeper.expect("room.join")
            for n in range(300):
                await writer.ack(
                    "room.broadcast", room_id="r", text="x" * 30000)
            self.server.wait_for_line(r"client reads too slowly.*sleeper\b")
        events = [e for e in await writer.settle()
                  if e["event_type"] == "room.broadcast"]
        self.assertEqual([e["offset"] for e in events],
                         list(range(1, 301)))

    def test_http_requests_share_a_connection(self):
        link = http.client.HTTPSConnection(
            "localhost", self.port, context=self.context,
            timeout=harness.DEADLINE)
        self.addCleanup(link.close)
        for _ in range(3):
            link.request("GET", "/api/ws/stats")
            answer = link.getresponse()
            self.assertEqual(answer.status, 200)
            self.assertIn("connections", json.load(answer))
        link.request("POST", "/api/nothing", body=b"x" * 50000)
        self.assertEqual(link.getresponse().status, 404)

    def test_the_wrong_protocol_ends_quickly(self):
        with socket.create_connection(("127.0.0.1", self.port)) as sock:
            sock.settimeout(harness.DEADLINE)
            sock.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            with self.assertRaises(ConnectionError):
                if b"HTTP" not in sock.recv(4096):
                    raise ConnectionError
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            sock = socket.create_connection(
                ("127.0.0.1", self.server.port), harness.DEADLINE)
            self.addCleanup(sock.close)
            self.context.wrap_socket(sock, server_hostname="localhost")
        self.assertEqual(self.server.http("/health/live")[0], 200)

    def test_connections_that_break_off_leave_nothing_behind(self):
        for cut in (0, 1, 5, 100, 250):
            for _ in range(20):
                hello = ssl.MemoryBIO()
                client = self.context.wrap_bio(
                    ssl.MemoryBIO(), hello, server_hostname="localhost")
                with self.assertRaises(ssl.SSLWantReadError):
                    client.do_handshake()
                with socket.create_connection(
                        ("127.0.0.1", self.port)) as sock:
                    sock.sendall(hello.read()[:cut])
        self.assertEqual(self.server.http("/health/live")[0], 200)


class Patient(TlsTest):
    sets = [*FREE, "limits.outbox_bytes=67108864"]

    async def test_slow_reader_gets_a_broadcast_intact(self):
        writer = await self.connect_tls("writer")
        await writer.ack("room.join", room_id="r")
        slow = RawClient(self.server, "slow", port=self.port,
                         tls=self.context, receive_buffer=4096)
        self.addCleanup(slow.sock.close)
        slow.expect("system.message")
        slow.send("room.join", room_id="r")
        slow.expect("room.join")
        sent = [("%04d" % n) * (5000 + n) for n in range(400)]  # 8 MB
        for text in sent:
            await writer.ack("room.broadcast", room_id="r", text=text)
        got = await asyncio.to_thread(
            lambda: [slow.expect("room.broadcast")["text"] for _ in sent])
        self.assertEqual(got, sent)


class Rules(TlsTest):
    def context_of(self, version, *, ciphers="DEFAULT@SECLEVEL=0"):
        context = self.authority.context()
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
        context.set_ciphers(ciphers)
        return context

    def test_old_versions_are_refused(self):
        result = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}",
             "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=harness.DEADLINE)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("alert protocol version", result.stderr)
        with self.wrap(self.context_of(ssl.TLSVersion.TLSv1_2)) as tls:
            self.assertEqual(tls.version(), "TLSv1.2")
        with self.wrap(self.context) as tls:
            self.assertEqual(tls.version(), "TLSv1.3")

    def test_weak_ciphers_are_refused(self):
        version = ssl.TLSVersion.TLSv1_2
        for ciphers in ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"):
            self.refused(self.context_of(version, ciphers=ciphers))
        for ciphers in ("ECDHE-ECDSA-AES128-GCM-SHA256",
                        "ECDHE-ECDSA-CHACHA20-POLY1305"):
            self.wrap(self.context_of(version, ciphers=ciphers))

    def test_only_http_1_1_is_spoken(self):
        self.context.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(
            self.wrap(self.context).selected_alpn_protocol(), "http/1.1")
        self.context.set_alpn_protocols(["h2"])
        self.assertIsNone(
            self.wrap(self.context).selected_alpn_protocol())

    def test_sessions_are_not_resumed_and_nothing_is_compressed(self):
        context = self.context_of(ssl.TLSVersion.TLSv1_2)
        first = self.wrap(context)
        self.assertIsNone(first.compression())
        sock = socket.create_connection(("127.0.0.1", self.port))
        self.addCleanup(sock.close)
        with context.wrap_socket(sock, server_hostname="localhost",
                                 session=first.session) as second:
            self.assertFalse(second.session_reused)

    def test_renegotiation_is_refused(self):
        client = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}",
             "-tls1_2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.addCleanup(client.stdout.close)
        client.stdin.write(b"R\n")
        client.stdin.flush()
        text, _ = client.communicate(timeout=harness.DEADLINE)
        self.assertIn(b"no renegotiation", text)


class Newest(TlsTest):
    sets = ["tls.min_version=1.3", "listen.port=-1"]

    async def test_alone_and_of_the_newest_version_only(self):
        self.assertEqual(self.server.port, self.port)
        self.assertNotIn("scheme=ws ", self.server.log())
        self.assertIn(f"wss://127.0.0.1:{self.port}/ws", self.server.log())
        await self.connect_tls("alice")
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.refused(self.context)


class Clients(TlsTest):
    def more_sets(self):
        self.clients = certificates.Authority(self.folder, "clients")
        return [f"tls.client_ca={self.clients.file}"]

    async def test_with_a_certificate_are_let_in_and_others_not(self):
        self.refused(self.context)
        stranger = self.authority.context()
        stranger.load_cert_chain(*self.authority.sign("stranger"))
        self.refused(stranger)
        known = self.authority.context()
        known.load_cert_chain(*self.clients.sign("known"))
        await self.connect_tls("alice", known)


class Failures(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nexus-tls-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.authority = certificates.Authority(self.folder, "server")

    def fails(self, sets, *words, check=False):
        options = [x for item in sets for x in ("--set", item)]
        result = subprocess.run(
            [str(harness.BUILD / "nexusd"), *options,
             *(["--check"] if check else [])],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=harness.DEADLINE, cwd=self.folder)
        self.assertEqual(result.returncode, 1, result.stderr)
        errors = [line for line in result.stderr.splitlines()
                  if "error" in line]
        self.assertEqual(len(errors), 1, result.stderr)
        for word in words:
            self.assertIn(word, errors[0])

    def test_file_that_is_not_there(self):
        for name in ("tls.certificate", "tls.key", "tls.client_ca"):
            self.fails([*self.authority.sets(), f"{name}=no.pem"],
                       f"setting={name}", "file=no.pem",
                       "No such file or directory")

    def test_key_of_another_certificate(self):
        other = certificates.Authority(self.folder, "other")
        sets = [*self.authority.sets(), f"tls.key={other.key}"]
        for check in (False, True):
            self.fails(sets, "setting=tls.key", str(other.key),
                       "not that of tls.certificate", check=check)

    def test_settings_that_do_not_go_together(self):
        self.fails(["listen.tls_port=0"], "listen.tls_port",
                   "set tls.certificate")
        self.fails(["tls.certificate=x.pem"], "listen.tls_port")
        self.fails(["listen.port=-1"], "nowhere to listen")
        self.fails([*self.authority.sets(), "listen.address=0.0.0.0"],
                   "auth.mode", '"dev"')

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.fails([*self.authority.sets(), "listen.port=0",
                        f"listen.tls_port={port}"],
                       "setting=listen.tls_port", f"port={port}")


if __name__ == "__main__":
    harness.main()
