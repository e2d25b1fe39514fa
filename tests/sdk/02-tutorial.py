"""The ten minutes of docs/plugins.md, as somebody would follow them: each file is
written, each command run in one shell, each line of a client sent to the server
that those commands have started, with nothing but what is installed."""

import asyncio
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import unittest

import harness

sys.path.insert(0, str(harness.SOURCE / "tests/abi"))
import installed_sdk as sdk  # noqa: E402: found by the line before

PAGE = harness.SOURCE / "docs/plugins.md"
BLOCK = re.compile(r"(?:^`(?P<file>[\w./-]+)`:\n\n)?"
                   r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
MARK = "the shell has come to here:"

setUpModule = sdk.setUpModule


def blocks():
    """(file, language, text) of the section, in order."""
    text = PAGE.read_text()
    section = re.search(r"^## Ten minutes$(.*?)^## ", text, re.M | re.S)[1]
    return [(m["file"], m["language"], m["text"])
            for m in BLOCK.finditer(section)]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Shell:
    """One bash for all commands, which must all succeed."""

    def __init__(self, folder, port):
        self.folder = pathlib.Path(folder)
        root = sdk.WORK / "root"
        self.process = subprocess.Popen(
            ["bash", "-m"], cwd=folder, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={
                "PATH": f"{root}/bin:/usr/bin:/bin", "HOME": str(folder),
                "CMAKE_PREFIX_PATH": str(root),
                # Somebody else may have 8000.
                "NEXUS_LISTEN_PORT": str(port)})
        self.said = []

    def run(self, text):
        for command in text.strip().splitlines():
            self.process.stdin.write(
                f"{command}\necho \"{MARK} $? $PWD\"\n")
            self.process.stdin.flush()
            status, folder = self.wait()
            if status != 0:
                raise AssertionError(f"{command}: exit {status}\n" +
                                     "".join(self.said[-60:]))
            self.folder = pathlib.Path(folder)

    def wait(self):
        for line in self.process.stdout:
            found = re.search(rf"{MARK} (\d+) (.*)$", line)
            if found:
                return int(found[1]), found[2]
            self.said.append(line)
        raise AssertionError("the shell has ended:\n" + "".join(self.said))

    def close(self):
        self.process.stdin.close()
        for line in self.process.stdout:
            self.said.append(line)
        self.process.stdout.close()
        self.process.wait()


class Tutorial(unittest.IsolatedAsyncioTestCase):
    async def connect(self, port):
        """The server was started in the background: until it listens."""
        url = f"ws://127.0.0.1:{port}/ws?user_id=alice"
        deadline = harness.DEADLINE
        while True:
            try:
                client = harness.Client(await harness.dial(url))
                break
            except OSError:
                deadline -= 0.001
                if deadline < 0:
                    raise
        self.addAsyncCleanup(client.close)
        await client.expect("system.message")
        return client

    async def talk(self, client, text):
        for line in text.strip().splitlines():
            if line.startswith("> "):
                await client.send_text(line[2:])
                continue
            self.assertTrue(line.startswith("< "), line)
            await client.expect(**json.loads(line[2:]))

    async def test_each_file_command_and_line(self):
        # unittest turns on what reports each command as a slow callback.
        asyncio.get_running_loop().set_debug(False)
        folder = sdk.WORK / "tutorial"
        folder.mkdir()
        port = free_port()
        shell = Shell(folder, port)
        client = None
        counts = {"file": 0, "sh": 0, "text": 0}
        try:
            for file, language, text in blocks():
                kind = "file" if file else language
                self.assertIn(kind, counts, text)
                counts[kind] += 1
                if file:
                    (shell.folder / file).write_text(text)
                elif language == "sh":
                    shell.run(text)
                else:
                    client = client or await self.connect(port)
                    await self.talk(client, text)
        finally:
            shell.run("kill $(jobs -p) || true")
            shell.close()
        self.assertGreaterEqual(min(counts.values()), 3, counts)
        self.assertEqual(len(list((sdk.WORK / "root").rglob("tally.so"))), 1)


if __name__ == "__main__":
    os.environ.setdefault("NEXUS_TEST_DEADLINE", "60")
    harness.main()
