"""A Unix socket beside TCP or alone."""

import os
import pathlib
import shutil
import socket
import stat
import subprocess
import tempfile

import websockets

import harness


class Unix(harness.ServerTest):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nexus-unix-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.path = self.folder / "nexus.sock"
        self.options = {"sets": [f"listen.unix={self.path}"]}
        super().setUp()
        self.server.wait_for_line("listening scheme=unix")

    async def connect_unix(self, user):
        link = await websockets.unix_connect(
            str(self.path), f"ws://localhost/ws?user_id={user}&token=t",
            max_size=None)
        self.addAsyncCleanup(link.close)
        client = harness.Client(link)
        client.welcome = await client.expect("system.message")
        return client

    def ask(self, request):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(harness.DEADLINE)
            sock.connect(str(self.path))
            sock.sendall(request)
            answer = b""
            while piece := sock.recv(65536):
                answer += piece
            return answer

    def start_another(self, *sets):
        options = [x for item in (f"listen.unix={self.path}", "listen.port=0",
                                  *sets) for x in ("--set", item)]
        return subprocess.run(
            [str(harness.BUILD / "nexusd"), *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=harness.DEADLINE, cwd=self.folder)

    async def test_clients_of_both_meet(self):
        inside = await self.connect_unix("inside")
        outside = await self.connect("outside")
        await inside.ack("room.join", room_id="r")
        await outside.ack("room.join", room_id="r")
        await outside.ack("room.broadcast", room_id="r", text="x" * 60000)
        self.assertEqual(
            len((await inside.expect("room.broadcast"))["text"]), 60000)

    def test_has_its_permissions_and_goes_at_the_end(self):
        mode = os.stat(self.path).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o660)
        self.server.stop()
        self.assertFalse(self.path.exists())

    def test_http_gets_one_answer_for_a_connection(self):
        get = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = self.ask(get * 2)
        self.assertEqual(answer.count(b"HTTP/1.1 200"), 1)
        self.assertIn(b"connection: close", answer)
        post = (b"POST /api/nothing HTTP/1.1\r\nHost: x\r\n"
                b"Content-Length: 5\r\n\r\nhello")
        self.assertIn(b"HTTP/1.1 404", self.ask(post))

    def test_is_not_taken_from_a_server_that_lives(self):
        result = self.start_another()
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "cannot listen setting=listen.unix.*"
                         "Address already in use")
        self.assertIn(b"200", self.ask(
            b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"))

    async def test_is_taken_from_a_server_that_died(self):
        self.server.kill()
        self.assertTrue(self.path.exists())
        self.server.start()
        self.server.wait_for_line("replacing the socket")
        await self.connect_unix("alice")

    def test_files_are_not_replaced(self):
        self.server.stop()
        self.path.write_text("precious")
        result = self.start_another()
        self.assertEqual(result.returncode, 1)
        self.assertIn("setting=listen.unix", result.stderr)
        self.assertEqual(self.path.read_text(), "precious")
        self.path.unlink()
        result = self.start_another(f"listen.unix=/{'x' * 200}")
        self.assertIn("File name too long", result.stderr)


if __name__ == "__main__":
    harness.main()
