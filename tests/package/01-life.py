"""The packages on a machine: installed, used, upgraded, removed, purged."""

import re

import harness
from machine import (STATE, UNIT, Machine, Service, configure,
                     packages_of)

ECHO = "/usr/share/nexus/examples/echo"

# What dpkg and adduser write of themselves, and whom they leave.
OWN_FILES = re.compile(
    r"/var/(lib/(dpkg|man-db)|cache|log|backups)/.*|"
    r"/etc/(passwd|group|g?shadow|sub[ug]id)(-|\.org)?|/etc/\.pwd\.lock|"
    r"/var/lib/systemd/deb-systemd-helper-.*")


def setUpModule():
    global MACHINE, FIRST, SECOND
    FIRST = packages_of("1")
    SECOND = packages_of("2")
    MACHINE = Machine()


class Life(harness.ServerTest):
    """One test, because each step begins where the one before has ended."""

    def setUp(self):
        self.server = None

    def start(self):
        self.server = Service(MACHINE)
        self.server.start()
        self.addCleanup(self.server.stop)

    def version_of(self, package):
        return MACHINE.run("dpkg-query", "-W", "-f=${Version}", package)

    def exists(self, path):
        return MACHINE.path(path).exists()

    async def test_from_installation_to_purge(self):
        self.sdk_wants_the_abi_it_was_made_for()
        self.install()
        await self.use()
        self.build_a_plugin()
        await self.exchange_it()
        await self.upgrade()
        await self.use_what_is_there()
        self.remove()
        self.install_again()
        await self.use_what_is_there()
        self.purge()

    def sdk_wants_the_abi_it_was_made_for(self):
        with self.assertRaisesRegex(AssertionError, "nexus-plugin-abi-1"):
            MACHINE.install(FIRST["nexus-server-dev"])
        MACHINE.run("dpkg", "--purge", "nexus-server-dev")

    def install(self):
        MACHINE.install(FIRST["nexus-server"], FIRST["nexus-server-dev"])
        self.assertRegex(self.version_of("nexus-server"), r"-1$")
        for package in ("nexus-server", "nexus-server-dev"):
            self.assertEqual(MACHINE.run("dpkg", "--verify", package), "")
        user = MACHINE.run("getent", "passwd", "nexus").strip().split(":")
        self.assertEqual(user[5:], [STATE, "/usr/sbin/nologin"])
        # Started with the machine from now on.
        self.assertTrue(MACHINE.path("/etc/systemd/system/multi-user.target."
                                     "wants/nexus.service").is_symlink())
        MACHINE.run("systemd-analyze", "verify", UNIT)
        for page in ("nexusd", "nexusctl", "nexus.conf"):
            self.assertIn("NAME", MACHINE.run("man", page))
        # A mistake that is found before anything is started.
        configure(MACHINE, ("#port = 8000;", "port = 0;"),
                  ("#burst = 200;", "burts = 200;"))
        with self.assertRaisesRegex(AssertionError, "nexus.conf:.*burts"):
            MACHINE.run("nexusd", "--check")
        self.edited = configure(MACHINE, ("burts = 200;", "burst = 333;"))

    async def use(self):
        self.start()
        alice = await self.connect("alice")
        self.assertIs(alice.welcome["durable"], True)
        await alice.ack("chat.message", conversation_id="conv_1",
                        content="one")
        # Root may look for mistakes; the server's files stay the server's.
        self.assertIn("is good", MACHINE.run("nexusd", "--check"))
        told = MACHINE.run("nexusctl", "status")
        self.assertRegex(told, r"engine +store, durable")
        state = MACHINE.path(STATE)
        self.assertEqual(state.stat().st_mode & 0o777, 0o700)
        self.assertEqual({path.stat().st_uid for path in state.rglob("*")},
                         {self.server.owner()[0]})
        self.assertTrue(self.exists(f"{STATE}/store/store.db"))

    def build_a_plugin(self):
        MACHINE.run("cp", "-r", ECHO, "/tmp/echo")
        MACHINE.run("cmake", "-S", "/tmp/echo", "-B", "/tmp/echo/build")
        MACHINE.run("cmake", "--build", "/tmp/echo/build")
        MACHINE.run("ctest", "--test-dir", "/tmp/echo/build")
        MACHINE.run("cmake", "--install", "/tmp/echo/build")

    async def exchange_it(self):
        alice = await self.connect("alice")
        self.edited = configure(MACHINE, ('{ name = "store"; },',
                                          '{ name = "store"; },\n'
                                          '    { name = "echo"; },'))
        self.assertIn("added=1", self.server.reload())
        self.assertEqual((await alice.ack("echo.say", text="hi"))["text"],
                         "hi")

    async def upgrade(self):
        alice = await self.connect("alice")
        MACHINE.install(SECOND["nexus-server"], SECOND["nexus-server-dev"])
        self.assertRegex(self.version_of("nexus-server"), r"-2$")
        self.assertEqual(
            MACHINE.path("/etc/nexus/nexus.conf").read_text(), self.edited)
        self.assertEqual(list(MACHINE.path("/etc/nexus").iterdir()),
                         [MACHINE.path("/etc/nexus/nexus.conf")])
        # A server whose files were replaced goes on until it is restarted.
        await alice.ack("chat.message", conversation_id="conv_1",
                        content="two")
        self.server.stop()

    async def use_what_is_there(self):
        self.start()
        alice = await self.connect("alice")
        ack = await alice.ack("chat.history", conversation_id="conv_1")
        self.assertEqual([m["content"] for m in ack["messages"]],
                         ["one", "two"])
        await alice.close()
        self.server.stop()

    def remove(self):
        MACHINE.run("dpkg", "--remove", "nexus-server-dev", "nexus-server")
        for path in ("/usr/bin/nexusd", "/usr/bin/nexusctl", UNIT):
            self.assertFalse(self.exists(path), path)
        self.assertEqual(
            MACHINE.path("/etc/nexus/nexus.conf").read_text(), self.edited)
        self.assertTrue(self.exists(f"{STATE}/store/store.db"))

    def install_again(self):
        MACHINE.install(SECOND["nexus-server"])
        self.assertEqual(
            MACHINE.path("/etc/nexus/nexus.conf").read_text(), self.edited)
        # It was no part of the package.
        self.assertTrue(list(MACHINE.path("/usr/lib").rglob("echo.so")))

    def purge(self):
        for plugin in MACHINE.path("/usr/lib").rglob("echo.so"):
            plugin.unlink()
        MACHINE.run("dpkg", "--purge", "nexus-server", "nexus-server-dev")
        self.assertFalse(self.exists("/etc/nexus"))
        self.assertFalse(self.exists(STATE))
        self.assertEqual([path for path in MACHINE.files_left()
                          if not OWN_FILES.fullmatch(path)], [])


if __name__ == "__main__":
    harness.main()
