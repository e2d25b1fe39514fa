"""A hundred power cuts (NEXUS_TEST_CUTS) of a server with a ledger."""

import os

import harness
from ledger_power import PowerTest

CUTS = int(os.environ.get("NEXUS_TEST_CUTS", "100"))


class Power(PowerTest):
    most = 1500

    async def test_cuts_lose_nothing_acknowledged(self):
        await self.lives(CUTS)
        self.assertGreater(self.disk.kept, 0)
        self.assertGreater(self.disk.lost, 0)


if __name__ == "__main__":
    harness.main()
