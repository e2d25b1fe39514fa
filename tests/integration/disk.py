"""A small disk that tests may fill, take away and make read-only.

It is a tmpfs, so that it needs the right to mount: root has it, in a container
if that is privileged. Without it a test fails and says so.
"""

import os
import pathlib
import subprocess
import tempfile


class Disk:
    def __init__(self, size):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="nexus-disk-"))
        self._call("mount", "-t", "tmpfs", "-o", f"size={size},mode=700",
                   "nexus-test", str(self.path))

    @staticmethod
    def _call(*command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(
                f"{' '.join(command)}: {done.stderr.strip()}; this test "
                "needs root and the right to mount")

    def fill(self):
        """To the last byte."""
        with open(self.path / "ballast", "ab", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass
        free = os.statvfs(self.path).f_bavail
        if free:
            raise AssertionError(f"{free} blocks are still free")

    def empty(self):
        (self.path / "ballast").unlink()

    def remount(self, option):
        self._call("mount", "-o", f"remount,{option}", str(self.path))

    def close(self):
        self._call("umount", "-l", str(self.path))
        self.path.rmdir()
