"""The store: what is wrong with its files stops the server before it serves."""

import shutil
import sqlite3
import unittest

import harness
from disk import Disk
from harness import CHAT, STORE, Server


def server(**options):
    return Server(plugins=(STORE, CHAT), **options)


class StartTest(unittest.TestCase):
    def setUp(self):
        self.server = server(wait=False)
        self.addCleanup(
            shutil.rmtree, self.server.directory, ignore_errors=True)
        self.folder = self.server.directory / "data" / "store"
        self.folder.mkdir(parents=True)
        self.file = self.folder / "store.db"

    def refused(self, *patterns):
        """The server ends with an error that says these; the files stay."""
        before = self.file.read_bytes() if self.file.exists() else None
        self.server.start()
        code = self.server.wait_for_exit()
        self.server.process = None
        self.assertGreater(code, 0, self.server.log())
        for pattern in patterns:
            self.assertRegex(self.server.log(), pattern)
        self.assertNotRegex(self.server.log(), "listening")
        after = self.file.read_bytes() if self.file.exists() else None
        self.assertEqual(before, after)

    def accepted(self):
        self.server.start()
        self.server.wait_for_line(r"\bready$")
        self.server.stop()


class Files(StartTest):
    def test_text_file(self):
        self.file.write_text("these are my notes\n" * 1000)
        self.refused("is not a database", "the file was not touched")

    def test_database_of_another_program(self):
        with sqlite3.connect(self.file) as db:
            db.execute("CREATE TABLE notes (text)")
        self.refused("a database of another program",
                     "plugins.store.folder")

    def test_newer_schema(self):
        self.accepted()
        db = sqlite3.connect(self.file)
        db.execute("PRAGMA user_version = 7")
        db.commit()
        db.close()
        self.refused("schema version 7, this program knows 1",
                     "run the newer version")

    def test_damaged_file(self):
        self.accepted()
        content = bytearray(self.file.read_bytes())
        for page in range(2, len(content) // 4096):
            content[page * 4096:page * 4096 + 16] = b"\xee" * 16
        self.file.write_bytes(content)
        self.refused("damaged", "nexusctl store check", "restore")

    def test_folder_of_a_running_server(self):
        with server() as running:
            self.server.sets.append(
                f"plugins.store.folder={running.directory}/data/store")
            self.refused(rf"another server \(process {running.process.pid}\)",
                         "data_dir of its own")

    def test_database_locked_by_another_program(self):
        self.accepted()
        self.server.sets.append("plugins.store.busy_timeout_ms=50")
        db = sqlite3.connect(self.file, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        self.refused("database is locked", "fuser")
        db.close()
        self.accepted()

    def test_folder_that_cannot_be_made(self):
        (self.server.directory / "taken").write_text("")
        self.server.sets.append(
            f"plugins.store.folder={self.server.directory}/taken/store")
        self.refused("cannot create the folder", "Not a directory")


class FullDisk(StartTest):
    def setUp(self):
        super().setUp()
        self.disk = Disk("1m")
        self.addCleanup(self.disk.close)
        self.folder = self.disk.path / "store"
        self.file = self.folder / "store.db"
        self.server.sets.append(f"plugins.store.folder={self.folder}")

    def test_disk_without_any_space(self):
        self.disk.fill()
        self.refused("No space left|disk is full|bytes left",
                     "free space on that disk")

    def test_disk_that_is_full_later(self):
        self.disk.close()
        self.disk.__init__("4m")
        self.server.sets[-1] = f"plugins.store.folder={self.disk.path}/store"
        self.file = self.disk.path / "store" / "store.db"
        self.accepted()
        self.disk.fill()
        self.refused("No space left|disk is full|bytes left",
                     "free space on that disk")
        self.disk.empty()
        self.accepted()

    def test_read_only_folder(self):
        self.disk.remount("ro")
        self.refused("Read-only file system", "writable")


if __name__ == "__main__":
    harness.main()
