"""permessage-deflate with Python's websockets, which offers it by default."""

import json
import random
import urllib.request
import zlib

from websockets.extensions import permessage_deflate

import harness
import rawclient

ON = ["deflate.enabled=true", "limits.messages_per_second=0",
      "limits.bytes_per_second=0", "limits.outbox_bytes=67108864"]
OFFER = "Sec-WebSocket-Extensions: permessage-deflate"
AGREED = ("permessage-deflate; server_no_context_takeover; "
          "client_no_context_takeover")
MIN_BYTES = 256  # the default of deflate.min_bytes
RSV1 = 4
WORDS = ["over", "and", "again", "é", "€", "😀", "the", "same", "words"]


def sample(pick):
    """Of any size, more or less compressible."""
    if pick.random() < 0.1:
        return pick.randbytes(pick.randrange(2000)).hex()
    return " ".join(pick.choices(WORDS, k=pick.choice([1, 5, 50, 700])))


class DeflateTest(harness.ServerTest):
    options = {"sets": ON}

    def metrics(self):
        """Numbers of /metrics without labels, by name."""
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.server.port}/metrics",
                timeout=harness.DEADLINE) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines
                 if line and line[0] != "#")}

    async def join(self, *clients):
        for client in clients:
            await client.ack("room.join", room_id="r")
        for client in clients:
            await client.settle()


class Agreement(DeflateTest):
    async def test_is_made_with_who_offers(self):
        client = await self.connect("alice")
        self.assertEqual(
            client.socket.response_headers["Sec-WebSocket-Extensions"],
            AGREED)
        plain = await self.connect("bob", compression=None)
        self.assertNotIn(
            "Sec-WebSocket-Extensions", plain.socket.response_headers)
        self.assertEqual(self.metrics()["nexus_deflate_sessions"], 1)
        await client.close()
        await plain.settle()
        self.assertEqual(self.metrics()["nexus_deflate_sessions"], 0)

    async def test_is_not_made_about_a_window_that_is_too_small(self):
        factory = permessage_deflate.ClientPerMessageDeflateFactory(
            server_max_window_bits=10)
        client = await self.connect(
            "alice", compression=None, extensions=[factory])
        self.assertEqual(client.socket.extensions, [])
        await self.join(client)
        await client.ack("room.broadcast", room_id="r", text="plain " * 500)

    async def test_is_refused_with_a_status_when_the_offer_is_too_long(self):
        sock = rawclient.connect(
            self.server, "/ws?user_id=alice&token=t",
            headers=[f"{OFFER}; x={'x' * 300}"])
        with sock:
            self.assertEqual(rawclient.read_head(sock), 431)


class SmallWindow(DeflateTest):
    options = {"sets": [*ON, "deflate.window_bits=9", "deflate.level=9"]}

    async def test_is_told_and_kept(self):
        factory = permessage_deflate.ClientPerMessageDeflateFactory(
            server_max_window_bits=10)
        client = await self.connect(
            "alice", compression=None, extensions=[factory])
        self.assertIn("server_max_window_bits=9", client.socket
                      .response_headers["Sec-WebSocket-Extensions"])
        await self.join(client)
        text = random.Random(1).randbytes(1000).hex() * 10
        await client.ack("room.broadcast", room_id="r", text=text)
        event = await client.expect("room.broadcast")
        self.assertEqual(event["text"], text)


class Off(harness.ServerTest):
    async def test_is_the_default(self):
        client = await self.connect("alice")
        self.assertEqual(client.socket.extensions, [])


class Traffic(DeflateTest):
    async def test_of_thousands_of_frames_is_the_same_for_all(self):
        pick = random.Random(20260131)
        sender = await self.connect("alice")
        packed = await self.connect("bob")
        plain = await self.connect("carol", compression=None)
        await self.join(sender, packed, plain)
        before = self.metrics()
        texts = [sample(pick) for _ in range(3000)]
        for n, text in enumerate(texts):
            await sender.send("room.broadcast", room_id="r", n=n, text=text)
        got = [[await client.expect("room.broadcast") for _ in texts]
               for client in (sender, packed, plain)]
        self.assertEqual([event["text"] for event in got[0]], texts)
        self.assertEqual(got[1], got[0])
        self.assertEqual(got[2], got[0])

        after = self.metrics()
        grown = {name: after[name] - before[name] for name in before}
        large = sum(len(json.dumps(event, ensure_ascii=False, separators=(
            ",", ":")).encode()) >= MIN_BYTES for event in got[0])
        # Once for all receivers, and not at all for small ones.
        self.assertEqual(large, sum(
            grown[f"nexus_deflate_{what}_total"]
            for what in ("events", "futile", "skipped")))
        saved = (grown["nexus_deflate_input_bytes_total"]
                 - grown["nexus_deflate_output_bytes_total"])
        self.assertGreater(saved, 0)
        self.assertGreaterEqual(
            grown["nexus_deflate_saved_bytes_total"], 2 * saved)
        self.assertEqual(grown["nexus_inflate_messages_total"], 3000)
        self.assertEqual(after["nexus_queued_bytes"], 0)

    async def test_has_pings_between(self):
        client = await self.connect("alice")
        await self.join(client)
        for n in range(200):
            await client.send("room.broadcast", room_id="r", n=n,
                              text="between pings " * 50)
            if n % 10 == 0:
                await (await client.socket.ping(f"{n}"))
        for n in range(200):
            await client.expect("room.broadcast", n=n)

    async def test_is_proved_to_have_been_received(self):
        sender = await self.connect("alice")
        other = await self.connect("bob")
        await sender.ack("chat.join", conversation_id="c")
        await other.ack("chat.join", conversation_id="c")
        await sender.ack("chat.message", conversation_id="c",
                         content="delivered " * 100)
        event = await other.expect("chat.message")
        self.assertEqual(event["content"], "delivered " * 100)
        await sender.expect("chat.delivered", user_id="bob")

    async def test_of_a_huge_frame_is_plain(self):
        client = await self.connect("alice")
        await client.ack("chat.join", conversation_id="c")
        for _ in range(40):
            await client.ack("chat.message", conversation_id="c",
                             content="a long one " * 1000)
        before = self.metrics()["nexus_deflate_input_bytes_total"]
        page = await client.ack("chat.history", conversation_id="c", limit=40)
        self.assertGreater(len(json.dumps(page)), 131072)
        after = self.metrics()["nexus_deflate_input_bytes_total"]
        self.assertEqual(after, before)


class Bomb(DeflateTest):
    # Large enough that what comes in is not what is too long.
    options = {"sets": [*ON, "limits.message_bytes=1048576"]}

    @classmethod
    def setUpClass(cls):
        stream = zlib.compressobj(9, zlib.DEFLATED, -15)
        zeros = bytes(1 << 20)
        data = b"".join(stream.compress(zeros) for _ in range(256))
        cls.bomb = (data + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]

    async def test_is_cut_at_the_limit(self):
        self.assertLess(len(self.bomb), 300_000)
        witness = await self.connect("witness")
        before = self.server.memory_kb()
        for n in range(10):
            with rawclient.RawClient(self.server, f"u{n}",
                                     headers=[OFFER]) as client:
                client.send_frame(rawclient.TEXT, self.bomb, rsv=RSV1)
                await witness.settle()
                self.assertEqual(self.read_close(client.sock), 1009)
        await witness.settle()
        self.assertLess(self.server.memory_kb() - before, 16_384)
        self.assertEqual(self.metrics()[
            'nexus_refusals_total{limit="limits.message_bytes"}'], 10)

    @staticmethod
    def read_close(sock):
        """The code of the Close frame, behind compressed events."""
        data = b""
        while True:
            piece = sock.recv(65536)
            if not piece:
                raise AssertionError("no Close frame")
            data += piece
            while len(data) >= 4:
                size = data[1] & 127
                head = 2
                if size == 126:
                    size, head = int.from_bytes(data[2:4], "big"), 4
                if len(data) < head + size:
                    break
                if data[0] & 15 == rawclient.CLOSE:
                    return int.from_bytes(data[head:head + 2], "big")
                data = data[head + size:]


if __name__ == "__main__":
    harness.main()
