"""The packages and the unit under a real systemd, with all its restrictions."""

import asyncio
import re
import unittest

import websockets

import harness
from machine import STATE, Machine, configure, packages_of

SOCKET = "/run/nexus/clients.sock"
LOG = "/var/log/nexus-test.log"
DROP_IN = "/etc/systemd/system/nexus.service.d"


class Systemd(harness.ServerTest):
    """One test, because each step begins where the one before has ended."""

    def setUp(self):
        self.server = None
        self.machine = Machine()
        self.machine.boot()
        # Beats that nobody has to wait for, and a log without a journal.
        self.drop_in("test", "WatchdogSec=5", f"StandardError=append:{LOG}")

    def drop_in(self, name, *lines):
        folder = self.machine.path(DROP_IN)
        folder.mkdir(exist_ok=True, parents=True)
        (folder / f"{name}.conf").write_text(
            "\n".join(("[Service]", *lines, "")))
        self.machine.inside("systemctl", "daemon-reload")

    def log(self):
        return self.machine.path(LOG).read_text()

    def systemctl(self, *words):
        return self.machine.inside("systemctl", *words)

    def pid(self):
        return int(self.machine.property("MainPID"))

    def wait_for(self, name, value):
        harness.wait_until(
            lambda: re.fullmatch(value, self.machine.property(name)),
            lambda: f"{name} is {self.machine.property(name)}, not {value}:"
                    f"\n{self.log()}")

    async def enter(self, user):
        socket = await websockets.unix_connect(
            str(self.machine.path(SOCKET)),
            f"ws://localhost/ws?user_id={user}&token=test")
        self.addAsyncCleanup(socket.close)
        client = harness.Client(socket)
        client.welcome = await client.expect("system.message")
        return client

    async def test_from_installation_to_purge(self):
        self.installation_starts_it()
        await self.clients_come_through_the_socket()
        self.it_runs_restricted()
        await self.reload()
        await self.upgrade_restarts_it()
        await self.a_stuck_server_is_restarted()
        await self.a_killed_server_is_restarted()
        await self.stopping_drains()
        self.the_drop_in_of_the_documents_works()
        self.purge_stops_it()

    def installation_starts_it(self):
        package = packages_of("1")["nexus-server"]
        self.machine.path(f"/tmp/{package.name}").write_bytes(
            package.read_bytes())
        self.machine.inside("dpkg", "--install", f"/tmp/{package.name}")
        self.assertEqual(self.machine.property("ActiveState"), "active")
        self.assertEqual(self.machine.property("UnitFileState"), "enabled")
        self.assertRegex(self.log(), r"listening .*port=8000")
        self.assertRegex(self.machine.inside("nexusctl", "status"),
                         r"engine +store, durable")

    async def clients_come_through_the_socket(self):
        configure(self.machine, ('#unix = "";', f'unix = "{SOCKET}";'),
                  ('#unix_mode = "0660";', 'unix_mode = "0666";'))
        self.systemctl("restart", "nexus")
        alice = await self.enter("alice")
        await alice.ack("chat.message", conversation_id="conv_1",
                        content="one")
        # Told with the next beat.
        self.wait_for("StatusText", r"serving 1 sessions, \d+ rooms")

    def it_runs_restricted(self):
        status = self.machine.inside("cat", f"/proc/{self.pid()}/status")
        for line in (r"CapBnd:\t0+", r"CapEff:\t0+", r"NoNewPrivs:\t1",
                     r"Seccomp:\t2"):
            self.assertRegex(status, rf"(?m)^{line}$")

    async def reload(self):
        alice = await self.enter("alice")
        before = self.pid()
        configure(self.machine, ("#burst = 200;", "burst = 300;"))
        self.systemctl("reload", "nexus")
        self.assertRegex(self.log(), "reload: done")
        configure(self.machine, ("burst = 300;", "burts = 300;"))
        with self.assertRaises(AssertionError):
            self.systemctl("reload", "nexus")
        self.assertRegex(self.log(), r'nexus\.conf:\d+: .*"limits\.burts"')
        configure(self.machine, ("burts = 300;", "burst = 300;"))
        self.assertEqual(self.machine.property("ActiveState"), "active")
        self.assertEqual(self.pid(), before)
        await alice.settle()

    async def upgrade_restarts_it(self):
        alice = await self.enter("alice")
        before = self.pid()
        package = packages_of("2")["nexus-server"]
        self.machine.path(f"/tmp/{package.name}").write_bytes(
            package.read_bytes())
        await asyncio.to_thread(self.machine.inside, "dpkg", "--install",
                                f"/tmp/{package.name}")
        self.assertEqual(await alice.closed(), 4512)
        self.assertEqual(self.machine.property("ActiveState"), "active")
        self.assertNotEqual(self.pid(), before)
        await self.nothing_is_lost()

    async def nothing_is_lost(self):
        alice = await self.enter("alice")
        ack = await alice.ack("chat.history", conversation_id="conv_1")
        self.assertEqual([m["content"] for m in ack["messages"]], ["one"])
        await alice.close()

    async def another_takes_the_place_of(self, pid):
        harness.wait_until(
            lambda: self.pid() not in (0, pid)
            and self.machine.property("ActiveState") == "active", self.log)
        await self.nothing_is_lost()

    async def a_stuck_server_is_restarted(self):
        pid = self.pid()
        self.machine.inside("kill", "-STOP", str(pid))
        await self.another_takes_the_place_of(pid)

    async def a_killed_server_is_restarted(self):
        pid = self.pid()
        self.machine.inside("kill", "-KILL", str(pid))
        await self.another_takes_the_place_of(pid)

    async def stopping_drains(self):
        alice = await self.enter("alice")
        await asyncio.to_thread(self.systemctl, "stop", "nexus")
        self.assertEqual(await alice.closed(), 4512)
        self.assertEqual(self.machine.property("Result"), "success")
        self.assertRegex(self.log(), r"kernel: stopped\n$")

    def the_drop_in_of_the_documents_works(self):
        text = (harness.SOURCE / "docs/operations.md").read_text()
        lines, = re.findall(r"```\n\[Service\]\n(.*?)```", text, re.DOTALL)
        self.drop_in("documents", *lines.splitlines())
        configure(self.machine,
                  ("#port = 8000;", "port = 80;"),
                  (f'data_dir = "{STATE}";', 'data_dir = "/srv/nexus";'))
        # What must be there beforehand.
        self.machine.inside("install", "-d", "-o", "nexus", "-m", "700",
                            "/srv/nexus")
        self.systemctl("start", "nexus")
        self.assertRegex(self.log(), r"listening .*port=80 ")
        self.assertTrue(self.machine.path("/srv/nexus/store/store.db").exists())
        self.assertRegex(self.machine.inside("nexusctl", "status"),
                         r"engine +store, durable")

    def purge_stops_it(self):
        self.machine.inside("dpkg", "--purge", "nexus-server")
        self.assertEqual(self.machine.property("ActiveState"), "inactive")
        self.assertEqual(self.machine.property("LoadState"), "not-found")
        self.assertFalse(self.machine.path(STATE).exists())
        self.assertTrue(self.machine.path("/srv/nexus/store/store.db").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
