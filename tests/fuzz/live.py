#!/usr/bin/env python3
"""Many clients that misbehave at once, against the running server.

    tests/fuzz/live.py [--seconds 60] [--seed N] [--round N]

Each round is a handful of connections. Each begins as a valid conversation
(handshake, rooms, chat, close, or plain HTTP), is changed as messages, as
frames and as bytes, and is sent in pieces between those of the others, with
an end that is a FIN, an RST or none. All choices come from the seed and the
number of the round; --round repeats one of them alone.

After each round the server must run, a session that does nothing wrong must
get its pong, and sessions, descriptors and memory must be back where they
were. At the end SIGTERM must lead to exit code 0 without a word from a
sanitizer. The server is $NEXUS_BUILD/nexusd, by default that of build/asan.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import select
import socket
import struct
import sys
import time
import zlib

SOURCE = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("NEXUS_SOURCE", str(SOURCE))
os.environ.setdefault("NEXUS_BUILD", str(SOURCE / "build" / "asan"))
# Freed memory is kept back for a while; little of it, so that growth shows.
os.environ["ASAN_OPTIONS"] = ":".join(filter(None, [
    os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=8"]))
os.environ.setdefault(
    "LSAN_OPTIONS",
    f"suppressions={SOURCE}/tests/support/lsan.supp:print_suppressions=0")
os.environ.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
sys.path.insert(0, str(SOURCE / "tests" / "integration"))

import harness  # noqa: E402
from rawclient import RawClient, CLOSE, PING, PONG, TEXT  # noqa: E402

ROUND_SECONDS = 3      # of talking, at most
PATIENCE_SECONDS = 0.1 # until a client goes on without an answer
WARM_UP = 30           # rounds until memory has found its level
GROWTH_KB = 64 * 1024  # above it
MESSAGE_BYTES = 4096   # limits.message_bytes

SETTINGS = [
    f"limits.message_bytes={MESSAGE_BYTES}", "limits.outbox_bytes=65536",
    "limits.messages_per_second=1000", "limits.rooms=200",
    # What was said is history, which may grow up to here.
    "engine.memory_bytes=1048576", "engine.memory_logs=100",
    "engine.memory_facts=1000", "history.max_records=20",
    "deflate.enabled=true", "deflate.min_bytes=50",
]
CHAT = ('{ name = "chat"; history = 20; members = 20; cache_bytes = 1048576; '
        "cache_conversations = 50; }")

# --- what a client may say -------------------------------------------------

USERS = ["alice", "bob", "carol", "a%20b", "%C3%A4"]
ROOMS = ["a", "b", "private-c", "ä", "x" * 128]
WORDS = ["", "hello", "ä€😀", "\\", '"', "\n", "\x7f", "y" * 300, "@id"]
ODD = [None, True, -1, 0, 2 ** 53, 2 ** 63 - 1, 1e300, [], {}, "", [[[[]]]],
       {"a": {"b": [1]}}, "\x00", "\ud800"]


def word(rng):
    return rng.choice(WORDS)


EVENTS = {
    "ping": lambda r: {"n": r.randrange(9)},
    "pong": lambda r: {},
    "connect": lambda r: {"user_id": r.choice(USERS), "token": "t"},
    "disconnect": lambda r: {},
    "system.ack": lambda r: {"room": "room:a", "offset": r.randrange(9)},
    "room.join": lambda r: {"room_id": r.choice(ROOMS), "username": word(r)},
    "room.leave": lambda r: {"room_id": r.choice(ROOMS)},
    "room.broadcast": lambda r: {"room_id": r.choice(ROOMS), "x": word(r),
                                 "echo": r.choice([True, False])},
    "chat.message": lambda r: {
        "conversation_id": r.choice(ROOMS), "content": word(r),
        "client_id": f"k{r.randrange(5)}", "mentions": [r.choice(USERS)]},
    "chat.edit": lambda r: {"message_id": "m0", "content": word(r)},
    "chat.delete": lambda r: {"message_id": "m0"},
    "chat.typing": lambda r: {"conversation_id": r.choice(ROOMS),
                              "is_typing": r.choice([True, False])},
    "chat.read": lambda r: {"conversation_id": r.choice(ROOMS),
                            "seq": r.randrange(1, 9)},
    "chat.history": lambda r: {"conversation_id": r.choice(ROOMS),
                               "limit": r.randrange(1, 9)},
    "chat.join": lambda r: {"conversation_id": r.choice(ROOMS)},
    "chat.leave": lambda r: {"conversation_id": r.choice(ROOMS)},
    "chat.invite": lambda r: {"conversation_id": r.choice(ROOMS),
                              "user_id": r.choice(USERS)},
    "chat.members": lambda r: {"conversation_id": r.choice(ROOMS)},
    "chat.list": lambda r: {},
}


def make_event(rng):
    event_type = rng.choice(sorted(EVENTS))
    event = {"event_type": event_type, **EVENTS[event_type](rng)}
    if rng.random() < 0.7:
        event["ref"] = f"r{rng.randrange(99)}"
    return event


def change_event(rng, event):
    """A JSON text that is mostly no longer what the server expects."""
    kind = rng.randrange(7)
    key = rng.choice(list(event))
    if kind == 0:
        event[key] = rng.choice(ODD)
    elif kind == 1:
        del event[key]
    elif kind == 2:
        event[f"unknown{rng.randrange(3)}"] = rng.choice(ODD)
    text = json.dumps(event, ensure_ascii=rng.random() < 0.5)
    if kind == 3:
        text = text[:-1] + "," + text[1:]  # every key twice
    elif kind == 4:
        depth = rng.choice([5, 31, 33, 200])
        text = "[" * depth + text + "]" * depth
    elif kind == 5:
        text = text[:rng.randrange(len(text) + 1)]
    elif kind == 6:
        text += " " * rng.choice([1, MESSAGE_BYTES - 300, MESSAGE_BYTES])
    return text.encode("utf-8", "surrogatepass")


# --- frames ----------------------------------------------------------------

RSV1 = 4
OFFER = b"permessage-deflate"


def pack(rng, text):
    stream = zlib.compressobj(rng.choice([0, 1, 9]), zlib.DEFLATED, -15)
    return (stream.compress(text) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


def unpack(data):
    return zlib.decompressobj(-15).decompress(data + b"\0\0\xff\xff")


class Frame:
    def __init__(self, opcode, payload=b"", fin=True):
        self.opcode = opcode
        self.payload = payload
        self.fin = fin
        self.rsv = 0
        self.masked = True
        self.length = None  # announced; None: the true one
        self.wide = 0       # bytes of the length at least

    def encode(self, rng):
        length = len(self.payload) if self.length is None else self.length
        first = (0x80 if self.fin else 0) | self.rsv << 4 | self.opcode
        bit = 0x80 if self.masked else 0
        if length < 126 and self.wide < 2:
            head = struct.pack("!BB", first, bit | length)
        elif length < 65536 and self.wide < 8:
            head = struct.pack("!BBH", first, bit | 126, length)
        else:
            head = struct.pack("!BBQ", first, bit | 127, length)
        if not self.masked:
            return head + self.payload
        key = rng.randbytes(4)
        return head + key + bytes(
            b ^ key[i % 4] for i, b in enumerate(self.payload))


def split_frame(rng, frame):
    """The same message in pieces, perhaps with something between."""
    pieces = []
    rest = frame.payload
    opcode = frame.opcode
    while rest or not pieces:
        cut = rng.choice([0, 1, 2, rng.randrange(len(rest) + 1), len(rest)])
        pieces.append(Frame(opcode, rest[:cut], fin=False))
        rest = rest[cut:]
        opcode = 0
        if rng.random() < 0.2:
            pieces.append(Frame(rng.choice([PING, PONG]),
                                rng.randbytes(rng.randrange(126))))
    pieces.append(Frame(0, b""))
    pieces[0].rsv = frame.rsv
    return pieces


def change_frame(rng, frame):
    kind = rng.randrange(10)
    if kind == 0:
        return split_frame(rng, frame)
    if kind == 1:
        frame.fin = not frame.fin
    elif kind == 2:
        frame.opcode = rng.randrange(16)
    elif kind == 3:
        frame.rsv = rng.randrange(8)
    elif kind == 4:
        frame.masked = False
    elif kind == 5:
        frame.length = rng.choice([
            0, 125, 126, 65535, 65536, 2 ** 31, 2 ** 63 - 1, 2 ** 63,
            2 ** 64 - 1, max(0, len(frame.payload) + rng.randrange(-3, 4))])
    elif kind == 6:
        frame.wide = rng.choice([2, 8])
    elif kind == 7:
        return [frame, frame]
    elif kind == 8:
        code = rng.choice([0, 999, 1000, 1004, 1005, 1006, 1015, 2999, 4999])
        frame.opcode = CLOSE
        frame.payload = struct.pack("!H", code) + rng.choice(
            [b"", b"bye", b"\xff", b"z" * 123, b"z" * 124])
    else:
        frame.payload = rng.choice([
            b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\x80",
            frame.payload[:-1], b"\xef\xbb\xbf" + frame.payload,
            b"\x00" * 200])
    return [frame]


def change_bytes(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5])):
        if not data:
            break
        at = rng.randrange(len(data))
        end = min(len(data), at + rng.choice([1, 4, 16, 200]))
        kind = rng.randrange(5)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            del data[at:end]
        elif kind == 3:
            data[at:at] = data[at:end]
        else:
            data[at:at] = rng.randbytes(rng.choice([1, 2, 8, 64]))
    return bytes(data)


# --- conversations ---------------------------------------------------------


def handshake(rng):
    query = rng.choice([
        f"user_id={rng.choice(USERS)}&token=t", "", "token=t",
        f"user_id={rng.choice(USERS)}&device_id=d{rng.randrange(3)}"])
    lines = [f"GET /ws{'?' if query else ''}{query} HTTP/1.1", "Host: x",
             "Upgrade: websocket", "Connection: Upgrade",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
             "Sec-WebSocket-Version: 13"]
    if rng.random() < 0.2:
        lines.append("Sec-WebSocket-Protocol: nexus.v1, bearer.abc")
    if rng.random() < 0.5:
        lines.append("Sec-WebSocket-Extensions: permessage-deflate"
                     + rng.choice(["", "; client_max_window_bits", "; x=1"]))
    if rng.random() < 0.1:
        lines.insert(rng.randrange(1, len(lines)), rng.choice([
            "Sec-WebSocket-Version: 8", "Host: y", "Content-Length: 5",
            "Upgrade: h2c", "Transfer-Encoding: chunked", "X: " + "y" * 5000]))
    return "".join(line + "\r\n" for line in [*lines, ""]).encode()


def http_requests(rng):
    data = b""
    for _ in range(rng.randrange(1, 4)):
        method = rng.choice(["GET", "GET", "HEAD", "POST", "DELETE", "BREW"])
        path = rng.choice([
            "/api/ws/stats", "/api/ws/online?limit=3&after=a", "/health/live",
            "/api/ws/rooms/a", "/api/ws/rooms/%C3%A4", "/health/ready", "/ws",
            "/nothing", "/api/ws/rooms/%zz", "/metrics"])
        body = rng.choice([b"", b"{}", b"[" * 50, rng.randbytes(20)])
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n"
        if body or method == "POST":
            length = len(body) + rng.choice([0, 0, 0, 1, -1])
            head += (f"Content-Length: {length}\r\n"
                     "Content-Type: application/json\r\n")
        data += head.encode() + b"\r\n" + body
    return data


def frames_of(rng, packed):
    frames = []
    for _ in range(rng.choice([1, 3, 8, 20])):
        event = make_event(rng)
        changed = rng.random() < 0.2
        text = (change_event(rng, event) if changed
                else json.dumps(event).encode())
        frames.append(Frame(TEXT, text))
        if packed and rng.random() < 0.5:
            text += b" " * rng.choice([0, 0, 0, MESSAGE_BYTES, 10 ** 6])
            frames[-1].payload = pack(rng, text)
            frames[-1].rsv = RSV1
        if rng.random() < 0.1:
            frames.append(Frame(rng.choice([PING, PONG]),
                                rng.randbytes(rng.choice([0, 4, 125]))))
    frames.append(Frame(CLOSE, struct.pack("!H", 1000)))
    return frames


class Conversation:
    """The bytes of one connection and how they are to be sent."""

    def __init__(self, rng):
        self.websocket = rng.random() < 0.85
        self.frames = []
        if not self.websocket:
            self.data = http_requests(rng)
        else:
            self.opening = handshake(rng)
            # What no client may do: to go on before the answer is there.
            self.waits = rng.random() < 0.9
            self.frames = self._frames(rng, OFFER in self.opening)
            self.data = b"".join(frame.encode(rng) for frame in self.frames)
        self.bytes_changed = rng.random() < 0.3
        if self.websocket and rng.random() < 0.1:
            self.opening = change_bytes(rng, self.opening)
        if self.bytes_changed:
            self.data = change_bytes(rng, self.data)
        self.end = rng.choice(["fin", "rst", "half", "wait"])
        self.rst_at = (rng.randrange(len(self.data) + 1)
                       if self.end == "rst" else None)
        self.deaf = rng.random() < 0.15
        self.piece = rng.choice([1, 7, 100, 1500, 100000])

    @staticmethod
    def _frames(rng, packed):
        frames = frames_of(rng, packed)
        if rng.random() < 0.5:
            return frames
        for _ in range(rng.choice([1, 1, 3])):
            at = rng.randrange(len(frames))
            frames[at:at + 1] = change_frame(rng, frames[at])
        if rng.random() < 0.3:
            a, b = rng.randrange(len(frames)), rng.randrange(len(frames))
            frames[a], frames[b] = frames[b], frames[a]
        return frames


# --- what the server may say -----------------------------------------------


def check_close(payload, where):
    if not payload:
        return
    assert len(payload) >= 2, f"{where}: a Close of one byte"
    code, = struct.unpack("!H", payload[:2])
    payload[2:].decode()
    assert (1000 <= code <= 1011 and code not in (1004, 1005, 1006)
            or 3000 <= code < 5000), f"{where}: closed with {code}"


def check_frames(data, where, check_code, packed):
    """Frames of a server: final, not masked, whole but for the last one, and
    perhaps compressed. Returns how many events they carry."""
    closed = False
    events = 0
    while len(data) >= 2:
        first, length = data[0], data[1]
        is_packed = packed and first & 0x4f == RSV1 << 4 | TEXT
        assert first & 0xf0 == (0xc0 if is_packed else 0x80), (
            f"{where}: first byte {first:#x}")
        head = 2 + {126: 2, 127: 8}.get(length, 0)
        if len(data) < head:
            break
        if length >= 126:
            length = int.from_bytes(data[2:head], "big")
        assert length < 1 << 24, f"{where}: a frame of {length} bytes"
        payload = data[head:head + length]
        if len(payload) < length:
            break
        opcode = first & 0x0f
        assert opcode in (TEXT, CLOSE, PING, PONG), f"{where}: {opcode}"
        assert opcode == TEXT or length <= 125, f"{where}: long control frame"
        assert not closed, f"{where}: a frame behind the Close"
        if opcode == TEXT:
            text = unpack(payload) if is_packed else payload
            event = json.loads(text.decode())
            events += 1
            assert event["event_type"], f"{where}: {event}"
            assert event.get("code") != "internal", f"{where}: {event}"
        elif opcode == CLOSE:
            closed = True
            if check_code:
                check_close(payload, where)
        data = data[head + length:]
    return events


def check_output(conversation, data, where):
    """Returns how many events were in it."""
    if not data:
        return 0
    assert data.startswith(b"HTTP/1."), f"{where}: {data[:80]!r}"
    head, found, rest = data.partition(b"\r\n\r\n")
    if found and b" 101 " in head.split(b"\r\n")[0]:
        # libwebsockets 4.1.6 keeps what its Close will say where the next
        # Ping is put, and says that then.
        pinged = conversation.bytes_changed or any(
            frame.opcode == PING for frame in conversation.frames)
        return check_frames(rest, where, not pinged, OFFER in head)
    return 0


# --- a connection ----------------------------------------------------------


class Connection:
    def __init__(self, port, conversation, name):
        self.conversation = conversation
        self.name = name
        self.received = b""
        self.sent = 0
        self.done = False
        self.ended = False  # by the server
        self.sock = socket.socket()
        if conversation.deaf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.open = True
        self.opened = time.monotonic()
        if conversation.websocket:
            self._send(conversation.opening)

    def _send(self, data):
        try:
            return self.sock.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self.done = True
            return 0

    def is_answered(self):
        return b"\r\n\r\n" in self.received

    def may_send(self):
        c = self.conversation
        return (not c.websocket or not c.waits or self.is_answered()
                or time.monotonic() > self.opened + PATIENCE_SECONDS)

    def step(self):
        """Sends the next piece; at the end, what the end is to be. Returns
        whether anything happened."""
        c = self.conversation
        before = self.sent, len(self.received), self.done
        if not self.done and self.may_send():
            stop = len(c.data) if c.rst_at is None else c.rst_at
            stop = min(stop, self.sent + c.piece)
            if stop > self.sent:
                self.sent += self._send(c.data[self.sent:stop])
            if self.sent == (len(c.data) if c.rst_at is None else c.rst_at):
                self.finish()
        self.read()
        return before != (self.sent, len(self.received), self.done)

    def finish(self):
        self.done = True
        if self.conversation.end == "rst":
            self.reset()
        elif self.conversation.end == "fin":
            self.read()
            self.close()
        elif self.conversation.end == "half":
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.close()

    def read(self):
        deaf = self.conversation.deaf and self.is_answered()
        if deaf or not self.open:
            return
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.received += data
        if not data:
            self.ended = True
            self.done = True

    def close(self):
        self.open = False
        self.sock.close()


# --- rounds ----------------------------------------------------------------


class Witness:
    """A session that does nothing wrong and must not notice the others."""

    def __init__(self, server):
        self.client = RawClient(server, "witness")
        self.client.expect("system.message", user_id="witness")
        self.client.send("room.join", room_id="a", ref="j1")
        self.client.expect("ack", ref="j1")
        self.client.send("chat.join", conversation_id="a", ref="j2")
        self.client.expect("ack", ref="j2")
        self.client.send("chat.join", conversation_id="b", ref="j3")
        self.client.expect("ack", ref="j3")
        self.pings = 0
        self.last = {}

    def settle(self):
        """Reads everything up to the answer to a ping."""
        self.pings += 1
        self.client.send("ping", settle=self.pings)
        while True:
            opcode, payload = self.client.read_frame()
            assert opcode != CLOSE, f"the witness was closed: {payload}"
            if opcode == PING:
                self.client.send_frame(PONG, payload)
            elif opcode == TEXT:
                event = json.loads(payload)
                self.check_order(event)
                if event.get("settle") == self.pings:
                    return

    def check_order(self, event):
        topic = event.get("room_id") or event.get("conversation_id")
        place = event.get("offset") or event.get("seq")
        if event["event_type"] in ("room.broadcast", "chat.message"):
            key = (event["event_type"], topic)
            assert place > self.last.get(key, 0), f"out of order: {event}"
            self.last[key] = place


def read_all(connections, seconds):
    """Until those who wait were answered or closed, for a moment."""
    until = time.monotonic() + seconds
    waiting = [c for c in connections if c.open and not c.ended
               and not c.conversation.deaf]
    while waiting and time.monotonic() < until:
        readable, _, _ = select.select(
            [c.sock for c in waiting], [], [], 0.05)
        if not readable:
            return
        for connection in waiting:
            if connection.sock in readable:
                connection.read()
        waiting = [c for c in waiting if not c.ended]


def play(server, rng, name, count):
    connections = []
    try:
        for n in range(rng.choice([1, 4, 8, 12])):
            conversation = Conversation(rng)
            connections.append(
                Connection(server.port, conversation, f"{name}.{n}"))
        until = time.monotonic() + ROUND_SECONDS
        active = connections
        while active and time.monotonic() < until:
            if not rng.choice(active).step():
                time.sleep(0.0005)
            active = [c for c in active if not c.done]
        read_all(connections, 1)
        for connection in connections:
            count["events"] += check_output(
                connection.conversation, connection.received, connection.name)
            count["connections"] += 1
    finally:
        for connection in connections:
            if connection.open and rng.random() < 0.5:
                connection.reset()
            elif connection.open:
                connection.close()


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def wait_until(condition, what):
    until = time.monotonic() + harness.DEADLINE
    while not condition():
        assert time.monotonic() < until, f"{what()} after the round"
        time.sleep(0.01)


class Level:
    """Where everything is when only the witness is there."""

    def __init__(self, server):
        self.server = server
        self.users = self.online()
        self.fds = descriptors(server)
        self.memory = None

    def online(self):
        status, _, answer = self.server.http("/api/ws/online")
        assert status == 200, status
        return sorted(json.dumps(user) for user in answer["users"])

    def check(self, number):
        wait_until(lambda: self.online() == self.users,
                   lambda: f"still online: {self.online()}")
        wait_until(lambda: descriptors(self.server) <= self.fds,
                   lambda: f"{descriptors(self.server)} descriptors, "
                           f"not {self.fds}")
        memory = self.server.memory_kb()
        if number == WARM_UP:
            self.memory = memory
        assert self.memory is None or memory < self.memory + GROWTH_KB, (
            f"{memory} KB of memory, {self.memory} at first")
        return memory


def check_round(server, witness, level, number):
    assert server.process.poll() is None, "the server has ended"
    witness.settle()
    return level.check(number)


def run(arguments):
    server = harness.Server(plugins=(CHAT,), sets=SETTINGS)
    with server:
        witness = Witness(server)
        level = Level(server)
        until = time.monotonic() + arguments.seconds
        number = arguments.round or 0
        count = {"connections": 0, "events": 0}
        first = server.memory_kb()
        memory = first
        while time.monotonic() < until:
            where = f"{arguments.seed}:{number}"
            try:
                play(server, random.Random(where), where, count)
                memory = check_round(server, witness, level, number)
            except BaseException:
                print(f"live: failed; again with --seed {arguments.seed} "
                      f"--round {number}\n{server.log()}", file=sys.stderr)
                raise
            number += 1
            if arguments.round is not None:
                break
        print(f"live: {number} rounds, {count['connections']} connections, "
              f"{count['events']} events heard, "
              f"memory {first} to {memory} KB", flush=True)
    text = server.log()
    for sign in ("Sanitizer", "runtime error:", "Z error "):
        assert sign not in text, text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--round", type=int, help="this round only")
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = random.SystemRandom().randrange(1 << 32)
    print(f"live: --seed {arguments.seed}", flush=True)
    run(arguments)


if __name__ == "__main__":
    main()
