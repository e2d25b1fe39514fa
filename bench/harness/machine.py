"""machine - what the figures were measured on, and who else was using it."""

import os
import platform
import re
import resource
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")


def cpus():
    """(server's, generator's); the same one twice where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def raise_files():
    """Children inherit it. Returns the limit on open files."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def _cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"^model name\s*: (.*)$", file.read(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _git(root, *arguments):
    done = subprocess.run(["git", "-C", root, *arguments], check=False,
                          capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def revision(root):
    name = _git(root, "rev-parse", "--short=12", "HEAD") or "no commit"
    dirty = _git(root, "status", "--porcelain", "--untracked-files=no")
    return name + ("+changes" if dirty else "")


def describe():
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "memory_mb": os.sysconf("SC_PHYS_PAGES")
        * os.sysconf("SC_PAGE_SIZE") >> 20,
        "load_before": round(os.getloadavg()[0], 2),
    }


def cpu_ticks(pid):
    """User and system time of a process, in ticks."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _busy_ticks():
    """Of all CPUs: everything but idle and waiting, stolen time included."""
    with open("/proc/stat", encoding="utf-8") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    return sum(fields) - fields[3] - fields[4]


class Neighbours:
    """CPUs used by others than the server and the generator meanwhile."""

    def __init__(self, server_pid):
        self.server_pid = server_pid
        self.start = self._sample()

    def _sample(self):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        ours = (cpu_ticks(self.server_pid)
                + (children.ru_utime + children.ru_stime) * TICKS)
        return os.times().elapsed, _busy_ticks() - ours

    def share(self):
        """1.0 is one whole core; call it when the generator has ended."""
        end = self._sample()
        ticks = (end[0] - self.start[0]) * TICKS
        return max(0.0, (end[1] - self.start[1]) / ticks)
