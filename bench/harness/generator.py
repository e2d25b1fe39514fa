"""generator - runs loadgen against a server and gives back its figures."""

import json
import os
import re
import signal
import subprocess

from harness import machine

RUN_SECONDS = 180  # beyond what was asked for: nothing takes so long
MESSAGES = 20      # counted by strace, one at a time


class Failed(Exception):
    """A run without figures; the text says why."""


class Generator:
    def __init__(self, build, cpu):
        self.binary = os.path.join(build, "bench", "loadgen")
        self.cpu = cpu

    def command(self, arguments, server):
        return [self.binary, *arguments, "--port", str(server.port),
                "--server-pid", str(server.pid), "--json"]

    def _start(self, arguments, server):
        return subprocess.Popen(
            self.command(arguments, server), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {self.cpu}))

    @staticmethod
    def _finish(process, server, seconds):
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failed(f"no end after {seconds} s") from None
        if process.returncode != 0:
            raise Failed(err.strip() + "\n  the server's last words: "
                         + server.log()[-400:].strip())
        result = json.loads(out)
        result["notes"] = err.strip()
        return result

    def run(self, arguments, server, seconds):
        neighbours = machine.Neighbours(server.pid)
        process = self._start(arguments, server)
        result = self._finish(process, server, seconds + RUN_SECONDS)
        result["neighbour_cpu"] = round(neighbours.share(), 3)
        return result

    def count_syscalls(self, arguments, server):
        """Like run, with strace on the server while messages go out."""
        process = self._start(
            [*arguments, "--messages", str(MESSAGES), "--hold"], server)
        try:
            _wait_line(process.stderr, "joined")
            with Strace(server) as strace:
                process.stdin.write("\n")
                process.stdin.flush()
                _wait_line(process.stderr, "measured")
            process.stdin.write("\n")
            process.stdin.flush()
            result = self._finish(process, server, RUN_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        result["calls"] = strace.calls
        return result


def _wait_line(file, wanted):
    seen = []
    for line in file:
        if re.search(wanted, line):
            return
        seen.append(line)
    raise Failed("".join(seen).strip() or f"no '{wanted}' from {file.name}")


class Strace:
    """Counts the system calls of a server while the block runs."""

    def __init__(self, server):
        self.server = server
        self.path = os.path.join(server.folder.name, "strace")
        self.process = None
        self.calls = {}

    def __enter__(self):
        try:
            self.process = subprocess.Popen(
                ["strace", "-c", "-f", "-o", self.path,
                 "-p", str(self.server.pid)],
                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        except FileNotFoundError:
            raise Failed("no strace (Debian: strace)") from None
        _wait_line(self.process.stderr, "attached")
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)
        with open(self.path, encoding="utf-8") as file:
            for line in file:
                fields = line.split()
                if (len(fields) >= 5 and fields[3].isdigit()
                        and fields[-1] != "total"):
                    self.calls[fields[-1]] = int(fields[3])
