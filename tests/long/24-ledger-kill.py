"""Two hundred kills (NEXUS_TEST_KILLS) of a server with a ledger."""

import os

import harness
from ledger_lives import LedgerTest

KILLS = int(os.environ.get("NEXUS_TEST_KILLS", "200"))


class Kill(LedgerTest):
    most = 1500

    async def test_keeps_what_was_acknowledged(self):
        await self.lives(KILLS)


if __name__ == "__main__":
    harness.main()
