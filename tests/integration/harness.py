"""What the integration tests share: a real server, and patient clients.

A Server runs build/<preset>/nexusd on a free port with a configuration and a
data directory of its own. Nothing here waits for time to pass: every wait is
for a line in the log, a message or the end of a process, with a deadline.
"""

import asyncio
import collections
import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import websockets

BUILD = pathlib.Path(os.environ["NEXUS_BUILD"])
SOURCE = pathlib.Path(os.environ["NEXUS_SOURCE"])
DEADLINE = float(os.environ.get("NEXUS_TEST_DEADLINE", "20"))

CHAT = '{ name = "chat"; }'
STORE = '{ name = "store"; }'
NOTIFY = '{ name = "notify"; }'
PRESENCE = '{ name = "presence"; }'


def default_plugins():
    """Chat, in memory or, with NEXUS_TEST_ENGINE=store, on the store."""
    if os.environ.get("NEXUS_TEST_ENGINE") == "store":
        return (STORE, CHAT)
    return (CHAT,)


def settings_text(plugins):
    return "plugins = ( %s );\n" % ", ".join(plugins)


def wait_until(condition, describe):
    """Asks again and again; for what tells nobody when it happens."""
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not in {DEADLINE} s: {describe()}")
        # NOLINTNEXTLINE(banned): between two questions, not instead of one
        time.sleep(0.05)


class Server:
    """One nexusd process; use as a context manager."""

    def __init__(self, *, plugins=None, sets=(), config=None, env=None,
                 wait=True, command=(), program=BUILD / "nexusd"):
        if plugins is None:
            plugins = default_plugins()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="nexus-test-"))
        self.config = self.directory / "nexus.conf"
        self.config.write_text(
            settings_text(plugins) if config is None else config)
        self.sets = ["listen.port=0", f"data_dir={self.directory}/data",
                     *sets]
        self.env = env or {}
        self.prefix = list(command)  # what runs nexusd, if anything
        self.program = program
        self.wait = wait
        self.lines = []
        self.changed = threading.Condition()
        self.process = None
        self.port = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def command(self):
        command = [*self.prefix, str(self.program), "--config",
                   str(self.config)]
        for item in self.sets:
            command += ["--set", item]
        return command

    def start(self):
        self.lines.clear()
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, cwd=self.directory,
            env={**os.environ, **self.env})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if self.wait:
            listening = self.wait_for_line(r"listening\b.*\bport=(\d+)")
            self.port = int(listening.group(1))
            self.wait_for_line(r"\bready$")

    def _read(self):
        for raw in self.process.stderr:
            with self.changed:
                self.lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)  # the end
            self.changed.notify_all()

    def log(self):
        return "\n".join(line for line in self.lines if line is not None)

    def wait_for_line(self, pattern, timeout=DEADLINE, start=0):
        """The first match of a line, past from `start` on or to come."""
        found = re.compile(pattern)
        seen = start
        with self.changed:
            while True:
                for line in self.lines[seen:]:
                    match = found.search(line) if line is not None else None
                    if match:
                        return match
                    if line is None:
                        raise AssertionError(
                            f"nexusd ended without {pattern!r}:\n{self.log()}")
                seen = len(self.lines)
                if not self.changed.wait(timeout):
                    raise AssertionError(
                        f"no line {pattern!r} in {timeout} s:\n{self.log()}")

    def stop(self):
        """Ends the server; a crash, a leak or a sanitizer report fails."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.wait_for_exit()
        self.process = None
        if self.wait and code != 0:
            raise AssertionError(f"nexusd exited with {code}:\n{self.log()}")

    def kill(self):
        self.process.kill()
        self.wait_for_exit()
        self.process = None

    def wait_for_exit(self, timeout=DEADLINE):
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"nexusd does not end:\n{self.log()}")
        self.reader.join(DEADLINE)
        self.process.stderr.close()
        return code

    def url(self, user=None, **query):
        if user is not None:
            query = {"user_id": user, "token": "test", **query}
        text = "&".join(f"{k}={v}" for k, v in query.items())
        return f"ws://127.0.0.1:{self.port}/ws" + (f"?{text}" if text else "")

    def http(self, path, *, method="GET", body=None, headers=None):
        """(status, headers, parsed body) of one request."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method, data=data,
            headers=headers or {})
        if isinstance(body, dict):
            request.add_header("Content-Type", "application/json")
        try:
            response = urllib.request.urlopen(request, timeout=DEADLINE)
        except urllib.error.HTTPError as error:
            response = error
        text = response.read()
        return (response.status, dict(response.headers),
                json.loads(text) if text else None)

    def memory_kb(self):
        """Resident memory of the process."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


class Client:
    """A websockets connection that looks for events by their fields."""

    refs = itertools.count(1)

    def __init__(self, socket):
        self.socket = socket
        self.welcome = None
        self.passed = collections.deque()  # came while an answer was awaited

    async def receive(self):
        """The next event on the wire."""
        text = await asyncio.wait_for(self.socket.recv(), DEADLINE)
        return json.loads(text)

    async def next(self):
        """The next event, whatever it is."""
        return self.passed.popleft() if self.passed else await self.receive()

    async def expect(self, event_type, **fields):
        """Reads on to an event of this type with these fields."""
        skipped = []
        try:
            while True:
                event = await self.next()
                if event["event_type"] == event_type and all(
                        event.get(k) == v for k, v in fields.items()):
                    return event
                skipped.append(event)
        except (asyncio.TimeoutError, websockets.ConnectionClosed) as error:
            raise AssertionError(
                f"no {event_type} {fields}, but {skipped}, then "
                f"{type(error).__name__}: {error}") from error

    async def send(self, event_type, **fields):
        await self.socket.send(
            json.dumps({"event_type": event_type, **fields}))

    async def send_text(self, text):
        await self.socket.send(text)

    async def request(self, event_type, **fields):
        """Sends with a ref and returns the ack or error. Other events are
        kept for later."""
        ref = f"r{next(self.refs)}"
        await self.send(event_type, ref=ref, **fields)
        try:
            while True:
                event = await self.receive()
                if event.get("ref") == ref:
                    return event
                self.passed.append(event)
        except (asyncio.TimeoutError, websockets.ConnectionClosed) as error:
            raise AssertionError(
                f"no answer to {event_type}, but {list(self.passed)}, then "
                f"{type(error).__name__}: {error}") from error

    async def ack(self, event_type, **fields):
        answer = await self.request(event_type, **fields)
        if answer["event_type"] != "ack":
            raise AssertionError(f"{event_type}: {answer}")
        return answer

    async def error(self, code, event_type, **fields):
        answer = await self.request(event_type, **fields)
        if answer["event_type"] != "error" or answer["code"] != code:
            raise AssertionError(f"{event_type}: {answer}, not {code}")
        return answer

    async def settle(self):
        """Everything the server had to say so far, without waiting for time:
        a ping is answered after it. What others did is part of it if they
        have their acks."""
        n = next(self.refs)
        await self.send("ping", settle=n)
        events = []
        while True:
            event = await self.next()
            if event["event_type"] == "pong" and event.get("settle") == n:
                return events
            events.append(event)

    async def closed(self):
        """Reads to the end; the close code."""
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.wait_for(self.socket.recv(), DEADLINE)
        return self.socket.close_code

    async def close(self):
        await self.socket.close()


def dial(url, **options):
    """A connection that reads all the time, so that nobody has to wait for
    a test that is not interested."""
    return websockets.connect(url, max_size=None, max_queue=None, **options)


class ServerTest(unittest.IsolatedAsyncioTestCase):
    """A test case with one server; override `options` for its arguments."""

    options = {}

    def setUp(self):
        self.server = Server(**self.options)
        self.server.start()
        self.addCleanup(
            shutil.rmtree, self.server.directory, ignore_errors=True)
        self.addCleanup(self.server.stop)

    async def asyncSetUp(self):
        # unittest turns on what makes a busy loop many times slower.
        asyncio.get_running_loop().set_debug(False)

    async def connect(self, user, server=None, **options):
        """A client that has read its welcome."""
        query = options.pop("query", {})
        url = (server or self.server).url(user, **query)
        socket = await dial(url, **options)
        self.addAsyncCleanup(socket.close)
        client = Client(socket)
        client.welcome = await client.expect("system.message")
        return client

    async def open(self, url, **options):
        """A client that has read nothing yet."""
        socket = await dial(url, **options)
        self.addAsyncCleanup(socket.close)
        return Client(socket)


def main():
    unittest.main(verbosity=2)
