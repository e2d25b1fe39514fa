"""What was acknowledged is there after a power cut, and it is not on a disk
that lies. tests/long cuts the power more often."""

import harness
from ledger import Loss
from ledger_power import PowerTest


class Power(PowerTest):
    async def test_cuts_lose_nothing_acknowledged(self):
        await self.lives(5)
        self.assertGreater(self.disk.kept, 0)
        self.assertGreater(self.disk.lost, 0)


class Liar(PowerTest):
    """The negative control: a disk that says it has what it has not."""

    lie, torn = "", False

    async def test_is_found_to_lose_everything(self):
        with self.assertRaises(Loss) as loss:
            await self.lives(1)
        self.assertEqual(loss.exception.kinds["message lost"],
                         self.ledger.book.acks["chat.message"])


class LogLiar(PowerTest):
    """The same for the log ahead only: as with less than synchronous=FULL."""

    lie, torn = "-wal", False

    async def test_is_found_to_lose_messages(self):
        with self.assertRaises(Loss) as loss:
            await self.lives(3)
        self.assertGreater(loss.exception.kinds["message lost"], 0)


class FolderLiar(PowerTest):
    """The same for the names of the files, and all their bytes are there."""

    lie, torn = "/store", False

    async def test_is_found_to_lose_everything(self):
        with self.assertRaises(Loss) as loss:
            await self.lives(1)
        self.assertEqual(loss.exception.kinds["message lost"],
                         self.ledger.book.acks["chat.message"])


if __name__ == "__main__":
    harness.main()
