"""An open WebSocket, and what a case can ask of it.

The server's `ping` event serves as echo: its `pong` has the same fields, so
it shows that a message was understood, and understood whole.
"""

import itertools
import json
import struct

from check import Failure, check, equal, one_of
from frames import (BINARY, CLOSE, CONTINUATION, PING, PONG, RSV1, TEXT,
                    BadFrame, close_payload, frame, read_frame)
from peer import Ended

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
DEFINED = (*range(1000, 1004), *range(1007, 1015))

numbers = itertools.count(1)


class Closed(Failure):
    """The server has sent a Close frame where something else was awaited."""

    def __init__(self, code, reason):
        super().__init__(f"closed with {code}: {reason}")
        self.code = code
        self.reason = reason


def event(**fields):
    """A ping event as bytes, with a number of its own unless it is given."""
    fields = {"event_type": "ping", **fields}
    return json.dumps(fields, ensure_ascii=False,
                      separators=(",", ":")).encode()


def event_of_size(size):
    """A ping event of exactly so many bytes, no two halves of it alike."""
    least = len(event(n=next(numbers), p=""))
    check(size >= least, f"no event has {size} bytes")
    empty = event(n=next(numbers), p="")
    pad = (LETTERS * (size // len(LETTERS) + 1))[:size - len(empty)]
    return empty[:-2] + pad.encode() + empty[-2:]


class Session:
    def __init__(self, peer, answer, inflate=None):
        self.peer = peer
        self.answer = answer
        self.inflate = inflate  # of the server's messages; None: no deflate
        self.pongs = []  # payloads of Pongs that were not waited for
        self.sent_close = False

    # --- out

    def send(self, opcode, payload=b"", **options):
        self.sent_close = self.sent_close or opcode == CLOSE
        self.peer.send(frame(opcode, payload, **options))

    def send_raw(self, *pieces):
        self.peer.send(b"".join(pieces))

    # --- in

    def next_frame(self):
        """The next frame; Pings are answered, a Close is an exception."""
        while True:
            got = read_frame(self.peer, RSV1 if self.inflate else 0)
            if got.opcode == CLOSE:
                raise Closed(*self._read_close(got.payload))
            if got.opcode != PING:
                return got
            self.peer.send(frame(PONG, got.payload))

    @staticmethod
    def _read_close(payload):
        """(code, reason) of a Close frame that a server may send."""
        if not payload:
            return None, ""
        if len(payload) == 1:
            raise BadFrame("a Close frame has half a code")
        code, = struct.unpack("!H", payload[:2])
        if not (code in DEFINED or 3000 <= code <= 4999):
            raise BadFrame(f"{code} must not be in a Close frame")
        try:
            return code, payload[2:].decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadFrame("the reason of a Close frame is no UTF-8"
                           ) from error

    def next_message(self):
        """The next message as bytes; Pongs on the way are kept."""
        message, compressed = None, False
        while True:
            got = self.next_frame()
            if got.opcode == PONG:
                self.pongs.append(got.payload)
                continue
            check(got.opcode != BINARY, "the server sends a binary message")
            if (got.opcode == CONTINUATION) != (message is not None):
                raise BadFrame("a fragment is out of order")
            if got.opcode == TEXT:
                message, compressed = b"", bool(got.rsv & RSV1)
            elif got.rsv:
                raise BadFrame("RSV1 on a fragment that is not the first")
            message += got.payload
            if got.fin:
                return self.inflate(message) if compressed else message

    def next_event(self):
        try:
            return json.loads(self.next_message().decode("utf-8"))
        except UnicodeDecodeError as error:
            raise BadFrame(f"a text is no UTF-8: {error}") from error

    def read_welcome(self):
        welcome = self.next_event()
        equal(welcome["event_type"], "system.message", "the first event")
        return welcome

    # --- questions

    def expect_echo(self, sent):
        """The pong to an event, with all its fields and nothing before."""
        wanted = json.loads(sent.decode("utf-8"))
        got = self.next_event()
        check(got.get("event_type") == "pong", f"{str(got)[:200]} is no pong")
        for name, value in wanted.items():
            if name != "event_type":
                check(got.get(name) == value,
                      f"{name} came back as {str(got.get(name))[:80]!r}, "
                      f"not {str(value)[:80]!r}")

    def expect_error(self, *codes):
        got = self.next_event()
        equal(got["event_type"], "error", f"the type of {got}")
        one_of(got["code"], codes, "the error")

    def expect_pong(self, payload):
        if self.pongs:
            equal(self.pongs.pop(0), payload, "the Pong")
            return
        got = self.next_frame()
        check(got.opcode == PONG, f"{got} is no Pong")
        equal(got.payload, payload, "the Pong")

    def echo(self, **fields):
        sent = event(n=next(numbers), **fields)
        self.send(TEXT, sent)
        self.expect_echo(sent)

    def turn(self):
        """The server's loop has gone round: what others sent was read."""
        self.echo()

    def is_alive(self):
        """Works, and has had nothing else to say."""
        self.echo()

    def expect_close(self, *codes):
        """The closing handshake, begun by the server or answered by it.

        The only messages on the way may be errors, which tell the reason.
        Then the server must end the TCP connection without being asked.
        """
        return self._finish_close(self._read_to_close(), codes)

    def expect_failure(self, *codes):
        """The server fails the connection, with a Close frame that says why.

        RFC 6455, 7.1.7: it must not read what comes then, so it may miss the
        answer, and is told by a FIN too. That it ends the connection without
        one is for cases of the group close-tcp to see.
        """
        return self._finish_close(self._read_to_close(), codes, fin=True)

    def _finish_close(self, closed, codes, *, fin=False):
        one_of(closed.code, codes, "the close code")
        if not self.sent_close:
            payload = b"" if closed.code is None else close_payload(
                closed.code)
            self.send(CLOSE, payload)
            if fin:
                self.peer.finish()
        self.expect_end()
        return closed

    def _read_to_close(self):
        try:
            while True:
                got = self.next_event()
                check(got["event_type"] == "error",
                      f"instead of a Close there is {str(got)[:200]}")
        except Closed as closed:
            return closed
        except Ended as ended:
            raise Failure(f"no Close frame: {ended}") from ended

    def expect_failure_behind(self, messages, *codes):
        """As expect_failure(), behind the echoes of these messages, of which
        the last may be lost: what goes wrong in the same turn of the server
        ends the connection at once."""
        try:
            for sent in messages:
                self.expect_echo(sent)
        except Closed as closed:
            self._finish_close(closed, codes, fin=True)
        else:
            self.expect_failure(*codes)

    def expect_end(self):
        rest = self.peer.read_to_end()
        check(not rest, f"{rest[:100]!r} came after the end")
