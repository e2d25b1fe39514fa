"""A disk whose power can be cut: what was not synced may be gone.

tests/power/powercut.c, preloaded into the server, keeps a shadow of the folder
with what was synced. cut() puts it in the place of the folder, after the
server was killed. Of what was written and not synced any part may have reached
a disk, so each sector that differs is kept or lost by chance, and so is each
file that was made or removed and not synced with the folder.
"""

import os
import pathlib
import shutil

import harness

SECTOR = 512
LIBRARY = harness.BUILD / "tests/power/powercut.so"


class PowerDisk:
    def __init__(self, folder, random, *, lie=None, torn=True):
        """lie: files with this end of their name are never really synced."""
        self.folder, self.random, self.torn = folder, random, torn
        self.shadow = folder.parent / f"{folder.name}.shadow"
        folder.mkdir(parents=True)
        self.env = {"LD_PRELOAD": str(LIBRARY),
                    "NEXUS_POWERCUT_FOLDER": str(folder.resolve()),
                    "NEXUS_POWERCUT_SHADOW": str(self.shadow)}
        if lie is not None:
            self.env["NEXUS_POWERCUT_LIE"] = lie
        # The sanitizer's runtime wants to be the first of all.
        if "ASAN_OPTIONS" in os.environ:
            self.env["ASAN_OPTIONS"] = (
                os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0")
        self.kept = self.lost = 0  # sectors that were not synced
        self._begin()

    def _begin(self):
        """What is in the folder is on the disk."""
        shutil.rmtree(self.shadow, ignore_errors=True)
        self.shadow.mkdir()
        names = []
        for path in self.folder.iterdir():
            inode = path.stat().st_ino
            shutil.copyfile(path, self.shadow / str(inode))
            names.append(f"{inode} {path.name}\n")
        (self.shadow / "names").write_text("".join(names))

    def _keeps(self):
        return self.torn and self.random.random() < 0.5

    def _mix(self, synced, written):
        """The synced bytes with some sectors of the written ones."""
        if not self.torn:
            return synced
        size = len(written) if self._keeps() else len(synced)
        both = max(len(synced), len(written))
        mixed = bytearray(synced.ljust(both, b"\0"))
        written = written.ljust(both, b"\0")
        for at in range(0, both, SECTOR):
            end = at + SECTOR
            if mixed[at:end] == written[at:end]:
                continue
            if self._keeps():
                mixed[at:end] = written[at:end]
                self.kept += 1
            else:
                self.lost += 1
        return bytes(mixed[:size])

    def cut(self):
        """After the server was killed: what the disk has."""
        synced = {}
        for line in (self.shadow / "names").read_text().splitlines():
            inode, name = line.split(" ", 1)
            synced[name] = int(inode)
        written = {p.name: (p.stat().st_ino, p.read_bytes())
                   for p in self.folder.iterdir()}
        files = {}
        for name in {*synced, *written}:
            inode, text = written.get(name, (None, b""))
            if name.endswith("-shm"):
                # Memory, which the system may have written at some time.
                if self._keeps():
                    files[name] = self.random.randbytes(len(text))
                continue
            if name in synced and (inode is None or inode != synced[name]):
                # Removed or replaced, which may not have been written yet.
                if inode is None and self._keeps():
                    continue
                inode, text = synced[name], self._synced(synced[name])
            elif name not in synced and not self._keeps():
                continue
            files[name] = self._mix(self._synced(inode), text)
        shutil.rmtree(self.folder)
        self.folder.mkdir(mode=0o700)
        for name, text in files.items():
            path = self.folder / name
            path.write_bytes(text)
            path.chmod(0o600)
        self._begin()

    def _synced(self, inode):
        path = pathlib.Path(self.shadow / str(inode))
        return path.read_bytes() if path.exists() else b""
