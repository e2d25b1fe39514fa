"""What was acknowledged is there, once and in order, and reaches everybody,
wherever SIGKILL has hit the server. tests/long kills it more often."""

import harness
from ledger import Loss
from ledger_lives import MEMORY, SETTINGS, LedgerTest


class Kill(LedgerTest):
    async def test_keeps_what_was_acknowledged(self):
        await self.lives(6)


class Memory(LedgerTest):
    """The negative control: without storage the ledger finds the loss."""

    options = {"plugins": MEMORY, "sets": SETTINGS}
    least = 50

    async def test_is_found_to_lose_everything(self):
        with self.assertRaises(Loss) as loss:
            await self.lives(1)
        acks = self.ledger.book.acks
        kinds = loss.exception.kinds
        self.assertEqual(kinds["message lost"], acks["chat.message"])
        self.assertEqual(kinds["notification lost"], acks["notification"])
        self.assertNotIn("message twice", kinds)


if __name__ == "__main__":
    harness.main()
