"""What clients can do to a server does not stay, and harms nobody else.

The same with more of them is tests/long/01-hostile-clients.
"""

import harness
import hostile
from rawclient import RawClient


class Attack(hostile.Siege):
    def test_with_handshakes_byte_by_byte(self):
        self.assert_survived(hostile.handshakes_byte_by_byte, 50)

    def test_with_frames_byte_by_byte(self):
        self.assert_survived(hostile.frames_byte_by_byte, 50)

    def test_of_half_closed_connections(self):
        self.assert_survived(hostile.half_closed, 50)

    def test_of_a_thousand_silent_connections(self):
        self.assert_survived(hostile.silent, 1000)

    def test_of_those_who_do_not_read(self):
        self.assert_survived(hostile.deaf, 4)

    def test_with_pings(self):
        self.assert_survived(hostile.pings, 4)

    def test_by_coming_and_going(self):
        self.assert_survived(hostile.churn, 500)

    def test_with_resets_in_every_state(self):
        self.assert_survived(hostile.resets, 30)


class Patience(hostile.Siege):
    """Those who do not leave by themselves are made to."""

    options = {"sets": [*hostile.SETS, "limits.message_timeout=1",
                        "auth.timeout=1"], "env": hostile.ENV}

    def test_ends_with_handshakes_that_do_not_go_on(self):
        socks = [hostile.dial(self.server, hostile.REQUEST[:50])
                 for _ in range(20)]
        for sock in socks:
            with sock:
                while sock.recv(4096):
                    pass
        self.settle()

    def test_ends_with_frames_that_do_not_go_on(self):
        clients = [RawClient(self.server, f"m{n}") for n in range(20)]
        for client in clients:
            client.sock.sendall(hostile.event("ping", pad="x" * 100)[:60])
        for client in clients:
            with client:
                self.assertEqual(client.closed(), 4508)
        self.settle()


if __name__ == "__main__":
    harness.main()
