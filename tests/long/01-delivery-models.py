"""The models of offline delivery and of sessions that are resumed, with many
more seeds than a build has time for; NEXUS_TEST_SEEDS says how many."""

import os
import subprocess
import unittest

import harness

SEEDS = os.environ.get("NEXUS_TEST_SEEDS", "3000")


class Model(unittest.TestCase):
    def holds(self, model):
        program = harness.BUILD / "tests/unit" / model
        done = subprocess.run(
            [program], env={**os.environ, "NEXUS_TEST_SEEDS": SEEDS},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0,
                         done.stdout.decode("utf-8", "replace")[-4000:])

    def test_of_offline_delivery(self):
        self.holds("plugins/chat/offline_model")

    def test_of_sessions_that_are_resumed(self):
        self.holds("plugins/chat/resume_model")

    def test_of_rooms_that_are_resumed(self):
        self.holds("kernel/core/resume_model")


if __name__ == "__main__":
    harness.main()
