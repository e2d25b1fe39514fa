"""Clients that behave badly on purpose, and one that does not.

An attack is a function of a server and a number of clients. It leaves none of
them behind; what is left on the server's side is looked at by the Siege.
"""

import contextlib
import json
import re
import resource
import socket
import struct
import threading
import time
import urllib.request

import harness
import rawclient
from rawclient import CLOSE, PING, TEXT, RawClient

SETS = ["limits.connections=20000", "limits.messages_per_second=0",
        "limits.bytes_per_second=0", "limits.outbox_bytes=262144",
        "limits.connections_per_user=10000", "overload.turn_ms=0",
        "heartbeat.interval=3600", "heartbeat.timeout=7200"]

REQUEST = (b"GET /ws?user_id=mallory&token=t HTTP/1.1\r\nHost: localhost\r\n"
           b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           b"Sec-WebSocket-Version: 13\r\n\r\n")


def allow_files(count):
    """The driver needs as many sockets as the attack has clients."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def dial(server, text=b"", **options):
    sock = socket.socket()
    sock.settimeout(harness.DEADLINE)
    for name, value in options.items():
        sock.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    sock.connect(("127.0.0.1", server.port))
    if text:
        sock.sendall(text)
    return sock


def reset(sock):
    """Ends a connection with RST instead of FIN, whatever waits in it."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    sock.close()


def frame(opcode, payload, announce=None):
    """A masked frame; announce: a length that is not that of the payload."""
    length = len(payload) if announce is None else announce
    if length < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
    else:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
    return head + bytes(4) + payload


def event(event_type, **fields):
    return frame(TEXT, json.dumps(
        {"event_type": event_type, **fields}).encode())


# --- attacks ---------------------------------------------------------------


def handshakes_byte_by_byte(server, count):
    socks = [dial(server) for _ in range(count)]
    for at in range(40):
        for sock in socks:
            sock.sendall(REQUEST[at:at + 1])
    for sock in socks:
        sock.close()


def frames_byte_by_byte(server, count):
    clients = [RawClient(server, f"m{n}") for n in range(count)]
    data = event("ping", n=1)
    for at in range(len(data) - 1):
        for client in clients:
            client.sock.sendall(data[at:at + 1])
    for client in clients:
        client.sock.close()


def half_closed(server, count):
    """They say that they will send no more, and wait for the server."""
    clients = [RawClient(server, f"m{n}") for n in range(count)]
    for client in clients:
        client.sock.shutdown(socket.SHUT_WR)
    for client in clients:
        while client.sock.recv(65536):
            pass
        client.sock.close()


def silent(server, count):
    """Half never says a word, half stops after the handshake."""
    socks = [dial(server) for _ in range(count // 2)]
    socks += [dial(server, REQUEST) for _ in range(count - len(socks))]
    for sock in socks[count // 2:]:
        rawclient.read_head(sock)
    for sock in socks:
        sock.close()


def deaf(server, count):
    """They ask and ask, and never read an answer."""
    socks = [dial(server, REQUEST, SO_RCVBUF=4096) for _ in range(count)]
    question = event("ping", pad="x" * 30000)
    for sock in socks:
        sock.settimeout(0.5)
        # The server stops reading at the latest when it hangs up.
        with contextlib.suppress(OSError):
            for _ in range(300):
                sock.sendall(question)
        reset(sock)


def pings(server, count):
    """Protocol Pings without end, and Pongs that nobody reads."""
    socks = [dial(server, REQUEST, SO_RCVBUF=4096) for _ in range(count)]
    flood = frame(PING, b"x" * 125) * 500
    for sock in socks:
        sock.settimeout(0.5)
        with contextlib.suppress(OSError):
            for _ in range(20):
                sock.sendall(flood)
        reset(sock)


def churn(server, count):
    """They come and go, politely or not."""
    for n in range(count):
        sock = dial(server, REQUEST)
        rawclient.read_head(sock)
        if n % 2 == 0:
            sock.sendall(frame(CLOSE, struct.pack("!H", 1000)))
        sock.close()


def wait_for_close(sock):
    """Reads until a Close frame of the server has come."""
    data = b""
    while CLOSE | 0x80 not in data[-200:]:
        piece = sock.recv(65536)
        if not piece:
            return
        data += piece


def resets(server, count):
    """RST in every state a connection can be in."""
    for _ in range(count):
        reset(dial(server))
        reset(dial(server, REQUEST[:100]))
        reset(dial(server, REQUEST))  # perhaps before it is answered

        sock = dial(server, REQUEST)
        rawclient.read_head(sock)
        reset(sock)  # the welcome is not read

        sock = dial(server, REQUEST + event("ping", pad="x" * 1000)[:500])
        rawclient.read_head(sock)
        reset(sock)

        sock = dial(server, REQUEST + frame(CLOSE, struct.pack("!H", 1000)))
        reset(sock)

        sock = dial(server, REQUEST + event("disconnect"))
        wait_for_close(sock)
        reset(sock)  # its Close frame is never answered

        sock = dial(server, REQUEST, SO_RCVBUF=4096)
        sock.sendall(event("ping", pad="x" * 20000) * 20)
        reset(sock)  # with answers queued


ATTACKS = [handshakes_byte_by_byte, frames_byte_by_byte, half_closed, silent,
           deaf, pings, churn, resets]


# --- what must not happen --------------------------------------------------


class Witness:
    """A client that does all right, in a thread: asks, is answered, asks."""

    def __init__(self, server):
        self.client = RawClient(server, "witness")
        self.client.expect("system.message")
        self.answers = 0
        self.error = None
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        try:
            while not self.ended.is_set():
                self.client.send("ping", n=self.answers)
                pong = self.client.expect("pong")
                if pong["n"] != self.answers:
                    raise AssertionError(f"{pong} instead of {self.answers}")
                self.answers += 1
        except Exception as error:
            self.error = error

    def stop(self):
        self.ended.set()
        self.thread.join(2 * harness.DEADLINE)
        self.client.sock.close()
        if self.error:
            raise AssertionError(f"the witness: {self.error!r}")


# Freed memory goes back at once: what is left is in use.
ENV = {"MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0"}


class Siege(harness.ServerTest):
    """Attacks a server, and looks whether it is then as it was before."""

    options = {"sets": SETS, "env": ENV}

    def setUp(self):
        allow_files(20000)
        super().setUp()
        self.witness = Witness(self.server)
        self.addCleanup(self.witness.stop)
        self.files = self.now()["process_open_fds"]

    def now(self):
        url = f"http://127.0.0.1:{self.server.port}/metrics"
        with urllib.request.urlopen(url, timeout=harness.DEADLINE) as answer:
            text = answer.read().decode()
        return {name: float(value) for name, value in re.findall(
            r"^([a-z_]+) (\S+)$", text, re.M)}

    def settle(self):
        """Until all sessions but the witness and all sockets are gone."""
        end = time.monotonic() + 2 * harness.DEADLINE
        while True:
            now = self.now()
            if (now["nexus_sessions"] == 1 and now["nexus_users"] == 1
                    and now["process_open_fds"] <= self.files
                    and now["nexus_queued_bytes"] < 65536):
                return now
            self.assertLess(time.monotonic(), end,
                            f"{now}, but {self.files} files before")

    def assert_survived(self, attack, count, *, allowed_kb=4096):
        """The first time may bring the memory to its level; from the second
        on it must not rise."""
        attack(self.server, count)
        self.settle()
        before = self.server.memory_kb()
        self.attack_and_be_served(attack, count)
        self.settle()
        self.assertLess(self.server.memory_kb() - before,
                        self.allowed_kb(allowed_kb))
        self.assertIsNone(self.witness.error)

    def attack_and_be_served(self, attack, count):
        """The witness has to be served during the attack. Of two answers the
        second was asked for in it, too. An attack may be so short that the
        witness' thread had no time to ask: then there is another one."""
        end = time.monotonic() + harness.DEADLINE
        answers = self.witness.answers
        attack(self.server, count)
        while self.witness.answers < answers + 2:
            self.assertIsNone(self.witness.error)
            self.assertLess(time.monotonic(), end,
                            "the witness is not served during an attack")
            answers = self.witness.answers
            attack(self.server, count)

    @staticmethod
    def allowed_kb(kb):
        """The sanitizer keeps what was freed for a while."""
        return kb + (300 * 1024 if "san" in harness.BUILD.name else 0)
