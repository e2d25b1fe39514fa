"""A soak of reloads: many sessions exchange events (reload_people.py), while
everything that a reload can be happens, in an order that a seed decides.

Each step knows how it must end, which instance and which build of `ledger`
must serve afterwards, and which plugins there must be. NEXUS_TEST_SEED and
NEXUS_TEST_RELOADS repeat a run and change its length.
"""

import asyncio
import os
import random
import re
import shutil
import signal

import certificates
import ctl
import harness
from reload_people import Crowd

PLUGINS = harness.BUILD / "tests/plugins"
OWN = harness.BUILD / "plugins"
MARK = b"LEDGER-BUILD="
DIGITS = 8

# What may come and go beside ledger and chat.
EXTRAS = {"probe": PLUGINS, "slow": PLUGINS, "guard": PLUGINS,
          "presence": OWN, "notify": OWN}


class Expected:
    """What must be there after a step."""

    def __init__(self):
        self.generation = 1
        self.build = 0
        self.counter = 0       # events that `counter` has had
        self.has_counter = True


class Soak(harness.ServerTest):
    """Override the figures; `steps` weighs what happens."""

    people = 200
    in_conversation = 5
    reloads = 1000
    store = False
    chat_build = 0

    # --- the server -------------------------------------------------------

    def setUp(self):
        self.seed = int(os.environ.get(
            "NEXUS_TEST_SEED", str(random.randrange(1 << 32))))
        self.rng = random.Random(self.seed)
        self.wanted = int(os.environ.get(
            "NEXUS_TEST_RELOADS", str(self.reloads)))
        self.folder = harness.tempfile.mkdtemp(prefix="nexus-soak-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.authority = certificates.Authority(self.folder, "server")
        self.server = harness.Server(plugins=(), sets=[
            "limits.messages_per_second=0", "limits.bytes_per_second=0",
            "reload.images=1000000", *self.authority.sets()])
        self.files = self.server.directory
        self.awaits = self.files / "awaits"
        self.now = Expected()
        self.builds = [0]
        self.note = self.mark = self.burst = self.done_reloads = 0
        self.extras = []
        self.outcomes = {"done": 0, "refused": 0, "undone": 0}
        self.kinds = {}
        self.install_ledger(0)
        self.install_chat()
        self.configure()
        self.server.start()
        self.addCleanup(shutil.rmtree, self.files, ignore_errors=True)
        self.addCleanup(self.server.stop)

    def put(self, name, content):
        """As an installer should: under its name at once."""
        fresh = self.files / f"{name}.fresh"
        fresh.write_bytes(content)
        os.replace(fresh, self.files / name)

    def ledger_file(self, build):
        content = (PLUGINS / "ledger.so").read_bytes()
        at = content.index(MARK) + len(MARK)
        digits = str(build).zfill(DIGITS).encode()
        return content[:at] + digits + content[at + DIGITS:]

    def install_ledger(self, build):
        self.put("ledger.so", self.ledger_file(build))

    def install_chat(self):
        """What follows the last section is part of the file, and no more."""
        self.chat_build += 1
        self.put("chat.so", (OWN / "chat.so").read_bytes()
                 + b"%08d" % self.chat_build)

    def configure(self, ledger="", others=(), text="", another=False):
        """The configuration as it should be, and something besides; with
        another instance of ledger."""
        note = self.note + (1000000 if another else 0)
        path = self.files / "ledger.so"
        plugins = [harness.STORE] if self.store else []
        plugins.append(f'{{ name = "chat"; path = "{self.files}/chat.so"; }}')
        plugins.append(f'{{ name = "ledger"; path = "{path}"; '
                       f'note = {note}; mark = {self.mark}; {ledger} }}')
        if self.now.has_counter:
            plugins.append(
                f'{{ name = "counter"; path = "{PLUGINS}/counter.so"; }}')
        plugins += [f'{{ name = "{name}"; path = "{EXTRAS[name]}/{name}.so"; }}'
                    for name in self.extras]
        self.put("nexus.conf", (
            f"limits = {{ burst = {1000 + self.burst}; }};\n{text}"
            + harness.settings_text([*plugins, *others])).encode())

    # --- asking for reloads -----------------------------------------------

    async def ask_ctl(self):
        """(outcome, first reason) by the control socket."""
        def ask():
            raw = ctl.Raw(self.server)
            raw.sock.settimeout(3 * harness.DEADLINE)
            try:
                return raw.ask("reload")["result"]
            finally:
                raw.close()
        result = await asyncio.to_thread(ask)
        return result["outcome"], (result["errors"] or [""])[0]

    async def ask_program(self):
        """The same by nexusctl itself."""
        code, out, err = await asyncio.to_thread(
            ctl.ask, self.server, "reload")
        last = (await self.stats())["reload"]["last"]
        self.assertEqual(code == 0, last["outcome"] == "done", out + err)
        return last["outcome"], last["reason"]

    async def ask_signal(self):
        before = self.count((await self.stats())["reload"])
        self.server.process.send_signal(signal.SIGHUP)
        return await self.ended(before + 1)

    async def ended(self, count):
        """Waits for the end of the reload of that number."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 3 * harness.DEADLINE
        while True:
            stats = (await self.stats())["reload"]
            if self.count(stats) >= count and not stats["running"]:
                return stats["last"]["outcome"], stats["last"]["reason"]
            self.assertLess(loop.time(), deadline, "no end of the reload")

    @staticmethod
    def count(stats):
        return stats["done"] + stats["refused"] + stats["undone"]

    async def stats(self):
        answer = await asyncio.to_thread(self.server.http, "/api/ws/stats")
        return answer[2]

    async def reload(self, outcome="done", reason="^$"):
        ask = self.rng.choices((self.ask_ctl, self.ask_signal,
                                self.ask_program), (6, 3, 1))[0]
        got = await ask()
        self.assertEqual(got[0], outcome, got[1])
        self.assertRegex(got[1], reason)
        await self.check(outcome)

    # --- looking ----------------------------------------------------------

    async def look(self):
        return await self.client.ack("ledger.look", who=0)

    async def check(self, outcome):
        """The right one serves, and nobody has anything to complain of."""
        self.done_reloads += 1
        self.outcomes[outcome] += 1
        answer = await self.look()
        self.assertEqual(
            (answer["generation"], int(answer["build"]), answer["wrong"]),
            (self.now.generation, self.now.build, 0))
        if self.now.has_counter:
            self.now.counter += 1
            answer = await self.client.ack("counter.add")
            self.assertEqual(answer["count"], self.now.counter)
        else:
            await self.client.error("unknown_event", "counter.add")
        stats = await self.stats()
        names = [plugin["name"] for plugin in stats["plugins"]]
        base = (["store"] if self.store else []) + ["chat", "ledger"]
        base += ["counter"] if self.now.has_counter else []
        self.assertEqual(names, base + self.extras)
        self.assertEqual(stats["connections"], self.people + 1)
        self.assertEqual(self.crowd.wrong(), [])

    # --- steps that are done ----------------------------------------------

    async def nothing(self):
        await self.reload()

    async def live_settings(self):
        self.mark += 1
        self.burst = self.done_reloads % 7
        self.configure()
        await self.reload()

    async def other_settings(self):
        self.note += 1
        self.now.generation += 1
        self.configure()
        await self.reload()

    async def another_build(self):
        self.now.build = len(self.builds)
        self.builds.append(self.now.build)
        self.now.generation += 1
        self.install_ledger(self.now.build)
        await self.reload()

    async def an_earlier_build(self):
        build = self.rng.choice(self.builds)
        self.now.generation += build != self.now.build
        self.now.build = build
        self.install_ledger(build)
        await self.reload()

    async def another_chat(self):
        self.install_chat()
        await self.reload()

    async def everything(self):
        self.install_chat()
        self.extras.reverse()
        self.configure()
        await self.another_build()

    async def add_or_remove(self):
        name = self.rng.choice(sorted(EXTRAS))
        if name in self.extras:
            self.extras.remove(name)
        else:
            self.extras.insert(self.rng.randint(0, len(self.extras)), name)
        self.configure()
        await self.reload()

    async def counter_goes_or_comes(self):
        self.now.has_counter = not self.now.has_counter
        self.configure()
        await self.reload()

    async def while_another_runs(self):
        """The first waits for a plugin; two more ask, and get one."""
        self.awaits.touch()
        self.configure(f'awaits = "{self.awaits}";', text=self.patient)
        await self.reload()
        before = self.count((await self.stats())["reload"])
        self.note += 1
        self.configure(text=self.patient)
        self.server.process.send_signal(signal.SIGHUP)
        await self.frozen(before + 1)
        self.note += 1
        self.configure()
        waiting = asyncio.create_task(self.ask_ctl())
        self.server.process.send_signal(signal.SIGHUP)
        self.awaits.unlink()
        self.assertEqual(await waiting, ("done", ""))
        await self.ended(before + 2)
        self.now.generation += 2
        self.done_reloads += 1
        self.outcomes["done"] += 1
        await self.check("done")

    async def frozen(self, number):
        """Until events wait in that reload."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + harness.DEADLINE
        while True:
            begun = self.server.log().split("reload: begins")
            if len(begun) == number + 1 and "events wait" in begun[-1]:
                return
            self.assertLess(loop.time(), deadline)
            # Requests by HTTP would have to wait as well.
            pong = await self.client.socket.ping()
            await asyncio.wait_for(pong, harness.DEADLINE)

    patient = "reload = { freeze_ms = 60000; };\n"

    async def a_storm(self):
        """Signals and requests at once, while files and settings change."""
        before = self.count((await self.stats())["reload"])
        asking = []
        for _ in range(self.rng.randint(3, 8)):
            self.note += 1
            self.configure()
            self.server.process.send_signal(signal.SIGHUP)
            asking.append(asyncio.create_task(self.ask_ctl()))
        for outcome, reason in await asyncio.gather(*asking):
            self.assertEqual((outcome, reason), ("done", ""))
        # The last signal may have come after all of them.
        self.assertEqual(await self.ask_ctl(), ("done", ""))
        answer = await self.look()
        count = self.count((await self.stats())["reload"]) - before
        self.assertGreater(answer["generation"], self.now.generation)
        self.assertLessEqual(
            answer["generation"], self.now.generation + count)
        self.now.generation = answer["generation"]
        self.done_reloads += count - 1
        self.outcomes["done"] += count - 1
        await self.check("done")

    # --- steps that fail --------------------------------------------------

    async def fails(self, reason, outcome="refused"):
        await self.reload(outcome, reason)
        self.install_ledger(self.now.build)
        self.configure()

    async def bad_syntax(self):
        self.put("nexus.conf", b"plugins = (\n")
        await self.fails(r"nexus\.conf:1: a bracket is opened here")

    async def unknown_key(self):
        self.configure("noet = 3;")
        await self.fails(r'"noet", did you mean "note"')

    async def missing_configuration(self):
        os.unlink(self.server.config)
        await self.fails(r"nexus\.conf: cannot be read")

    async def missing_file(self):
        os.unlink(self.files / "ledger.so")
        await self.fails(r"ledger\.so cannot be read")

    async def half_written_file(self):
        whole = self.ledger_file(99)
        self.put("ledger.so", whole[:self.rng.randrange(1, len(whole) - 64)])
        await self.fails(r"ledger\.so is ")

    async def file_cut_in_place(self):
        with open(self.files / "ledger.so", "r+b") as file:
            file.truncate(self.rng.randrange(4, 8192))
        await self.fails(r"ledger\.so is ")

    async def no_plugin_at_all(self):
        self.put("ledger.so", b"#!/bin/sh\nexit 1\n")
        await self.fails(r"ledger\.so is not a shared object")

    async def bad(self, name, reason, outcome="refused", more=""):
        self.configure(others=[
            f'{{ name = "{name}"; path = "{PLUGINS}/{name}.so"; {more} }}'])
        await self.fails(reason, outcome)

    async def wrong_abi(self):
        await self.bad("bad_abi", "was built for plugin ABI 2")

    async def missing_interface(self):
        await self.bad("bad_requires", "nexus.telepathy/1")

    async def failing_create(self):
        await self.bad("bad_create", r"its create\(\) failed")

    async def failing_configure(self):
        await self.bad("bad_configure", "mauve")

    async def failing_start(self):
        await self.bad("bad_start", r"its start\(\) failed", "undone")

    async def prefix_clash(self):
        self.extras = [name for name in self.extras if name != "probe"]
        self.configure()
        await self.reload()
        self.configure(others=[
            f'{{ name = "probe"; path = "{PLUGINS}/probe.so"; }}',
            f'{{ name = "bad_prefix"; path = "{PLUGINS}/bad_prefix.so"; '
            'prefix = "probe."; }'])
        await self.fails("belongs to plugin probe", "undone")

    async def id_clash(self):
        self.configure(others=[
            f'{{ name = "second"; path = "{self.files}/ledger.so"; }}'])
        await self.fails('it has the id "ledger", as has plugin ledger')

    async def failing_successor(self):
        """start() or reading the state, with another file beside."""
        fail = self.rng.choice(("start", "load"))
        reason = {"start": "with io", "load": "with invalid"}[fail]
        self.install_chat()
        self.configure(f'fail = "{fail}";', another=True)
        await self.fails(rf"its start\(\) failed {reason}", "undone")
        await self.reload()  # chat alone

    async def failing_settings(self):
        self.configure('fail = "configure";')
        await self.fails("this is what was asked for")

    async def failing_save(self):
        self.configure('fail = "save";')
        await self.reload()
        self.configure('fail = "save";', another=True)
        await self.fails(r"its save_state\(\) failed", "undone")
        await self.reload()

    async def unreadable_state(self):
        self.put("ledger.so", (PLUGINS / "ledger_future.so").read_bytes())
        await self.fails("reads state of the formats 9 to 9")

    async def too_much_state(self):
        """The least that may be allowed is more than ledger has: chat and
        ledger go, and what is asked for is refused before."""
        self.configure(text="reload = { state_bytes = 1; };\n")
        await self.fails(r"reload\.state_bytes")

    async def broken_certificate(self):
        good = self.authority.file.read_bytes()
        self.authority.file.write_bytes(good[:len(good) // 2])
        await self.fails(r"tls\.certificate")
        self.authority.file.write_bytes(good)

    async def port_clash(self):
        """Who listens cannot change; nobody tries a port that is taken."""
        self.configure(text=f'control = {{ socket = "{self.files}/x"; }};\n')
        await self.fails(r"control\.socket cannot change")

    async def no_rest(self):
        self.awaits.touch()
        self.configure(f'awaits = "{self.awaits}";',
                       text="reload = { freeze_ms = 30; };\n")
        await self.reload()
        self.configure(text="reload = { freeze_ms = 30; };\n", another=True)
        await self.fails("ledger did not come to rest within 30 ms", "undone")
        self.awaits.unlink()
        await self.reload()

    # --- the whole --------------------------------------------------------

    done_steps = ((nothing, 6), (live_settings, 4), (other_settings, 4),
                  (another_build, 6), (an_earlier_build, 4),
                  (another_chat, 3), (everything, 2), (add_or_remove, 6),
                  (counter_goes_or_comes, 2), (while_another_runs, 1),
                  (a_storm, 1))
    failing_steps = (bad_syntax, unknown_key, missing_configuration,
                     missing_file, half_written_file, file_cut_in_place,
                     no_plugin_at_all, wrong_abi, missing_interface,
                     failing_create, failing_configure, failing_start,
                     prefix_clash, id_clash, failing_successor,
                     failing_settings, failing_save, unreadable_state,
                     too_much_state, broken_certificate, port_clash, no_rest)

    def order(self):
        """Every step once, in any order, then by weight for ever."""
        steps = [step for step, _ in self.done_steps] + [*self.failing_steps]
        self.rng.shuffle(steps)
        yield from steps
        good, weights = zip(*self.done_steps)
        while True:
            if self.rng.random() < 0.4:
                yield self.rng.choice(self.failing_steps)
            else:
                yield self.rng.choices(good, weights)[0]

    def all_met(self):
        return len(self.kinds) == (
            len(self.done_steps) + len(self.failing_steps))

    async def soak(self):
        self.crowd = Crowd(self.people, self.in_conversation, self.rng)
        self.client = await self.connect("control")
        await self.crowd.come(self.server)
        self.rss_kb = self.server.memory_kb()
        try:
            for step in self.order():
                self.kinds[step.__name__] = self.kinds.get(
                    step.__name__, 0) + 1
                try:
                    await step(self)
                except BaseException as error:
                    error.add_note(f"in the step {step.__name__}, after "
                                   f"{self.done_reloads} reloads, seed "
                                   f"{self.seed}\n{self.server.log()[-4000:]}")
                    raise
                if self.done_reloads >= self.wanted and self.all_met():
                    break
            await self.crowd.finish()
            await self.settled()
        finally:
            await self.crowd.leave()

    async def settled(self):
        """What everybody sent is what the ledger has."""
        self.assertEqual(self.crowd.wrong(), [])
        total = 0
        for person in self.crowd.people:
            answer = await self.client.ack("ledger.look", who=person.who)
            self.assertEqual(answer["n"], person.counted)
            self.assertEqual(person.answered, person.counted)
            total += person.counted
        self.assertEqual(answer["total"], total)
        stats = await self.stats()
        self.assertEqual(stats["connections"], self.people + 1)
        self.images = stats["reload"]["images"]

    def report(self):
        grown = self.server.memory_kb() - self.rss_kb
        print(f"\n{self.done_reloads} reloads ({self.outcomes}), "
              f"{self.crowd.events()} events of {self.people} sessions, "
              f"{self.images} files mapped, {grown} KB more in memory, seed "
              f"{self.seed}", flush=True)
