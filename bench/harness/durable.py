"""durable - acknowledged chat messages, beside what SQLite alone commits.

    bench/run durable [--publishers 1,10,100,1000] [--rounds 3] [--seconds 3]

The server runs with the store and chat; each publisher has a conversation of
its own and one message in flight. The ceiling writes the same rows in
transactions of as many messages as there are publishers. Both use all CPUs,
and files in the same folder.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time

from harness import machine, server, table
from harness.generator import Failed, Generator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
COLUMNS = (("messages/s", "messages_per_s"), ("p50 µs", "p50_us"),
           ("p99 µs", "p99_us"), ("CPU µs/message", "server_us_per_message"))
NOISY = 0.15


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="bench/run durable", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--publishers", default="1,10,100,1000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--warmup", type=float, default=1)
    parser.add_argument("--size", type=int, default=128,
                        help="bytes of a message's content")
    parser.add_argument("--folder", default=None,
                        help="where the databases are; default: $TMPDIR")
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
    return options


class Everywhere(Generator):
    """Not pinned: the server's two threads and the clients share what there
    is, as on a machine of this size in production."""

    def _start(self, arguments, peer):
        return subprocess.Popen(
            self.command(arguments, peer), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Store(server.Server):
    """nexusd with the store, on all CPUs."""

    def __init__(self, options):
        settings = [*options.set]
        if options.folder:
            self.place = tempfile.TemporaryDirectory(dir=options.folder)
            settings.append(f"plugins.store.folder={self.place.name}/store")
        super().__init__("nexus", server.command_of_nexus(
            options.build, ("store", "chat"), settings), None)


def measure_nexus(options, generator, publishers):
    words = ["durable", "--connections", publishers, "--size", options.size,
             "--seconds", options.seconds, "--warmup", options.warmup]
    with Store(options) as peer:
        return generator.run([str(word) for word in words], peer,
                             options.seconds + options.warmup)


def measure_ceiling(options, publishers):
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        done = subprocess.run(
            [os.path.join(options.build, "bench", "sqlite_ceiling"),
             os.path.join(folder, "ceiling.db"), str(publishers),
             str(options.size), str(options.warmup), str(options.seconds)],
            capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(done.stderr.strip())
        return json.loads(done.stdout)


def print_case(publishers, rounds):
    ours = {n: r["nexus"]["messages_per_s"] for n, r in rounds.items()}
    theirs = {n: r["ceiling"]["messages_per_s"] for n, r in rounds.items()}
    rows = []
    for name in ("nexus", "ceiling"):
        results = [r[name] for r in rounds.values()]
        cells = [table.spread([result[key] for result in results])
                 if key in results[0] else "" for _, key in COLUMNS]
        noise = max(result.get("neighbour_cpu", 0) for result in results)
        errors = sum(result.get("errors", 0) for result in results)
        doubts = [f"neighbours used {noise:.2f} core"] if noise > NOISY else []
        doubts += [f"errors {errors:.0f}"] if errors else []
        share = table.spread(table.ratios(ours, theirs))
        rows.append([name, *cells, share if name == "nexus" else "",
                     ", ".join(doubts)])
    print(f"durable: {publishers} publishers, one message in flight each")
    table.print_rows(["", *(name for name, _ in COLUMNS),
                      "nexus ÷ ceiling", ""], rows)


def main(arguments):
    options = parse(arguments)
    facts = machine.describe()
    command = shlex.join(["bench/run", "durable", *arguments])
    machine.raise_files()
    generator = Everywhere(options.build, None)
    print(f"command   {command}\nrevision  {machine.revision(ROOT)}\n"
          f"machine   {facts['cpu']}, {facts['cores']} cores, "
          f"{facts['memory_mb']} MB, Linux {facts['kernel']}, "
          f"load {facts['load_before']}\n"
          f"medians (least–most) of {options.rounds} rounds\n", flush=True)
    failed, cases = False, []
    for publishers in map(int, options.publishers.split(",")):
        rounds = {}
        for number in range(options.rounds):
            try:
                rounds[number] = {
                    "nexus": measure_nexus(options, generator, publishers),
                    "ceiling": measure_ceiling(options, publishers)}
            except (Failed, server.Unavailable) as problem:
                failed = True
                print(f"  FAILED: {problem}", file=sys.stderr)
        if rounds:
            print_case(publishers, rounds)
        cases.append({"publishers": publishers, "rounds": rounds})
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"command": command, "machine": facts,
                       "started": time.strftime("%FT%TZ", time.gmtime()),
                       "cases": cases}, file, indent=1)
    return failed
