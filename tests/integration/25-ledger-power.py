"""What was acknowledged is there after a power cut, and it is not on a disk
that lies. tests/long cuts the power more often."""

import harness
from ledger import Loss
from ledger_lives import SETTINGS, STORE
from ledger_power import PowerTest, cut_power


class Power(PowerTest):
    async def test_cuts_lose_nothing_acknowledged(self):
        await self.lives(5)


class Control(PowerTest):
    """Must fail, in its first life, before the log ahead is emptied."""

    options = {"plugins": STORE, "sets": SETTINGS}
    ends = (cut_power,)
    least, torn = 50, False


class Liar(Control):
    """A disk that says it has what it has not."""

    lie = ""

    async def test_is_found_to_lose_everything(self):
        with self.assertRaises(Loss) as loss:
            await self.lives(1)
        self.assertEqual(loss.exception.kinds["message lost"],
                         self.ledger.book.acks["chat.message"])


class LogLiar(Control):
    """The same for the log ahead only: as with less than synchronous=FULL."""

    lie = "-wal"

    async def test_is_found_to_lose_messages(self):
        with self.assertRaises(Loss) as loss:
            await self.lives(1)
        self.assertGreater(loss.exception.kinds["message lost"], 0)


class FolderLiar(Control):
    """The same for the names of the files, and all their bytes are there."""

    lie = "/store"

    async def test_is_found_to_lose_everything(self):
        with self.assertRaises(Loss) as loss:
            await self.lives(1)
        self.assertEqual(loss.exception.kinds["message lost"],
                         self.ledger.book.acks["chat.message"])


if __name__ == "__main__":
    harness.main()
