"""Many lives of one server, with a ledger (ledger.py) over all of them."""

import asyncio
import collections
import contextlib
import re
import shutil
import signal
import subprocess

import harness
from ledger_people import Ledger

SETTINGS = ["limits.messages_per_second=0", "limits.bytes_per_second=0",
            "plugins.chat.history=100000", "plugins.notify.inbox_max=1000",
            "plugins.notify.inbox_bytes=1000000",
            "plugins.notify.calls_per_second=0", "offline.max_per_user=300",
            "resume.refresh=1", "drain.window=0"]
MEMORY = (harness.CHAT, harness.NOTIFY, harness.PRESENCE)
STORE = (harness.STORE, *MEMORY)


def moment(server, seconds):
    """Lets the server work for a moment more, unless it ends by itself."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.process.wait(seconds)


async def kill_under_load(ledger):
    await asyncio.to_thread(ledger.server.kill)


async def kill_in_drain(ledger):
    ledger.server.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(
        moment, ledger.server, ledger.random.uniform(0, 0.03))
    await asyncio.to_thread(ledger.server.kill)


async def kill_in_reload(ledger):
    """While a new instance of chat takes over from the old one."""
    server = ledger.server
    days = ledger.random.randint(100, 3000)
    text = re.sub(r'name = "chat";[^}]*',
                  f'name = "chat"; keep_age_days = {days}; ',
                  server.config.read_text())
    server.config.write_text(text)
    server.process.send_signal(signal.SIGHUP)
    await asyncio.to_thread(
        moment, server, ledger.random.uniform(0, 0.3))
    await asyncio.to_thread(server.kill)


async def kill_at_start(ledger):
    """Under load, and again before the server is up."""
    await kill_under_load(ledger)
    server = ledger.server
    server.wait = False
    for _ in range(ledger.random.randint(1, 2)):
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(
            moment, server, ledger.random.uniform(0, 0.1))
        await asyncio.to_thread(server.kill)
        ledger.kills += 1
    server.wait = True


class LedgerTest(harness.ServerTest):
    """Runs a ledger over many lives of one server."""

    options = {"plugins": STORE, "sets": SETTINGS}
    ends = (kill_under_load, kill_in_drain, kill_in_reload, kill_at_start)
    least, most = 1, 300  # acknowledgements in one life
    logs = 5              # of lives that a failure leaves behind

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.ledger = Ledger(self.server)
        self.former = collections.deque(maxlen=self.logs - 1)
        self.addAsyncCleanup(self.close_ledger)

    async def close_ledger(self):
        outcome = self._outcome
        good = outcome is None or outcome.success
        book = self.ledger.book
        if not good:
            await asyncio.to_thread(self.keep)
        await self.ledger.close(keep=not good)
        print(self.ledger.summary(), f"{self.ledger.kills} kills",
              "" if good else f"all of it is in {book.directory}",
              flush=True)

    def keep(self):
        """What the server wrote, next to what its clients heard."""
        book = self.ledger.book
        first = self.ledger.lives - len(self.former)
        for life, log in enumerate([*self.former, self.server.log()], first):
            book.keep(f"server-{life}", [log])
        shutil.copytree(self.data_dir(), book.directory / "data")

    async def life(self, end):
        """Settles, works, and ends in one of the ways."""
        ledger = self.ledger
        await ledger.settle()
        ledger.start_load()
        await ledger.acknowledged(ledger.random.randint(self.least, self.most))
        await asyncio.to_thread(
            moment, self.server, ledger.random.uniform(0, 0.003))
        ledger.kills += 1
        await end(ledger)
        await ledger.end_load()
        await ledger.everybody_ends()

    def restart(self):
        self.former.append(self.server.log())
        self.server.start()
        if self.ledger.lives % 5 == 0:
            self.check_files()

    def check_files(self):
        """Rooms without holes in their numbers, among much else."""
        done = subprocess.run(
            [harness.BUILD / "nexusctl", "store", "check", "--data-dir",
             self.data_dir()], capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(done.stdout + done.stderr)

    def data_dir(self):
        return self.server.directory / "data"

    async def lives(self, kills):
        ledger = self.ledger
        while ledger.kills < kills:
            await self.life(self.ends[ledger.lives % len(self.ends)])
            await asyncio.to_thread(self.restart)
        await ledger.finish()
        await asyncio.to_thread(self.check_files)
        self.assertGreater(ledger.book.acks["chat.message"], kills)
