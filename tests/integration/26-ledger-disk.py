"""A disk that fills up, and a folder that becomes read-only, under load: what
was acknowledged is there, and what was not is done once when there is room."""

import asyncio
import os

import harness
from disk import Disk
from ledger_lives import SETTINGS, STORE, LedgerTest

NOBODY = 65534


class FullDisk(LedgerTest):
    def setUp(self):
        self.disk = Disk("16m")
        self.addCleanup(self.disk.close)
        self.options = {
            "plugins": STORE,
            "sets": [*SETTINGS,
                     f"plugins.store.folder={self.disk.path}/store"]}
        super().setUp()

    def ready(self):
        return self.server.http("/health/ready")[0]

    async def until_ready(self, wanted):
        async with asyncio.timeout(harness.DEADLINE):
            while await asyncio.to_thread(self.ready) != wanted:
                pass

    async def fill_under_load(self):
        """Everybody writes until nobody can any more."""
        ledger = self.ledger
        ledger.start_load()
        await ledger.acknowledged(100)
        await asyncio.to_thread(self.disk.fill)
        await ledger.end_load()
        await self.until_ready(503)
        await ledger.people[0].must("ping")

    async def test_full_disk_loses_nothing_acknowledged(self):
        """The server goes on when there is space, and so do its clients."""
        ledger = self.ledger
        await ledger.settle()
        for _ in range(3):
            await self.fill_under_load()
            self.disk.empty()
            await self.until_ready(200)
            await ledger.look()
        ledger.kills += 1
        await asyncio.to_thread(self.server.kill)
        await ledger.everybody_ends()
        await asyncio.to_thread(self.server.start)
        await ledger.finish()

    async def test_killed_on_a_full_disk_loses_nothing_acknowledged(self):
        ledger = self.ledger
        for _ in range(2):
            await ledger.settle()
            await self.fill_under_load()
            ledger.kills += 1
            await asyncio.to_thread(self.server.kill)
            await ledger.everybody_ends()
            self.disk.empty()
            await asyncio.to_thread(self.server.start)
        await ledger.finish()


class ReadOnly(LedgerTest):
    """The server is not root, for whom nothing is read-only."""

    options = {"plugins": STORE, "sets": SETTINGS, "wait": False,
               "command": ["setpriv", f"--reuid={NOBODY}",
                           f"--regid={NOBODY}", "--clear-groups"]}

    def setUp(self):
        super().setUp()
        # The first start could not make the folder: it was not nobody's.
        self.server.wait_for_exit()
        os.chown(self.server.directory, NOBODY, NOBODY)
        self.server.directory.chmod(0o711)
        self.server.wait = True
        self.server.start()

    def refuse(self):
        """A server that cannot write does not start."""
        self.server.wait = False
        self.server.start()
        self.assertGreater(self.server.wait_for_exit(), 0)
        self.assertRegex(self.server.log(), "Permission denied")
        self.server.wait = True

    async def test_read_only_folder_loses_nothing_acknowledged(self):
        ledger = self.ledger
        folder = self.server.directory / "data" / "store"
        for _ in range(3):
            await ledger.settle()
            ledger.start_load()
            await ledger.acknowledged(100)
            folder.chmod(0o500)
            # Its files are open: it may go on for as long as it can.
            await ledger.acknowledged(200)
            ledger.kills += 1
            await asyncio.to_thread(self.server.kill)
            await ledger.end_load()
            await ledger.everybody_ends()
            (folder / "store.lock").chmod(0o400)
            await asyncio.to_thread(self.refuse)
            folder.chmod(0o700)
            (folder / "store.lock").chmod(0o600)
            await asyncio.to_thread(self.server.start)
        await ledger.finish()


if __name__ == "__main__":
    harness.main()
