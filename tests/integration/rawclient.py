"""A WebSocket client on a bare socket, which does only what it is told to.

Libraries answer Pings, check what they send and read without being asked.
This one sends any frame it is given, and lets the server's wait.
"""

import base64
import json
import os
import socket
import struct

import harness

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def connect(server, target, *, receive_buffer=None, headers=(), port=None,
            tls=None):
    """A socket with an upgrade request on its way; tls is an SSLContext."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(harness.DEADLINE)
    if receive_buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.connect(("127.0.0.1", port or server.port))
    if tls is not None:
        sock = tls.wrap_socket(sock, server_hostname="localhost")
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {target} HTTP/1.1", "Host: localhost",
             "Upgrade: websocket", "Connection: Upgrade",
             f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
             *headers]
    sock.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
    return sock


def read_head(sock):
    """The status of an HTTP answer; what follows its headers stays."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            break
        head += byte
    return int(head.split()[1]) if head else None


class RawClient:
    """Open after construction; use as a context manager."""

    def __init__(self, server, user, **options):
        self.sock = connect(server, f"/ws?user_id={user}&token=t", **options)
        status = read_head(self.sock)
        if status != 101:
            self.sock.close()
            raise AssertionError(f"upgrade answered with {status}")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.sock.close()

    def send_frame(self, opcode, payload=b"", **options):
        self.sock.sendall(self.frame(opcode, payload, **options))

    @staticmethod
    def frame(opcode, payload=b"", *, fin=True, mask=True, rsv=0):
        first = (0x80 if fin else 0) | rsv << 4 | opcode
        bit = 0x80 if mask else 0
        if len(payload) < 126:
            head = struct.pack("!BB", first, bit | len(payload))
        elif len(payload) < 65536:
            head = struct.pack("!BBH", first, bit | 126, len(payload))
        else:
            head = struct.pack("!BBQ", first, bit | 127, len(payload))
        key = os.urandom(4) if mask else b""
        data = (bytes(b ^ key[i % 4] for i, b in enumerate(payload))
                if mask else payload)
        return head + key + data

    def send_at_once(self, *events):
        """(event_type, fields) of each, in one write."""
        self.sock.sendall(b"".join(
            self.frame(TEXT, json.dumps({"event_type": kind, **fields})
                       .encode())
            for kind, fields in events))

    def send(self, event_type, **fields):
        text = json.dumps({"event_type": event_type, **fields})
        self.send_frame(TEXT, text.encode())

    def _read(self, count):
        data = b""
        while len(data) < count:
            piece = self.sock.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def read_frame(self):
        """(opcode, payload) of the server's next frame."""
        first, second = self._read(2)
        length = second & 0x7f
        if length == 126:
            length, = struct.unpack("!H", self._read(2))
        elif length == 127:
            length, = struct.unpack("!Q", self._read(8))
        return first & 0x0f, self._read(length)

    def expect(self, event_type, **fields):
        """Reads on to an event, answering nothing."""
        while True:
            opcode, payload = self.read_frame()
            if opcode == CLOSE:
                raise AssertionError(f"no {event_type}, but closed: {payload}")
            if opcode != TEXT:
                continue
            event = json.loads(payload)
            if event["event_type"] == event_type and all(
                    event.get(k) == v for k, v in fields.items()):
                return event

    def closed(self):
        """Reads to the end; the code of the Close frame, None without."""
        code = None
        try:
            while True:
                opcode, payload = self.read_frame()
                if opcode == CLOSE:
                    code = struct.unpack("!H", payload[:2])[0]
                    self.send_frame(CLOSE, payload[:2])
        except (EOFError, ConnectionError):
            return code
