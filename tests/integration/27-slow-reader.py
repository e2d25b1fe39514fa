"""A client that stops reading while ten thousand messages arrive: it costs a
bounded amount of memory, and comes back to all of them, in order."""

import asyncio
import json
import re
import struct
import urllib.request

import harness
import rawclient
from harness import CHAT, STORE

MESSAGES = 10000
AT_ONCE = 100
PAD = "x" * 1000


class SlowReader(harness.ServerTest):
    """Runs on any engine: subclasses say on which."""

    sets = ["limits.messages_per_second=0", "limits.bytes_per_second=0",
            "plugins.chat.history=20000"]

    def resident(self):
        """Of the server, as it says itself."""
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.server.port}/metrics",
                timeout=harness.DEADLINE) as answer:
            text = answer.read().decode()
        return float(re.search(
            r"^process_resident_memory_bytes (\S+)$", text, re.M)[1])

    @staticmethod
    def allowed_mb(mb):
        """The sanitizer keeps what was freed for a while."""
        return mb + (300 if "san" in harness.BUILD.name else 0)

    async def say(self, client, start, count):
        """So many messages at once, and their acks; what else came is
        forgotten."""
        for n in range(start, start + count):
            await client.send("chat.message", conversation_id="c",
                              content=f"{n} {PAD}", client_id=str(n),
                              ref=f"m{n}")
        acks = 0
        while acks < count:
            event = await client.next()
            if event.get("ref", "").startswith("m"):
                self.assertEqual(event["event_type"], "ack", event)
                acks += 1

    async def say_all(self, writer, start, count):
        """Returns the most memory that the server had meanwhile."""
        most = 0
        for first in range(start, start + count, AT_ONCE):
            await self.say(writer, first, AT_ONCE)
            most = max(most, await asyncio.to_thread(self.resident))
        return most

    def wake_up(self, sleeper):
        """When the server has enough of it: the numbers of what had arrived,
        and the close code."""
        self.server.wait_for_line(r"client reads too slowly.*user=sleeper")
        seqs = []
        try:
            while True:
                opcode, payload = sleeper.read_frame()
                if opcode == rawclient.TEXT:
                    event = json.loads(payload)
                    if event["event_type"] == "chat.message":
                        seqs.append(event["seq"])
                elif opcode == rawclient.CLOSE:
                    return seqs, struct.unpack("!H", payload[:2])[0]
        except (ConnectionError, EOFError):
            return seqs, None

    async def test_that_wakes_up_has_missed_nothing(self):
        writer = await self.connect("writer")
        await writer.ack("chat.join", conversation_id="c")
        # The caches first.
        await self.say_all(writer, 1, MESSAGES)
        first = 1 + MESSAGES

        sleeper = rawclient.RawClient(self.server, "sleeper",
                                      receive_buffer=4096)
        self.addCleanup(sleeper.sock.close)
        token = sleeper.expect(
            "system.message")["session"]["resume_token"]
        sleeper.send("chat.join", conversation_id="c", ref="j")
        self.assertEqual(sleeper.expect("ack", ref="j")["seq"], first - 1)
        before = await asyncio.to_thread(self.resident)
        waking = asyncio.create_task(
            asyncio.to_thread(self.wake_up, sleeper))
        grown = await self.say_all(writer, first, MESSAGES) - before
        # As many messages take 17 MiB of history in memory, for everybody;
        # they must not take 13 more for the one who does not read.
        self.assertLess(grown, self.allowed_mb(27) * 2**20)

        got, code = await waking
        self.assertEqual(code, 4507)
        self.assertEqual(got, list(range(first, first + len(got))))
        self.assertLess(len(got), MESSAGES)

        back = await self.connect("sleeper", query={"resume": token})
        self.assertTrue(back.welcome["session"]["resumed"])
        seqs = []
        while not seqs or seqs[-1] < 2 * MESSAGES:
            event = await back.next()
            self.assertNotEqual(event["event_type"], "system.gap", event)
            if event["event_type"] == "chat.message":
                seqs.append(event["seq"])
        self.assertLessEqual(seqs[0], first + len(got))
        self.assertEqual(seqs, list(range(seqs[0], 2 * MESSAGES + 1)))
        print(f"{len(got)} read before 4507, {len(seqs)} after it; memory "
              f"grew by {grown / 2**20:.1f} MiB", flush=True)


class OnStore(SlowReader):
    options = {"plugins": (STORE, CHAT), "sets": SlowReader.sets}


class OnMemory(SlowReader):
    options = {"plugins": (CHAT,), "sets": SlowReader.sets}


del SlowReader  # is no test by itself

if __name__ == "__main__":
    harness.main()
