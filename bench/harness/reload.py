"""reload - what reloads cost those who are connected, and what they leave.

    bench/run reload [--rounds 3] [--seconds 3] [--connections 200]
    bench/run reload --crowd 10000 [--plugins chat,presence]

Events are exchanged by all clients, first in quiet and then with a reload
every --every milliseconds: `same` changes nothing, `settings` needs a new
instance of chat from the same file, `binary` is another file of chat each
time. With --crowd so many clients join a room each and stay, and only what
the loop and the events have to wait is measured. Then memory: so many reloads
(--growth) with nobody connected.
"""

import argparse
import json
import os
import shlex
import socket
import statistics
import sys
import tempfile
import threading
import time

from harness import machine, server, table
from harness.generator import Failed, Generator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
KINDS = ("same", "settings", "binary")
SCENARIOS = {"echo": "echo", "chat": "durable"}  # as loadgen calls them
NOISY = 0.15
WARM = 20  # reloads before memory is read


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="bench/run reload", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--every", type=int, default=100,
                        help="milliseconds from one reload to the next")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--warmup", type=float, default=1)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--crowd", type=int, default=0)
    parser.add_argument("--growth", type=int, default=200)
    parser.add_argument("--plugins", default="chat",
                        help="comma-separated; the first is exchanged")
    parser.add_argument("--build", default=os.path.join(
        ROOT, "build", "release"))
    parser.add_argument("--set", action="append", default=[],
                        metavar="PATH=VALUE", help="a setting for nexusd")
    parser.add_argument("--json", metavar="FILE", help="all raw figures")
    parser.add_argument("--quick", action="store_true",
                        help="one round of one second")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.seconds, options.warmup = 1, 1, 0.3
        options.growth = 40
    return options


class Nexus(server.Server):
    """nexusd with a plugin whose file and settings change."""

    def __init__(self, options, cpu):
        names = options.plugins.split(",")
        self.names, self.build = names, options.build
        # Beside the folder of the server, which is made later.
        self.place = tempfile.TemporaryDirectory(prefix="bench-reload-")
        self.config = os.path.join(self.place.name, "nexus.conf")
        self.file = os.path.join(self.place.name, f"{names[0]}.so")
        self.number = 0
        self.install()
        self.configure()
        super().__init__("nexus", server.command_of_nexus(
            options.build, (), ("reload.images=1000000", *options.set),
            self.config), cpu)

    def __exit__(self, *error):
        super().__exit__(*error)
        self.place.cleanup()

    def put(self, path, content):
        with open(path + ".new", "wb") as file:
            file.write(content)
        os.replace(path + ".new", path)

    def install(self):
        """What follows the last section changes nothing but the file."""
        source = os.path.join(self.build, "plugins", f"{self.names[0]}.so")
        with open(source, "rb") as file:
            self.put(self.file, file.read() + b"%08d" % self.number)

    def configure(self):
        """A setting that is not live is set to another value."""
        first = (f'{{ name = "{self.names[0]}"; path = "{self.file}"; '
                 f'{OTHER.get(self.names[0], "")} }}')
        rest = [f'{{ name = "{name}"; }}' for name in self.names[1:]]
        text = server.CONFIG % ", ".join([first, *rest])
        self.put(self.config, text.replace(
            "NUMBER", str(1000 + self.number)).encode())

    def change(self, kind):
        self.number += 1
        if kind == "settings":
            self.configure()
        elif kind == "binary":
            self.install()

    def reload(self):
        """What the server says of it."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(60)
            line.connect(os.path.join(
                self.folder.name, "data", "control.sock"))
            line.sendall(b'{"v": 1, "command": "reload"}\n')
            answer = json.loads(line.makefile("rb").readline())
        result = answer["result"]
        if result["outcome"] != "done":
            raise Failed(f"a reload was {result['outcome']}: "
                         f"{result['errors']}")
        return result

    def rss_kb(self):
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise Failed("the server is gone")


# Settings without effect on what is measured, which need a new instance.
OTHER = {"chat": "history = NUMBER;", "store": "queue_requests = NUMBER;"}


class Reloads(threading.Thread):
    """One after the other while something else is measured."""

    def __init__(self, nexus, kind, every_ms):
        super().__init__(daemon=True)
        self.nexus, self.kind, self.every = nexus, kind, every_ms / 1000
        self.ending = threading.Event()
        self.results, self.problem = [], None

    def run(self):
        due = time.monotonic()
        try:
            while not self.ending.wait(max(0, due - time.monotonic())):
                due = max(due + self.every, time.monotonic())
                self.nexus.change(self.kind)
                self.results.append(self.nexus.reload())
        except (Failed, OSError, KeyError, ValueError) as problem:
            self.problem = problem

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.ending.set()
        self.join()
        if self.problem and not any(error):
            raise Failed(str(self.problem))


def words_of(options, scenario):
    words = [scenario, "--connections", options.connections,
             "--size", options.size, "--seconds", options.seconds,
             "--warmup", options.warmup]
    words += ["--depth", 1] if scenario == "echo" else []
    return [str(word) for word in words]


def measure(options, generator, cpu, event, kind):
    """One run, of which kind None is the quiet one."""
    with Nexus(options, cpu) as nexus:
        seconds = options.seconds + options.warmup
        words = words_of(options, SCENARIOS[event])
        if kind is None:
            return generator.run(words, nexus, seconds)
        with Reloads(nexus, kind, options.every) as reloads:
            result = generator.run(words, nexus, seconds)
        result["reloads"] = reloads.results
        return result


def measure_crowd(options, generator, cpu, kind):
    with Nexus(options, cpu) as nexus:
        with Reloads(nexus, kind, options.every) as reloads:
            result = generator.run(
                ["idle", "--connections", str(options.crowd), "--seconds",
                 str(options.seconds)], nexus, 60)
        # Those of the last third have met everybody.
        count = len(reloads.results)
        result["reloads"] = reloads.results[count // 3:]
        return result


def measure_growth(options, cpu, kind):
    """KB of memory that one reload leaves behind."""
    with Nexus(options, cpu) as nexus:
        for _ in range(WARM):
            nexus.change(kind)
            nexus.reload()
        before = nexus.rss_kb()
        for _ in range(options.growth):
            nexus.change(kind)
            nexus.reload()
        return {"kb_per_reload": (nexus.rss_kb() - before) / options.growth}


def median_and_most(results, key):
    values = [reload[key] for result in results for reload in result["reloads"]]
    return (f"{table.number(statistics.median(values))} / "
            f"{table.number(max(values))}") if values else ""


def doubts(results):
    noise = max(result.get("neighbour_cpu", 0) for result in results)
    errors = sum(result.get("errors", 0) for result in results)
    words = [f"neighbours used {noise:.2f} core"] if noise > NOISY else []
    words += [f"errors {errors:.0f}"] if errors else []
    return ", ".join(words)


def row(name, results, quiet):
    cells = [name]
    cells += [table.spread([result[key] for result in results])
              for key in ("p50_us", "p99_us")]
    if name == "quiet":
        return [*cells, "", "", "", "", doubts(results)]
    ours = {n: result["p99_us"] for n, result in enumerate(results)}
    theirs = {n: result["p99_us"] for n, result in enumerate(quiet)}
    return [*cells, table.spread(table.ratios(ours, theirs)),
            str(sum(len(result["reloads"]) for result in results)),
            median_and_most(results, "freeze_ms"),
            median_and_most(results, "stall_ms"), doubts(results)]


HEADER = ["", "p50 µs", "p99 µs", "p99 ÷ quiet", "reloads",
          "freeze ms, median / most", "stall ms, median / most", ""]


def run_events(options, generator, cpu, event):
    """{kind: results}, the kinds one after the other in each round."""
    runs = {None: [], **{kind: [] for kind in KINDS}}
    for _ in range(options.rounds):
        for kind, results in runs.items():
            results.append(measure(options, generator, cpu, event, kind))
    print(f"{event}: {options.connections} clients, one event in flight each, "
          f"a reload every {options.every} ms")
    table.print_rows(HEADER, [
        row(kind or "quiet", results, runs[None])
        for kind, results in runs.items()])
    return {kind or "quiet": results for kind, results in runs.items()}


def run_crowd(options, generator, cpu):
    runs = {kind: [measure_crowd(options, generator, cpu, kind)
                   for _ in range(options.rounds)] for kind in KINDS}
    print(f"crowd: {options.crowd} clients in a room each")
    table.print_rows(["", *HEADER[4:]], [
        [kind, str(sum(len(result["reloads"]) for result in results)),
         median_and_most(results, "freeze_ms"),
         median_and_most(results, "stall_ms"), doubts(results)]
        for kind, results in runs.items()])
    return runs


def run_growth(options, cpu):
    runs = {kind: [measure_growth(options, cpu, kind)
                   for _ in range(options.rounds)] for kind in KINDS}
    print(f"memory: after {WARM} reloads, {options.growth} more")
    table.print_rows(["", "KB of RSS for each reload"], [
        [kind, table.spread([result["kb_per_reload"] for result in results])]
        for kind, results in runs.items()])
    return runs


def main(arguments):
    options = parse(arguments)
    facts = machine.describe()
    command = shlex.join(["bench/run", "reload", *arguments])
    cpus = machine.cpus()
    machine.raise_files()
    generator = Generator(options.build, cpus[1])
    print(f"command   {command}\nrevision  {machine.revision(ROOT)}\n"
          f"machine   {facts['cpu']}, {facts['cores']} cores, "
          f"{facts['memory_mb']} MB, Linux {facts['kernel']}, "
          f"load {facts['load_before']}\n"
          f"medians (least–most) of {options.rounds} rounds\n", flush=True)
    cases = {}
    try:
        if options.crowd:
            cases["crowd"] = run_crowd(options, generator, cpus[0])
        else:
            for event in SCENARIOS:
                cases[event] = run_events(options, generator, cpus[0], event)
        cases["memory"] = run_growth(options, cpus[0])
    except (Failed, server.Unavailable) as problem:
        print(f"  FAILED: {problem}", file=sys.stderr)
        return True
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"command": command, "machine": facts,
                       "started": time.strftime("%FT%TZ", time.gmtime()),
                       "cases": cases}, file, indent=1)
    return False
