"""Every kind of reload once, beneath some sessions; the long one is
tests/long/25-reload-soak.py."""

import harness
import reload_soak


class Soak(reload_soak.Soak):
    people = 20
    reloads = 1  # and all that is left of the first of each kind

    async def test_loses_nothing_and_nobody(self):
        await self.soak()
        self.report()


if __name__ == "__main__":
    harness.main()
