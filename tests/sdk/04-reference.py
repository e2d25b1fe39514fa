"""scripts/sdk-reference: what has no comment, and what is stale, does not pass."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["NEXUS_SOURCE"])


class Reference(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="nexus-reference-"))
        self.addCleanup(shutil.rmtree, self.root)
        for folder in ("sdk", "docs/sdk"):
            shutil.copytree(SOURCE / folder, self.root / folder)

    def run_script(self, *words):
        return subprocess.run(
            [SOURCE / "scripts/sdk-reference", *words, self.root],
            capture_output=True, text=True)

    def edit(self, path, before, after):
        file = self.root / path
        text = file.read_text()
        self.assertIn(before, text)
        file.write_text(text.replace(before, after, 1))

    def refused(self, name):
        done = self.run_script()
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{name} has no comment", done.stdout)

    def test_passes_as_it_is(self):
        done = self.run_script()
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "", ""))

    def test_refuses_a_function_without_a_comment(self):
        self.edit("sdk/include/nexus/rooms.h",
                  "    // 1 or 0. [logic] R Q. Since 1.0.\n", "")
        self.refused("is_member")

    def test_refuses_a_member_without_a_comment(self):
        self.edit("sdk/include/nexus/users.h", "  // device_id", "")
        self.refused("device")

    def test_refuses_a_struct_without_a_comment(self):
        self.edit("sdk/include/nexus/engine.h",
                  "// What became of an append.\n", "")
        self.refused("nx_publish_result")

    def test_refuses_a_constant_without_a_comment(self):
        self.edit("sdk/include/nexus/log.h", "// Levels.\n", "")
        self.refused("NX_LOG_DEBUG")

    def test_refuses_an_inline_function_without_a_comment(self):
        self.edit("sdk/include/nexus/util/list.h",
                  "// True for a head without links.\n", "")
        self.refused("nx_list_empty")

    def test_refuses_a_function_of_the_fake_host_without_a_comment(self):
        self.edit("sdk/testing/include/nexus/testing/fake_host.h",
                  "// Milliseconds UTC now.\n", "")
        self.refused("fake_host_now_ms")

    def test_refuses_pages_that_are_stale_and_renews_them(self):
        self.edit("sdk/include/nexus/log.h", "// Levels.", "// All levels.")
        (self.root / "docs/sdk/gone.md").write_text("")
        done = self.run_script()
        self.assertEqual(done.returncode, 1)
        self.assertIn("docs/sdk/log.md:1: stale", done.stdout)
        self.assertIn("docs/sdk/gone.md:1: stale", done.stdout)
        self.assertEqual(self.run_script("--write").returncode, 0)
        self.assertEqual(self.run_script().returncode, 0)
        self.assertIn("All levels.", (self.root / "docs/sdk/log.md").read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
