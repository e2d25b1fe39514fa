"""server - the servers that are measured, all started the same way.

Each says `port=N` in a line with `listening`, and then `ready`, on stderr.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time

START_SECONDS = 15
STOP_SECONDS = 15

# A load generator is exactly what these limits are there to stop.
SETTINGS = (
    "limits.messages_per_second=1000000",
    "limits.burst=1000000",
    "limits.bytes_per_second=0",
    "limits.connections=20000",
    "limits.connections_per_user=10000",
)

CONFIG = 'log = { level = "info"; };\nplugins = ( %s );\n'


class Unavailable(Exception):
    """This server cannot be measured here; the text says why."""


class Server:
    """One running server with a folder of its own; use it with `with`."""

    def __init__(self, name, command, cpu):
        self.name = name
        self.command = command
        self.cpu = cpu
        self.process = None
        self.port = None
        self.folder = None
        self.log_path = None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bench-")
        self.log_path = os.path.join(self.folder.name, "log")
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        with open(self.log_path, "wb") as log:
            # A thread-free parent: preexec_fn is safe here.
            self.process = subprocess.Popen(
                self.command(self.folder.name), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
                preexec_fn=self._pin)
        deadline = time.monotonic() + START_SECONDS
        while self.port is None:
            text = self.log()
            found = re.search(r"listening.*?\bport=(\d+)", text)
            if found and re.search(r"\bready\b", text):
                self.port = int(found[1])
            elif self.process.poll() is not None:
                raise Unavailable(f"{self.name} ended: {text[-400:].strip()}")
            elif time.monotonic() > deadline:
                raise Unavailable(f"{self.name} is not ready after "
                                  f"{START_SECONDS} s: {text[-400:].strip()}")
            else:
                time.sleep(0.02)

    def _pin(self):
        if self.cpu is not None:
            os.sched_setaffinity(0, {self.cpu})

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    @property
    def pid(self):
        return self.process.pid

    def __exit__(self, *_):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.folder.cleanup()


def _nexus(build, config, plugins, settings):
    binary = os.path.join(build, "nexusd")

    def command(folder):
        path = config
        if path is None:
            path = os.path.join(folder, "nexus.conf")
            with open(path, "w", encoding="utf-8") as file:
                file.write(CONFIG % ", ".join(
                    f'{{ name = "{name}"; }}' for name in plugins))
        values = ("listen.port=0",
                  f"data_dir={os.path.join(folder, 'data')}",
                  *SETTINGS, *settings)
        return [binary, "--config", path,
                *(word for value in values for word in ("--set", value))]

    if not os.access(binary, os.X_OK):
        raise Unavailable(f"no {os.path.relpath(binary)}: ./dev build")
    return command


def command_of_nexus(build, plugins, settings, config=None):
    return _nexus(build, config, plugins, settings)


def _bare(build, bench):
    del bench
    binary = os.path.join(build, "bench", "bare")
    if not os.access(binary, os.X_OK):
        raise Unavailable(f"no {os.path.relpath(binary)}: ./dev build")
    return lambda folder: [binary]


def _ws(build, bench):
    del build
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None:
        raise Unavailable("no node (Debian: nodejs node-ws)")
    return lambda folder: [node, os.path.join(bench, "peers", "ws.cjs")]


def _websockets(build, bench):
    del build
    python = "/usr/bin/python3"
    if subprocess.run([python, "-c", "import websockets"], check=False,
                      capture_output=True).returncode != 0:
        raise Unavailable("no websockets (Debian: python3-websockets)")
    peer = os.path.join(bench, "peers", "websockets_peer.py")
    return lambda folder: [python, peer]


PEERS = {"bare": _bare, "ws": _ws, "websockets": _websockets}
NAMES = ("nexus", *PEERS)


def make(name, options, bench, cpu, plugins=(), settings=()):
    """A Server that is not started; raises Unavailable. Plugins and their
    settings are for nexusd."""
    if name == "nexus":
        command = _nexus(options.build, options.config, plugins,
                         (*settings, *options.set))
    else:
        command = PEERS[name](options.build, bench)
    return Server(name, command, cpu)
