"""A plugin that takes more than its share is told which quota it has used up;
the others go on."""

import urllib.request

import crashes
import harness
from crashes import plugin


class Quotas(crashes.CrashTest):
    options = {"plugins": [plugin(), harness.CHAT],
               "sets": ["quota.timers=10", "quota.jobs=5", "jobs.threads=1",
                        "quota.requests=4", "limits.pending_requests=100"]}

    def metrics(self):
        url = f"http://127.0.0.1:{self.server.port}/metrics"
        with urllib.request.urlopen(url, timeout=harness.DEADLINE) as answer:
            return set(answer.read().decode().splitlines())

    def shows(self, *lines):
        self.assertEqual(set(lines) - self.metrics(), set())

    async def goes_on(self, client):
        await client.ack("chat.message", conversation_id="team",
                         content="hello")

    async def test_of_timers(self):
        client = await self.connect("alice")
        answer = await client.ack("crash.leak_timers", count=100)
        self.assertEqual((answer["count"], answer["ended"]),
                         (10, "limit_exceeded"))
        self.server.wait_for_line(
            "used up a quota plugin=crasher limit=quota.timers used=10")
        self.shows('nexus_plugin_timers{plugin="crasher"} 10',
                   'nexus_refusals_total{limit="quota.timers"} 1')
        await self.goes_on(client)

    async def test_of_jobs(self):
        client = await self.connect("alice")
        answer = await client.ack("crash.leak_jobs", count=100)
        self.assertEqual((answer["count"], answer["ended"]),
                         (5, "limit_exceeded"))
        self.server.wait_for_line(
            "used up a quota plugin=crasher limit=quota.jobs used=5")
        self.shows('nexus_plugin_jobs{plugin="crasher"} 5',
                   'nexus_refusals_total{limit="quota.jobs"} 1')
        await self.goes_on(client)
        self.server.kill()  # they never end

    async def test_of_requests(self):
        client = await self.connect("alice")
        for i in range(4):
            await client.send("crash.leak_requests", ref=f"leak{i}")
        answer = await client.error("overloaded", "crash.leak_requests")
        self.assertEqual(answer["details"]["limit"], "quota.requests")
        self.server.wait_for_line(
            "used up a quota plugin=crasher limit=quota.requests used=4")
        self.shows('nexus_plugin_requests{plugin="crasher"} 4',
                   'nexus_refusals_total{limit="quota.requests"} 1')
        await self.goes_on(client)
        status, _, body = self.server.http("/api/crasher")
        self.assertEqual((status, body["code"]), (503, "overloaded"))
        self.assertIn("quota.requests", body["detail"])


if __name__ == "__main__":
    harness.main()
