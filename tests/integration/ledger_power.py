"""The ledger on a disk whose power is cut instead of killing the server."""

import asyncio

from ledger_lives import SETTINGS, STORE, LedgerTest, moment
from power import PowerDisk


async def cut_power(ledger):
    await asyncio.to_thread(ledger.server.kill)
    await asyncio.to_thread(ledger.disk.cut)


async def cut_power_after_stop(ledger):
    """The server has ended by itself and left everything on the disk."""
    await asyncio.to_thread(ledger.server.stop)
    await asyncio.to_thread(ledger.disk.cut)


async def cut_power_at_start(ledger):
    """While the server makes or recovers its files, too."""
    await cut_power(ledger)
    server = ledger.server
    server.wait = False
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(moment, server, ledger.random.uniform(0, 0.1))
    await cut_power(ledger)
    ledger.kills += 1
    server.wait = True


class PowerTest(LedgerTest):
    ends = (cut_power, cut_power, cut_power_after_stop, cut_power_at_start)
    lie, torn = None, True
    # Soon enough that power is cut while the log ahead is emptied.
    options = {"plugins": STORE,
               "sets": [*SETTINGS, "plugins.store.wal_pages=100"]}

    async def asyncSetUp(self):
        await super().asyncSetUp()
        server = self.server
        # Anew on the disk, before anything is written.
        await asyncio.to_thread(server.stop)
        self.disk = self.ledger.disk = PowerDisk(
            self.data_dir() / "store", self.ledger.random,
            lie=self.lie, torn=self.torn)
        server.sets.append(f"data_dir={self.data_dir()}")
        server.env.update(self.disk.env)
        await asyncio.to_thread(server.start)

    def data_dir(self):
        return self.server.directory / "disk"

    async def close_ledger(self):
        await super().close_ledger()
        print(f"unsynced sectors: {self.disk.kept} kept, "
              f"{self.disk.lost} lost", flush=True)
