#!/usr/bin/python3
"""GET /metrics, and everything that names what stands there: the table in
docs/metrics.md, the alert rules, the dashboard.

NEXUS_WRITE=1 writes the table anew instead of comparing it.
"""

import json
import os
import re
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

import harness

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DOCS = harness.SOURCE / "docs/metrics.md"
ALERTS = harness.SOURCE / "etc/prometheus/alerts.yml"
DASHBOARD = harness.SOURCE / "etc/grafana/nexus.json"
# Plugins with a table of their own.
FEATURES = ("store", "chat", "presence", "notify")


def promtool(*arguments, text=None):
    """What it prints; its complaints are a failure."""
    done = subprocess.run(["promtool", *arguments], input=text, text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"promtool: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def fetch(server, method="GET", headers=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/metrics", method=method,
        headers=headers or {})
    with urllib.request.urlopen(request, timeout=harness.DEADLINE) as answer:
        return answer.headers, answer.read().decode()


class Family:
    def __init__(self, name, meaning):
        self.name = name
        self.meaning = meaning
        self.type = None
        self.samples = {}  # text before the value -> value

    def labels(self):
        found = set()
        for key in self.samples:
            found.update(re.findall(r'[{,]([a-z_]+)="', key))
        return sorted(found - {"le"})

    def row(self):
        labels = ", ".join(f"`{label}`" for label in self.labels())
        return f"| `{self.name}` | {self.type} | {labels} | {self.meaning} |"


def families(text):
    """By name, in their order; whatever belongs to none is a failure."""
    found = {}
    family = None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, meaning = line[7:].split(" ", 1)
            family = found[name] = Family(name, meaning)
        elif line.startswith("# TYPE "):
            family.type = line.split(" ")[3]
        else:
            key, value = line.rsplit(" ", 1)
            if not key.startswith(family.name):
                raise AssertionError(f"{line} in family {family.name}")
            family.samples[key] = float(value)
    return found


def names_in(expression):
    """The metrics an expression asks for, without what a sample adds."""
    found = re.findall(r"\b(?:nexus|process)_[a-z_]+", expression)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in found}


class Metrics(harness.ServerTest):
    options = {"plugins": [f'{{ name = "{name}"; }}' for name in FEATURES],
               "sets": ["limits.message_bytes=1024",
                        "limits.http_body_bytes=1024",
                        "limits.connections=3"]}

    async def make_work(self):
        """A little of everything."""
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        for client in (alice, bob):
            await client.ack("room.join", room_id="r")
        await alice.ack("room.broadcast", room_id="r", text="hello")
        await alice.ack("chat.message", recipient_id="bob", content="hello")
        await alice.error("unknown_event", "nobody.home")
        return alice, bob

    def scrape(self):
        return families(fetch(self.server)[1])

    def value(self, sample):
        name = re.sub(r"(_count|_sum)?(\{.*)?$", "", sample)
        return self.scrape()[name].samples[sample]

    async def test_are_accepted_by_promtool_without_a_complaint(self):
        await self.make_work()
        headers, text = fetch(self.server)
        self.assertEqual(headers["Content-Type"], CONTENT_TYPE)
        self.assertEqual(promtool("check", "metrics", text=text), "")

    async def test_have_a_body_only_for_those_who_want_it(self):
        headers, text = fetch(self.server, "HEAD")
        self.assertEqual(headers["Content-Type"], CONTENT_TYPE)
        self.assertEqual(text, "")

    async def test_count_what_has_happened(self):
        await self.make_work()
        now = self.scrape()

        def value(family, key=""):
            return now[family].samples[family + key]

        self.assertEqual(value("nexus_sessions"), 2)
        self.assertEqual(value("nexus_users"), 2)
        self.assertEqual(value("nexus_sessions_opened_total"), 2)
        self.assertEqual(value("nexus_events_received_total"), 5)
        self.assertEqual(
            value("nexus_errors_total", '{code="unknown_event"}'), 1)
        self.assertEqual(value("nexus_chat_messages_total"), 1)
        handling = now["nexus_event_handling_seconds"].samples
        self.assertEqual(handling[
            'nexus_event_handling_seconds_count{prefix="chat."}'], 1)
        self.assertEqual(handling[
            'nexus_event_handling_seconds_count{prefix="unknown"}'], 1)
        self.assertGreater(
            now["nexus_loop_turn_seconds"].samples[
                "nexus_loop_turn_seconds_count"], 4)
        self.assertGreater(value("process_resident_memory_bytes"), 1 << 20)
        self.assertGreaterEqual(value("process_open_fds"), 5)

    async def test_have_histograms_that_add_up(self):
        await self.make_work()
        for family in self.scrape().values():
            if family.type != "histogram":
                continue
            series = {}
            for key, value in family.samples.items():
                if "_bucket{" in key:
                    series.setdefault(
                        re.sub(r',?le="[^"]*"', "", key), []).append(value)
            for key, values in series.items():
                self.assertEqual(values, sorted(values), key)
                count = key.replace("_bucket{", "_count{").replace("{}", "")
                self.assertEqual(values[-1], family.samples[count], key)

    async def test_never_count_backwards(self):
        before = self.scrape()
        await self.make_work()
        after = self.scrape()
        for family in before.values():
            if family.type == "gauge":
                continue
            for key, value in family.samples.items():
                self.assertGreaterEqual(
                    after[family.name].samples[key], value, key)

    async def test_name_the_limit_that_refused(self):
        alice, bob = await self.make_work()
        await bob.send("ping", much="x" * 2000)
        self.assertEqual(await bob.closed(), 1009)
        self.assertEqual(self.value(
            'nexus_refusals_total{limit="limits.message_bytes"}'), 1)
        self.assertEqual(
            self.value('nexus_sessions_closed_total{code="1009"}'), 1)

        self.assertEqual(self.server.http(
            "/metrics", method="POST", body={"much": "x" * 2000})[0], 413)
        self.assertEqual(self.value(
            'nexus_refusals_total{limit="limits.http_body_bytes"}'), 1)

        for user in ("carol", "dave"):
            await self.connect(user)
        with self.assertRaises(Exception):
            await self.connect("eve")
        self.assertEqual(self.value(
            'nexus_refusals_total{limit="limits.connections"}'), 1)
        await alice.close()

    async def test_have_labels_that_clients_cannot_multiply(self):
        alice, _ = await self.make_work()
        before = {f.name: len(f.samples) for f in self.scrape().values()}
        for i in range(50):
            await alice.error("unknown_event", f"made.up{i}")
            await alice.ack("room.join", room_id=f"room{i}")
        await alice.socket.close(4321, "a code of my own")
        after = {f.name: len(f.samples) for f in self.scrape().values()}
        self.assertEqual(after, before)
        self.assertEqual(
            self.value('nexus_sessions_closed_total{code="other"}'), 1)

    async def test_are_the_ones_in_the_documentation(self):
        await self.make_work()
        found = self.scrape()
        text = DOCS.read_text()
        tables = {name: [] for name in ("server", *FEATURES)}
        for family in found.values():
            owners = [name for name in FEATURES
                      if family.name.startswith(f"nexus_{name}_")]
            tables[(owners or ["server"])[0]].append(family.row())
        for name, rows in tables.items():
            begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
            head = "| metric | type | labels | |\n|---|---|---|---|\n"
            wanted = begin + "\n" + head + "\n".join(rows) + "\n\n" + end
            have = text[text.index(begin):text.index(end) + len(end)]
            if os.environ.get("NEXUS_WRITE"):
                DOCS.write_text(text := text.replace(have, wanted))
            else:
                self.assertEqual(have, wanted)

    async def test_are_all_that_alerts_and_dashboard_ask_for(self):
        known = set(self.scrape())
        board = json.loads(DASHBOARD.read_text())
        for panel in board["panels"]:
            for target in panel["targets"]:
                names = names_in(target["expr"])
                self.assertTrue(names, target)
                self.assertLessEqual(names, known, panel["title"])
        for expression in re.findall(
                r"expr: (?:\|\n)?(.*?)\n +(?:for|labels):",
                ALERTS.read_text(), re.DOTALL):
            self.assertLessEqual(names_in(expression), known, expression)


class Token(harness.ServerTest):
    options = {"sets": ["auth.mode=token"]}

    async def test_is_needed_when_others_need_one(self):
        with self.assertRaises(urllib.error.HTTPError) as caught:
            fetch(self.server)
        self.assertEqual(caught.exception.code, 401)
        caught.exception.close()


class Rules(unittest.TestCase):
    def test_for_alerts_are_valid_and_fire_when_they_should(self):
        promtool("check", "rules", str(ALERTS))
        promtool("test", "rules", str(ALERTS.with_name("alerts_test.yml")))

    def test_of_the_dashboard_are_valid(self):
        board = json.loads(DASHBOARD.read_text())
        identities = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(identities), len(set(identities)))
        rules = []
        for panel in board["panels"]:
            self.assertTrue(panel["targets"], panel["title"])
            for target in panel["targets"]:
                expression = target["expr"].replace("$__rate_interval", "5m")
                rules.append(
                    {"record": f"panel:{len(rules)}", "expr": expression})
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            # JSON is YAML.
            json.dump({"groups": [{"name": "all", "rules": rules}]}, file)
            file.flush()
            promtool("check", "rules", file.name)


if __name__ == "__main__":
    harness.main()
