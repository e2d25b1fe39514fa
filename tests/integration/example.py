"""What the tests of the SDK's examples share: a server with one of them."""

import os
import signal
import urllib.request

import harness

EXAMPLES = harness.BUILD / "examples"


class ExampleTest(harness.ServerTest):
    name = None       # of the example
    settings = ""     # in its line of the plugin list
    beside = ()       # other lines

    def setUp(self):
        self.options = {"plugins": self.lines(self.settings),
                        "sets": ["limits.messages_per_second=0"]}
        super().setUp()

    def lines(self, settings):
        return [*self.beside, '{ name = "%s"; path = "%s"; %s }' % (
            self.name, EXAMPLES / f"{self.name}.so", settings)]

    def reload(self, settings, outcome="done"):
        """The plugin gets other settings, and a new instance if they are not
        live. Returns when that has ended so."""
        seen = len(self.server.lines)
        fresh = self.server.config.with_suffix(".fresh")
        fresh.write_text(harness.settings_text(self.lines(settings)))
        os.replace(fresh, self.server.config)
        self.server.process.send_signal(signal.SIGHUP)
        self.server.wait_for_line(rf"reload: {outcome}", start=seen)

    def metrics(self):
        """The plugin's own: name without its beginning -> value."""
        url = f"http://127.0.0.1:{self.server.port}/metrics"
        with urllib.request.urlopen(url, timeout=harness.DEADLINE) as answer:
            text = answer.read().decode()
        begin = f"nexus_{self.name}_"
        rows = [line.split() for line in text.splitlines()
                if line.startswith(begin)]
        return {row[0][len(begin):]: float(row[1]) for row in rows}
