"""Every kind of reload once, and some more, beneath fifty sessions; the long
one is tests/long/25-reload-soak.py."""

import harness
import reload_soak


class Soak(reload_soak.Soak):
    people = 50
    reloads = 60

    async def test_loses_nothing_and_nobody(self):
        await self.soak()
        self.report()


if __name__ == "__main__":
    harness.main()
