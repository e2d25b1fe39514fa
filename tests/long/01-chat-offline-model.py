"""The model of offline delivery with many more seeds than a build has time
for; NEXUS_TEST_SEEDS says how many."""

import os
import subprocess
import unittest

import harness

SEEDS = os.environ.get("NEXUS_TEST_SEEDS", "3000")


class Model(unittest.TestCase):
    def test_holds_for_many_seeds(self):
        program = harness.BUILD / "tests/unit/plugins/chat/offline_model"
        done = subprocess.run(
            [program], env={**os.environ, "NEXUS_TEST_SEEDS": SEEDS},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0,
                         done.stdout.decode("utf-8", "replace")[-4000:])


if __name__ == "__main__":
    harness.main()
