"""One TCP connection to the server under test.

Sends what it is told to, in pieces if asked; every wait has a deadline. The
end of the connection is an exception when something else was awaited, and a
failed send is none: what the server made of it is read afterwards.
"""

import contextlib
import os
import socket
import ssl
import struct
import time

DEADLINE = float(os.environ.get("NEXUS_TEST_DEADLINE", "20"))


class Ended(Exception):
    """The server has ended the connection."""


class Late(AssertionError):
    """The server has done nothing until the deadline."""


class Peer:
    def __init__(self, port, *, tls=None):
        self.sock = socket.create_connection(("127.0.0.1", port), DEADLINE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
        self.received = b""

    def send(self, data):
        self.sock.settimeout(DEADLINE)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            self.sock.sendall(data)

    def dribble(self, data, witness, size=1):
        """Sends in pieces, each of which the server has read before the next
        one leaves: a session that is answered in between proves it."""
        for start in range(0, len(data), size):
            self.send(data[start:start + size])
            witness.turn()

    def finish(self):
        """Sends a FIN; reading goes on, inside TLS as well."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_WR)

    def send_last(self, data):
        """Sends data and FIN in one segment."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        self.send(data)
        self.finish()

    def reset(self):
        """Sends a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()

    def _fill(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise Late(f"nothing more than {self.received[:200]!r} came")
        self.sock.settimeout(left)
        try:
            piece = self.sock.recv(65536)
        except TimeoutError:
            raise Late(f"nothing more than {self.received[:200]!r} "
                       "came") from None
        except (ConnectionError, ssl.SSLError) as error:
            raise Ended(f"reset after {self.received[:200]!r}") from error
        if not piece:
            raise Ended(f"ended after {self.received[:200]!r}")
        self.received += piece

    def read(self, count):
        deadline = time.monotonic() + DEADLINE
        while len(self.received) < count:
            self._fill(deadline)
        data, self.received = self.received[:count], self.received[count:]
        return data

    def read_through(self, mark):
        deadline = time.monotonic() + DEADLINE
        while mark not in self.received:
            self._fill(deadline)
        return self.read(self.received.index(mark) + len(mark))

    def read_to_end(self, deadline=DEADLINE):
        """Everything up to the end of the connection."""
        until = time.monotonic() + deadline
        try:
            while True:
                self._fill(until)
        except Ended:
            data, self.received = self.received, b""
            return data
