"""The example plugin audit in a real server: lines, a reload, a full disk."""

import json

import disk
import example
import harness


class AuditTest(example.ExampleTest):
    name = "audit"
    settings = "flush_ms = 10;"
    beside = (harness.CHAT,)

    def lines_of(self, path):
        return [json.loads(line) for line in path.read_text().splitlines()]

    async def say(self, client, text):
        await client.ack("chat.message", conversation_id="c", content=text)

    def wait_for_metric(self, name, check):
        """By asking again: what is counted is not logged."""
        for _ in range(100_000):
            value = self.metrics()[name]
            if check(value):
                return value
        self.fail(f"{name} is {value}\n{self.server.log()}")


class Writes(AuditTest):
    async def test_all_that_happens_in_order_through_a_reload(self):
        alice = await self.connect("alice")
        for n in range(50):
            await self.say(alice, f"text {n}")
            if n == 25:
                self.reload("flush_ms = 10; buffer_bytes = 8192;")
        await alice.close()
        self.server.stop()
        path = self.server.directory / "data/audit/audit.jsonl"
        lines = self.lines_of(path)
        self.assertEqual(lines[0]["what"], "connected")
        self.assertEqual(lines[-1]["what"], "disconnected")
        said = [line for line in lines
                if line.get("event_type") == "chat.message"]
        self.assertEqual(len(said), 50)
        self.assertEqual([line["time"] for line in lines],
                         sorted(line["time"] for line in lines))
        self.assertNotIn("text 1", path.read_text())


class FullDisk(AuditTest):
    def setUp(self):
        self.disk = disk.Disk("1m")
        self.addCleanup(self.disk.close)
        self.path = self.disk.path / "audit.jsonl"
        self.settings = (f'file = "{self.path}"; flush_ms = 10; '
                         "buffer_bytes = 8192;")
        super().setUp()

    async def test_is_reported_and_blocks_nobody(self):
        alice = await self.connect("alice")
        await self.say(alice, "before")
        self.wait_for_metric("written_bytes_total", lambda value: value > 150)
        self.disk.fill()
        for n in range(400):
            await self.say(alice, f"text {n}")
        self.server.wait_for_line(r"cannot be written: No space left on device")
        self.wait_for_metric("dropped_total", lambda value: value > 0)
        whole = self.path.read_text()
        self.assertTrue(whole.endswith("\n"), whole[-80:])

        self.disk.empty()
        lost = self.server.wait_for_line(
            r"is written again; (\d+) lines were lost")
        self.assertGreater(int(lost[1]), 0)
        self.wait_for_metric("buffered_bytes", lambda value: value == 0)
        await self.say(alice, "after" * 20)
        self.server.stop()
        said = [line["bytes"] for line in self.lines_of(self.path)
                if line["what"] == "event"]
        self.assertGreater(said[-1], said[-2] + 50)

    async def test_is_no_reason_not_to_stop(self):
        alice = await self.connect("alice")
        self.disk.fill()
        # More than the page that the file may have already.
        for n in range(60):
            await self.say(alice, f"text {n}")
        self.server.wait_for_line(r"cannot be written")
        self.server.stop()


if __name__ == "__main__":
    harness.main()
