"""Plugins built for a released ABI run in today's server.

`everything` uses every function and callback of its version and reports which;
the list is compared with the headers of that version. It is reloaded with its
state, kept when a reload is undone, and replaced by a build of today. `keeper`
is the engine behind it, `minimal` does without <nexus/sdk.h>.

On a machine for which no binaries were kept, the sources are built with the
released headers first, and the test says so.
"""

import asyncio
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import emit
import harness

HERE = pathlib.Path(__file__).parent
MACHINE = os.uname().machine
OBJECT = {"text": "é\n", "array": [7, 1.5, True]}
# Nobody calls it: no interface of a plugin is defined yet.
NEVER_CALLED = {"nx_plugin.get_interface"}
PROVIDER = ("nx_engine_provider_v1", "nx_provider_sink")


def find_binaries(version):
    """The folder of the fixtures, and whether they are those of the release."""
    kept = HERE / version / MACHINE
    if kept.is_dir():
        return kept, True
    built = pathlib.Path(tempfile.mkdtemp(prefix="nexus-abi-"))
    subprocess.run([HERE / "build-fixtures", version, built], check=True)
    print(f"no fixture for this machine ({MACHINE}): the sources are built "
          f"with the headers of {version} instead", file=sys.stderr)
    return built, False


def names_of(version):
    """Every function and callback of the version, as `everything` says it."""
    headers = emit.abi.read(f"tests/abi/{version}/include/nexus")
    words = {f"nx_{word}_v1": word for word in headers.interfaces}
    names = set(headers.types)
    for struct in headers.structs.values():
        if struct.name in PROVIDER:
            continue
        word = words.get(struct.name, struct.name)
        names |= {f"{word}.{f.name}" for f in struct.functions()}
    return names - NEVER_CALLED


def provider_names(version):
    headers = emit.abi.read(f"tests/abi/{version}/include/nexus")
    return {f.name for f in headers.structs[PROVIDER[0]].functions()}


class Fixtures(harness.ServerTest):
    version = "1.0"

    @classmethod
    def setUpClass(cls):
        cls.folder, kept = cls.find_binaries()
        if not kept:
            cls.addClassCleanup(shutil.rmtree, cls.folder)

    @classmethod
    def find_binaries(cls):
        return find_binaries(cls.version)

    def setUp(self):
        self.options = {"plugins": self.plugins(),
                        "sets": ["limits.messages_per_second=0"]}
        super().setUp()

    def plugin(self, name, more="", folder=None):
        path = (folder or self.folder) / f"{name}.so"
        return f'{{ name = "{name}"; path = "{path}"; {more} }}'

    def plugins(self, everything=None, others=()):
        return [self.plugin("keeper"), self.plugin("minimal"),
                everything or self.plugin("everything"), *others]

    async def reload(self, plugins, outcome):
        """What SIGHUP does, with another list of plugins."""
        before = await self.stats()
        fresh = self.server.config.with_suffix(".fresh")
        fresh.write_text("reload = { freeze_ms = 20000; };\n"
                         + harness.settings_text(plugins))
        os.replace(fresh, self.server.config)
        self.server.process.send_signal(signal.SIGHUP)
        deadline = asyncio.get_running_loop().time() + harness.DEADLINE
        while True:
            stats = await self.stats()
            if self.count(stats) > self.count(before):
                break
            self.assertLess(asyncio.get_running_loop().time(), deadline,
                            self.server.log())
        self.assertEqual(stats["last"]["outcome"], outcome, self.server.log())
        return stats["last"]

    async def stats(self):
        answer = await asyncio.to_thread(self.server.http, "/api/ws/stats")
        return answer[2]["reload"]

    @staticmethod
    def count(stats):
        return stats["done"] + stats["refused"] + stats["undone"]

    async def report(self, client):
        report = await client.ack("everything.report")
        self.assertEqual(report["wrong"], [])
        return report

    async def use_all_calls(self, client):
        await client.ack("everything.run", object=OBJECT)
        written = await client.expect("everything.written")
        self.assertEqual(
            {key: written[key] for key in ("str", "i64", "u64", "f64", "bool",
                                           "null", "json", "raw", "object",
                                           "array")},
            {"str": '"ü"', "i64": -2**63, "u64": 2**64 - 1, "f64": 0.5,
             "bool": True, "null": None, "json": OBJECT, "raw": [1, 2],
             "object": {"text": "é\n"}, "array": [1]})
        record = await client.expect("everything.record")
        self.assertGreaterEqual(record["seq"], 1)
        await self.wait_for_names(client, {"nx_room_kind.on_received"})
        await client.send("everything.leave")
        failed = await client.error("everything_failed", "everything.fail")
        self.assertEqual(failed["retry_after_ms"], 1500)

    async def use_all_routes(self):
        def get(path, **options):
            return asyncio.to_thread(self.server.http, path, **options)

        status, _, body = await get("/api/everything/a%20b?q=c",
                                    headers={"Idempotency-Key": "d"})
        self.assertEqual((status, body), (200, {"name": "a b", "q": "c",
                                                "header": "d"}))
        self.assertEqual((await get("/api/everything-bytes"))[2], [1])
        status, _, problem = await get("/api/everything-problem")
        self.assertEqual((status, problem["code"]), (409, "conflict"))

    async def use_sessions(self):
        later = await self.connect("later")
        self.assertEqual(later.welcome["user_id"], "later")
        await later.send("everything.close")
        self.assertEqual(await later.closed(), 4000)

    async def wait_for_names(self, client, wanted):
        """Until all was seen: proofs of receipt come when they come."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + harness.DEADLINE
        while True:
            report = await self.report(client)
            missing = wanted - set(report["seen"])
            if not missing:
                return report
            self.assertLess(loop.time(), deadline, f"never used: {missing}")

    async def assert_no_mistakes(self, client):
        """Nothing that worked in its version is a mistake today. The server
        has ended: nothing more comes into its log."""
        await client.close()
        self.server.stop()
        self.assertNotIn("mistake of the plugin", self.server.log())

    async def test_the_smallest_plugin_answers(self):
        alice = await self.connect("alice")
        await alice.ack("minimal")

    async def test_every_call_works_and_every_callback_comes(self):
        alice = await self.connect("alice")
        await self.use_all_calls(alice)
        await self.use_all_routes()
        await self.use_sessions()
        # A reload that is undone, one that is refused, one that succeeds.
        bad = ('{ name = "bad_start"; path = "%s"; }'
               % (harness.BUILD / "tests/plugins/bad_start.so"))
        changed = self.plugin("everything", "number = 8;")
        await self.reload(self.plugins(changed, [bad]), "undone")
        unlucky = self.plugin("everything", "number = 13;")
        await self.reload(self.plugins(unlucky), "refused")
        self.server.wait_for_line("number.*brings bad luck")
        await self.report(alice)
        await self.reload(self.plugins(changed), "done")
        wanted = names_of(self.version)
        # The one before said what it saw; config.problem died with its own.
        report = await self.wait_for_names(
            alice, wanted - {"config.problem"})
        self.assertGreater(report["restored"], 50)
        self.assertLessEqual({"NX_SESSION_OPENED", "NX_SESSION_CLOSED",
                              "NX_SESSION_ACTIVE"}, set(report["seen"]))
        calls = (await alice.ack("keeper.report"))["calls"]
        self.assertEqual(set(calls), provider_names(self.version))
        await self.assert_no_mistakes(alice)

    async def test_a_build_of_today_takes_over_and_gives_back(self):
        alice = await self.connect("alice")
        await self.use_all_calls(alice)
        seen = set((await self.report(alice))["seen"])
        today = self.plugin("everything",
                            folder=harness.BUILD / "tests/abi/1.0")
        await self.reload(self.plugins(today), "done")
        report = await self.report(alice)
        self.assertLessEqual(seen, set(report["seen"]))
        await self.reload(self.plugins(), "done")
        await self.use_all_calls(alice)
        self.assertLessEqual(seen, set((await self.report(alice))["seen"]))
        await self.assert_no_mistakes(alice)


if __name__ == "__main__":
    harness.main()
