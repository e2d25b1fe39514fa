"""A machine of its own for tests of packages: this one, with a layer on top.

What is installed, changed and removed goes into a tmpfs over the root of this
system, in a mount namespace of the test's process; both end with it. That needs
root and the right to mount, in a container one that is privileged.
"""

import atexit
import ctypes
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile

import harness

CLONE_NEWNS = 0x00020000
UNIT = "/usr/lib/systemd/system/nexus.service"
STATE = "/var/lib/nexus"
TARGET = "/etc/systemd/system/nexus-test.target"
PACKAGES = harness.BUILD / "packages"  # those of 00-build.py, by revision


# systemd wants control groups to itself: one group of this system is the root of
# all of them for those within.
BOOT = """
set -e
echo $$ >"$2/cgroup.procs"
exec setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --cgroup --net --uts --ipc \
    sh -ec '
umount -l "$1/proc" "$1/sys"
mount -t proc proc "$1/proc"
mount -t sysfs -o ro sysfs "$1/sys"
mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
exec env -i PATH=/usr/sbin:/usr/bin container=lxc chroot "$1" \
    /usr/lib/systemd/systemd --unit=nexus-test.target --log-target=console \
    --show-status=no
' boot "$1"
"""


def packages_of(revision):
    """{name: path}"""
    return {path.name.split("_")[0]: path
            for path in (PACKAGES / revision).iterdir()}


def call(*command):
    done = subprocess.run([str(word) for word in command],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(
            f"{shlex.join(map(str, command))} exited with {done.returncode}:\n"
            f"{done.stdout}{done.stderr}")
    return done.stdout


def enter_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise AssertionError(
            f"unshare: {os.strerror(ctypes.get_errno())}; this test needs "
            "root and the right to mount")
    call("mount", "--make-rprivate", "/")


class Machine:
    def __init__(self):
        enter_namespace()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nexus-machine-"))
        atexit.register(self.close)
        call("mount", "-t", "tmpfs", "nexus-test", self.folder)
        self.root = self.folder / "root"
        self.changed = self.folder / "changed"
        for folder in (self.root, self.changed, self.folder / "work"):
            folder.mkdir()
        call("mount", "-t", "overlay", "overlay", "-o",
             f"lowerdir=/,upperdir={self.changed},"
             f"workdir={self.folder / 'work'}", self.root)
        for folder in ("proc", "dev", "sys"):
            call("mount", "--rbind", f"/{folder}", self.root / folder)
        # No service manager and nobody's sockets: /run/systemd is not there.
        for folder in ("run", "tmp"):
            call("mount", "-t", "tmpfs", "-o", "mode=1777", "nexus-test",
                 self.root / folder)

        # No index of all manual pages after each package.
        self.path("/var/lib/man-db/auto-update").unlink(missing_ok=True)

    def close(self):
        subprocess.run(["umount", "-R", "-l", self.folder], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        """Where a file of the machine is."""
        return self.root / str(name).lstrip("/")

    def run(self, *command, user=None, cwd="/"):
        """The output of a command on the machine."""
        return call(*self.prefix(user, cwd), *command)

    def prefix(self, user=None, cwd="/"):
        who = ["setpriv", f"--reuid={user}", f"--regid={user}",
               "--init-groups", "--no-new-privs",
               "--bounding-set=-all"] if user else []
        return ["chroot", str(self.root), "env", "-i", "-C", cwd,
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "DEBIAN_FRONTEND=noninteractive", *who]

    def boot(self):
        """Starts systemd as the first process of the machine, which has its
        own processes, network and control groups from then on."""
        self.path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)
        self.path(TARGET).write_text("[Unit]\nDefaultDependencies=no\n")
        # Nothing of this system starts but what the packages bring along.
        for link in self.path("/etc/systemd/system").glob("*.wants/*"):
            link.unlink()
        for link in self.path("/usr/lib/systemd/system").glob("*.wants/*"):
            link.unlink()
        groups = self.folder / "groups"
        groups.mkdir()
        call("mount", "-t", "cgroup2", "cgroup2", groups)
        self.group = groups / f"nexus-test-{os.getpid()}"
        self.group.mkdir()
        with open(self.folder / "boot.log", "wb") as log:
            self.systemd = subprocess.Popen(
                ["sh", "-c", BOOT, "boot", self.root, self.group],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        atexit.register(self.shut_down)
        self.first = self._first_process()
        harness.wait_until(lambda: self.path("/run/systemd/private").exists(),
                           self.boot_log)

    def boot_log(self):
        return (self.folder / "boot.log").read_text(errors="replace")

    def _first_process(self):
        """The number that systemd, 1 to itself, has outside."""
        children = pathlib.Path(f"/proc/{self.systemd.pid}/task/"
                                f"{self.systemd.pid}/children")

        def is_systemd(pid):
            return pathlib.Path(f"/proc/{pid}/comm").read_text() == "systemd\n"

        harness.wait_until(
            lambda: any(map(is_systemd, children.read_text().split())),
            self.boot_log)
        return next(filter(is_systemd, children.read_text().split()))

    def shut_down(self):
        self.systemd.kill()
        self.systemd.wait()
        # Those of processes that are just going stay for a moment.
        harness.wait_until(lambda: subprocess.run(
            ["find", self.group, "-depth", "-type", "d", "-exec", "rmdir",
             "{}", "+"], capture_output=True).returncode == 0,
            lambda: f"{self.group} is busy")

    def inside(self, *command):
        """The output of a command on the machine that was booted."""
        return call("nsenter", f"--target={self.first}", "--all", "--root",
                    "--wd=/", "env", "-i", "PATH=/usr/sbin:/usr/bin",
                    "DEBIAN_FRONTEND=noninteractive", *command)

    def property(self, name, unit="nexus"):
        return self.inside("systemctl", "show", unit, "--value",
                           f"--property={name}").strip()

    def install(self, *packages):
        for package in packages:
            shutil.copy(package, self.path("/tmp"))
        self.run("dpkg", "--install",
                 *(f"/tmp/{package.name}" for package in packages))

    def files_left(self):
        """What is there now and was not in the beginning, or is gone."""
        return sorted("/" + str(path.relative_to(self.changed))
                      for path in self.changed.rglob("*")
                      if path.is_symlink() or not path.is_dir())

    def unit(self, key):
        """What the unit says for this key, line by line."""
        text = self.path(UNIT).read_text()
        return re.findall(rf"(?m)^{key}=(.*)$", text)


class Service(harness.Server):
    """The server as the unit starts it, without a service manager."""

    def __init__(self, machine, wrapper=()):
        super().__init__()
        self.machine = machine
        self.wrapper = list(wrapper)
        # StateDirectory= and RuntimeDirectory=.
        for folder, mode in ((STATE, 0o700), ("/run/nexus", 0o755)):
            path = machine.path(folder)
            path.mkdir(exist_ok=True)
            path.chmod(mode)
            shutil.chown(path, *self.owner())

    def owner(self):
        fields = self.machine.run("getent", "passwd", "nexus").split(":")
        return int(fields[2]), int(fields[3])

    def command(self):
        start, = self.machine.unit("ExecStart")
        return [*self.machine.prefix("nexus", STATE), *self.wrapper,
                *shlex.split(start)]

    def reload(self):
        """systemctl reload."""
        return "".join(self.machine.run(*shlex.split(line), user="nexus",
                                        cwd=STATE)
                       for line in self.machine.unit("ExecReload"))

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)


def configure(machine, *changes):
    """Edits the settings as an administrator does: (from, to)."""
    path = machine.path("/etc/nexus/nexus.conf")
    text = path.read_text()
    for before, after in changes:
        if before not in text:
            raise AssertionError(f"{before!r} is not in {path}")
        text = text.replace(before, after)
    path.write_text(text)
    return text
