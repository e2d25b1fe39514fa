"""A thousand reloads (NEXUS_TEST_RELOADS) beneath two hundred sessions."""

import harness
import reload_soak


class Soak(reload_soak.Soak):
    async def test_loses_nothing_and_nobody(self):
        await self.soak()
        self.report()


if __name__ == "__main__":
    harness.main()
