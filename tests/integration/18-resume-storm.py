"""Three hundred sessions come back at once; long/18-resume-storm has 5,000."""

import harness
import storm


class Storm(storm.Storm):
    size = 300
    options = {"sets": [*storm.SETS, "resume.parallel=4"]}

    async def test_leaves_time_for_who_is_there(self):
        answers = await self.run_storm()
        # It was served all the time, and not only after the storm.
        self.assertGreater(answers, 10)


if __name__ == "__main__":
    harness.main()
