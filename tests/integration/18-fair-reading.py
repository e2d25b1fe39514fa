"""Many messages in one go, beside others: none is lost, none overtakes."""

import json
import struct

import harness
import hostile
from rawclient import CLOSE, TEXT, RawClient

COUNT = 3000  # pings of one write; several hundred of them in each read


class Flood(harness.ServerTest):
    options = {"sets": ["limits.messages_per_second=0",
                        "limits.bytes_per_second=0",
                        "limits.outbox_bytes=16777216"]}

    def setUp(self):
        super().setUp()
        # Somebody else sends all the time: shares are counted.
        self.witness = hostile.Witness(self.server)
        self.addCleanup(self.witness.stop)

    def flooder(self):
        client = RawClient(self.server, "flooder")
        self.addCleanup(client.sock.close)
        client.expect("system.message")
        return client

    def member(self):
        client = self.flooder()
        client.send("room.join", room_id="r")
        client.expect("room.join")
        return client

    @staticmethod
    def pings(count):
        return b"".join(hostile.event("ping", n=n) for n in range(count))

    def expect_pongs(self, client, count):
        for n in range(count):
            opcode, payload = client.read_frame()
            self.assertEqual(opcode, TEXT)
            self.assertEqual(json.loads(payload)["n"], n)

    def test_is_answered_in_order(self):
        client = self.flooder()
        client.sock.sendall(self.pings(COUNT))
        self.expect_pongs(client, COUNT)
        client.sock.sendall(self.pings(5))
        self.expect_pongs(client, 5)

    def test_in_pieces_is_answered_in_order(self):
        client = self.flooder()
        for _ in range(20):
            data = self.pings(200)
            for at in range(0, len(data), 4099):
                client.sock.sendall(data[at:at + 4099])
            self.expect_pongs(client, 200)

    def test_before_a_close_frame_is_handled_to_its_end(self):
        for count in (10, 100, 250):
            watcher = self.member()
            client = self.member()
            says = b"".join(
                hostile.event("room.broadcast", room_id="r", n=n)
                for n in range(count))
            client.sock.sendall(
                says + hostile.frame(CLOSE, struct.pack("!H", 1000)))
            self.assertEqual(client.closed(), 1000)
            for n in range(count):
                watcher.expect("room.broadcast", n=n)
            watcher.sock.close()

    def test_before_a_mistake_is_handled_to_its_end(self):
        watcher = self.member()
        client = self.member()
        says = b"".join(hostile.event("room.broadcast", room_id="r", n=n)
                        for n in range(200))
        client.sock.sendall(says + hostile.frame(TEXT, b'"\xff"'))
        self.assertEqual(client.closed(), 1007)
        for n in range(200):
            watcher.expect("room.broadcast", n=n)


if __name__ == "__main__":
    harness.main()
