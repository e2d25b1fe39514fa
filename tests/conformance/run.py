#!/usr/bin/python3
"""The project's own conformance suite for RFC 6455 and RFC 7692.

    tests/conformance/run.py [--tls] [--deflate] [--list] [--verbose]
                             [--only GROUP[/CASE]]

Plain sockets, no WebSocket library: what arrives is exactly what a case
sends. It starts one server, or as many as have different settings, and asks
it through its `ping` event whether a message was understood. NEXUS_BUILD and
NEXUS_SOURCE say where the program is; --port tests one that runs already.

Every case decides by the RFCs. Where the server is known to differ, the table
in deviations.py has the reason and what it does instead, which is checked, so
that a change is noticed. What waits for a feature is listed as pending.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import importlib
import os
import pathlib
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
os.environ.setdefault("NEXUS_SOURCE", str(SOURCE))
os.environ.setdefault("NEXUS_BUILD", str(SOURCE / "build" / "dev"))
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

import deviations  # noqa: E402
import features  # noqa: E402
import suite  # noqa: E402
from peer import Ended  # noqa: E402

for module in sorted(HERE.glob("cases_*.py")):
    importlib.import_module(module.stem)

AT_ONCE = 8
LATE_MAX = 24  # cases that wait in vain, before the rest are not run
PASSED, FAILED, DEVIATES, PENDING = "passed", "failed", "deviates", "pending"


def options_of_the_command_line():
    parser = argparse.ArgumentParser(
        description="RFC 6455 and RFC 7692 conformance of the server.")
    parser.add_argument("--list", action="store_true",
                        help="show the cases and run none")
    parser.add_argument("--only", action="append", metavar="GROUP[/CASE]",
                        help="may be repeated; CASE may be a beginning")
    parser.add_argument("--verbose", action="store_true",
                        help="a line for each case, tracebacks for failures")
    parser.add_argument("--port", type=int,
                        help="test the server on this port, start none")
    parser.add_argument("--deflate", action="store_true",
                        help="with permessage-deflate in every session")
    parser.add_argument("--tls", action="store_true",
                        help="over TLS; with --port, to that port")
    return parser.parse_args()


def is_chosen(case, only):
    return not only or any(
        case.group == word or case.path.startswith(word) and "/" in word
        for word in only)


class Patience:
    """A server that hangs must not make the suite last for hours."""

    def __init__(self):
        self.left = LATE_MAX

    def spend(self):
        self.left -= 1  # from any thread: one more or less does not matter


def attempt(case, target):
    """What the case says when it fails, else nothing."""
    try:
        with suite.Context(target) as context:
            case.run(context)
        return ""
    except (AssertionError, Ended, OSError) as error:
        return f"{type(error).__name__}: {error}"
    except Exception:  # the case itself is wrong, or meets the unforeseen
        return traceback.format_exc()


def outcome(case, targets, patience):
    """(result, detail) of one case."""
    if patience.left <= 0:
        return FAILED, f"not run: {LATE_MAX} cases before have waited in vain"
    target = targets.of(case.needs)
    missing = features.missing(case.needs, target)
    if missing:
        return PENDING, missing
    said = attempt(case, target)
    deviation = deviations.find(
        case.path, {"tls" if target.tls else "ws", *target.features})
    if said.startswith("Late: "):
        patience.spend()
    if deviation is None:
        return (FAILED, said) if said else (PASSED, "")
    if not said:
        return FAILED, "passes, but is in deviations.py: take it out there"
    if not deviations.is_as_told(deviation, said):
        return FAILED, f"not as deviations.py has it: {said}"
    return DEVIATES, deviation.reason


def timed(*arguments):
    start = time.monotonic()
    return *outcome(*arguments), time.monotonic() - start


def run(cases, targets, verbose):
    """(group, path, result, detail) in order; several run at a time."""
    patience = Patience()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [(case, pool.submit(timed, case, targets,
                                      patience))
                   for case in cases]
        for case, future in futures:
            result, detail, seconds = future.result()
            if verbose:
                print(f"  {result:8} {seconds:6.2f} s  {case.path}",
                      flush=True)
            yield case.group, case.path, result, detail


def report_group(name, counts):
    words = [f"{counts[PASSED] + counts[DEVIATES]} passed"]
    if counts[DEVIATES]:
        words[0] += f" ({counts[DEVIATES]} known deviations)"
    if counts[PENDING]:
        words.append(f"{counts[PENDING]} pending")
    if counts[FAILED]:
        words.append(f"{counts[FAILED]} FAILED")
    print(f"{name:22} {', '.join(words)}", flush=True)


def report_details(details, title):
    """What the cases have to say, the same only once."""
    paths = collections.defaultdict(list)
    for path, detail in details:
        paths[detail].append(path)
    if paths:
        print(f"\n{title}:")
    for detail, names in paths.items():
        print(f"  {detail}")
        for name in names:
            print(f"    {name}")


def report(results):
    """Prints everything; whether all is well."""
    counts = collections.defaultdict(collections.Counter)
    details = collections.defaultdict(list)
    for group, path, result, detail in results:
        counts[group][result] += 1
        details[result].append((path, detail))
    for name, count in counts.items():
        report_group(name, count)
    report_details(details[DEVIATES], "known deviations")
    report_details(details[PENDING], "pending")
    report_details(details[FAILED], "failures")
    total = sum(counts.values(), collections.Counter())
    print(f"\n{total[PASSED] + total[DEVIATES]} passed, "
          f"{total[FAILED]} failed")
    return total[FAILED] == 0


def show(cases):
    for case in cases:
        print(case.path + (f"  (needs {case.needs})" if case.needs else ""))
    print(f"{len(cases)} cases")
    return 0


def test(cases, options):
    """Every case's result, and one for the end of the servers: a crash or a
    sanitizer's report is a failure."""
    start = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            targets = features.Targets(stack, options)
            results = list(run(cases, targets, options.verbose))
    except AssertionError as error:
        results.append(("server", "server/ends_well", FAILED, str(error)))
    print(f"{len(cases)} cases in {time.monotonic() - start:.1f} s\n")
    return results


def main():
    options = options_of_the_command_line()
    everything = [case for group in suite.groups.values() for case in group]
    unknown = deviations.names_without_case([c.path for c in everything])
    if unknown:
        sys.exit(f"deviations.py names what is no case: {unknown}")
    cases = [case for case in everything if is_chosen(case, options.only)]
    if not cases:
        sys.exit("no such case")
    if options.list:
        return show(cases)
    return 0 if report(test(cases, options)) else 1


if __name__ == "__main__":
    sys.exit(main())
