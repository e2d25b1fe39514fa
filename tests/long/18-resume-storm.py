"""Five thousand sessions come back at once."""

import resource

import harness
import storm


class Storm(storm.Storm):
    size = 5000

    @classmethod
    def setUpClass(cls):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    async def test_leaves_time_for_who_is_there(self):
        answers = await self.run_storm()
        self.assertGreater(answers, 1000)


if __name__ == "__main__":
    harness.main()
