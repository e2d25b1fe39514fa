"""What the tests of the quarantine share: a server with a plugin that crashes
it, and what the server says of those that are left out."""

import shutil
import urllib.request

import crashes
import harness
from crashes import plugin

LEFT_OUT = "a plugin is left out because it crashes the server plugin=%s "
SPARED = "a plugin crashes the server and is loaded all the same plugin=%s "


class QuarantineTest(crashes.CrashTest):
    more = ""
    sets = ()
    others = (harness.STORE, harness.CHAT)

    def setUp(self):
        self.options = {"plugins": (), "sets": self.sets}
        server = self.server = harness.Server(**self.options)
        self.file = server.directory / "crasher.so"
        shutil.copy(crashes.PLUGINS / "crasher.so", self.file)
        self.configure(self.more)
        server.start()
        self.addCleanup(
            shutil.rmtree, server.directory, ignore_errors=True)
        self.addCleanup(server.stop)

    def configure(self, more="", *others):
        self.server.config.write_text(harness.settings_text(
            [plugin(more=more, path=self.file), *self.others, *others]))

    async def crash_often(self, times, what="crash.segv"):
        for _ in range(times):
            await self.crash(what)
            self.server.start()

    def out(self):
        """Names in quarantine, by the server's own account."""
        return [item["name"] for item in
                self.server.http("/api/ws/stats")[2]["quarantine"]]

    def restart(self):
        self.server.stop()
        self.server.start()

    def metrics(self):
        url = f"http://127.0.0.1:{self.server.port}/metrics"
        with urllib.request.urlopen(url, timeout=harness.DEADLINE) as answer:
            return answer.read().decode()
