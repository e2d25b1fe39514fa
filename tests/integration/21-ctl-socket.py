"""The control socket: hostile clients, many clients, and old sockets."""

import asyncio
import json
import pathlib
import re
import socket
import subprocess

import ctl
import harness
from harness import Server


class Socket(harness.ServerTest):
    options = {"plugins": (), "sets": ["control.connections=3",
                                       "control.timeout=1"]}

    def raw(self):
        raw = ctl.Raw(self.server)
        self.addCleanup(raw.close)
        return raw

    def assert_works(self):
        answer = self.raw().ask("status")
        self.assertIs(answer["ok"], True, answer)
        self.assertEqual(answer["result"]["pid"], self.server.process.pid)

    def refused(self, raw, code, pattern):
        answer = raw.line()
        self.assertEqual((answer["v"], answer["ok"], answer["code"]),
                         (1, False, code), answer)
        self.assertRegex(answer["message"], pattern)

    def test_many_questions_on_one_connection(self):
        raw = self.raw()
        raw.send(b'{"v":1,"command":"status"}\n' * 200)
        for _ in range(200):
            self.assertIs(raw.line()["ok"], True)
        self.assertIs(raw.ask("rooms")["ok"], True)

    def test_a_half_closed_connection_gets_all_its_answers(self):
        raw = self.raw()
        raw.send(b'{"v":1,"command":"status"}\n' * 20)
        raw.sock.shutdown(socket.SHUT_WR)
        for _ in range(20):
            self.assertIs(raw.line()["ok"], True)
        self.assertIsNone(raw.line())

    def test_garbage(self):
        raw = self.raw()
        for text, code, pattern in (
                (b"", "bad_request", "."),
                (b"GET / HTTP/1.1", "bad_request", "."),
                (b"\x00\xff\xfe\x01", "bad_request", "."),
                (b"[]", "bad_request", "an object with v and command"),
                (b"{}", "bad_request", "an object with v and command"),
                (b'{"v":"1","command":"status"}', "bad_request", "."),
                (b'{"v":2,"command":"status"}', "unsupported_version",
                 "speaks version 1"),
                (b'{"v":1}', "unknown_command", "no command"),
                (b'{"v":1,"command":7}', "unknown_command", "no command"),
                (b'{"v":1,"command":"' + "ü".encode() * 99 + b'"}',
                 "unknown_command", "üü"),
                (b'{"v":1,"command":"status","x":1}', "bad_request",
                 "x is not a known field"),
                (b'{"v":1,"command":"sessions","limit":0}', "bad_request",
                 "limit must be"),
                (b'{"v":1,"command":"sessions","after":-1}', "bad_request",
                 "after must be"),
                (b'{"v":1,"command":"rooms","prefix":[]}', "bad_request",
                 "prefix must be"),
                (b'{"v":1,"command":"kick","session":"c-"}', "bad_request",
                 "a session is named"),
                (b'{"v":1,"command":"kick","session":"c-ffffffffffffffff"}',
                 "unknown_session", "no session"),
                (b'{"v":1,"command":"kick"}', "bad_request", "either"),
                (b'[[[[[[[[', "bad_request", ".")):
            raw.send(text + b"\n")
            self.refused(raw, code, pattern)
        self.assertIs(raw.ask("status")["ok"], True)

    def test_a_line_that_is_too_long(self):
        raw = self.raw()
        raw.send(b"x" * 8192 + b"\n")  # just fits
        self.refused(raw, "bad_request", ".")
        raw.send(b"x" * 8193)
        self.refused(raw, "too_long", "8192")
        self.assertIsNone(raw.line())
        self.assert_works()

    def test_who_says_nothing_is_sent_away(self):
        silent = self.raw()
        slow = self.raw()
        slow.send(b'{"v":1,"com')
        self.assertIsNone(silent.line())
        self.assertIsNone(slow.line())

    def test_who_reads_nothing_is_sent_away(self):
        raw = self.raw()
        raw.sock.setblocking(False)
        asked = 0
        try:
            while True:
                asked += raw.sock.send(b'{"v":1,"command":"status"}\n' * 99)
        except BlockingIOError:
            pass
        raw.sock.settimeout(harness.DEADLINE)
        # The end comes although there is more to answer.
        answered = 0
        with self.assertRaises((BrokenPipeError, ConnectionResetError)):
            while True:
                asked += raw.sock.send(b"\n")
        try:
            answered = len(raw.file.read())
        except ConnectionResetError:
            pass
        self.assertLess(answered, asked * 10)
        self.assert_works()

    def test_one_too_many(self):
        first = [self.raw() for _ in range(3)]
        for raw in first:
            self.assertIs(raw.ask("status")["ok"], True)
        self.refused(self.raw(), "busy", "control.connections")
        code, _, text = ctl.ask(self.server, "status")
        self.assertEqual(code, 3)
        self.assertIn("control.connections", text)
        first[0].close()
        self.assertIs(first[1].ask("status")["ok"], True)
        self.assert_works()

    def test_two_at_once(self):
        command = [ctl.PROGRAM, "status", "--json",
                   "--socket",
                   str(ctl.path_of(self.server))]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                 env=ctl.ENV) for _ in range(2)]
        for process in both:
            out, _ = process.communicate(timeout=harness.DEADLINE)
            self.assertEqual(process.returncode, 0)
            self.assertEqual(json.loads(out)["pid"], self.server.process.pid)


def counter(settings):
    """The line of a plugin whose rest takes as long as asked for."""
    path = harness.BUILD / "tests" / "plugins" / "counter.so"
    return f'{{ name = "counter"; path = "{path}"; {settings} }}'


class Late(harness.ServerTest):
    options = {"plugins": (counter("again = 200;"),),
               "sets": ["control.timeout=1", "reload.freeze_ms=60000"]}

    def test_a_reload_answers_late_and_in_its_turn(self):
        """Longer than control.timeout, to one that sends no more."""
        self.server.config.write_text(harness.settings_text((counter(""),)))
        raw = ctl.Raw(self.server)
        self.addCleanup(raw.close)
        raw.send(b'{"v":1,"command":"reload"}\n{"v":1,"command":"status"}\n')
        raw.sock.shutdown(socket.SHUT_WR)
        result = raw.line()["result"]
        self.assertEqual(result["outcome"], "done")
        self.assertGreater(result["freeze_ms"], 1000)
        self.assertEqual(raw.line()["result"]["last_reload"]["outcome"],
                         "done")
        self.assertIsNone(raw.line())


class Life(harness.ServerTest):
    options = {"plugins": ()}

    def test_is_removed_at_the_end(self):
        path = ctl.path_of(self.server)
        self.assertTrue(path.is_socket())
        self.server.stop()
        self.assertFalse(path.exists())

    def test_is_taken_from_a_server_that_died(self):
        self.server.kill()
        path = ctl.path_of(self.server)
        self.assertTrue(path.is_socket())
        code, _, text = ctl.ask(self.server, "status")
        self.assertEqual(code, 3)
        self.assertIn("Connection refused", text)
        self.server.start()
        self.server.wait_for_line("replacing the socket")
        self.assertEqual(ctl.ask(self.server, "status")[0], 0)

    def test_is_not_taken_from_a_server_that_lives(self):
        done = subprocess.run(
            [str(harness.BUILD / "nexusd"), "--config",
             str(self.server.config), "--set", "listen.port=0", "--set",
             f"data_dir={self.server.directory}/data"],
            capture_output=True, text=True, timeout=harness.DEADLINE,
            env=ctl.ENV)
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stderr, "cannot listen setting=control.socket "
                         ".*Address already in use")
        self.assertEqual(ctl.ask(self.server, "status")[0], 0)

    def test_another_place(self):
        path = self.server.directory / "other.sock"
        with Server(plugins=(), sets=[f"control.socket={path}"]) as server:
            self.assertTrue(path.is_socket())
            self.assertFalse((server.directory / "data/control.sock").exists())
        self.assertFalse(path.exists())
        server = Server(plugins=(), wait=False,
                        sets=[f"control.socket=/{'x' * 200}"])
        with server:
            self.assertEqual(server.wait_for_exit(), 1)
            self.assertRegex(server.log(), "control.socket.*name too long")


class Speech(harness.ServerTest):
    """What nexusctl says of servers that are not like ours."""

    options = {"plugins": ()}

    async def tell(self, *answers):
        path = self.server.directory / "fake.sock"

        async def serve(reader, writer):
            await reader.readline()
            for answer in answers:
                writer.write(answer)
            await writer.drain()
            writer.close()

        fake = await asyncio.start_unix_server(serve, str(path))
        async with fake:
            process = await asyncio.create_subprocess_exec(
                ctl.PROGRAM, "status", "--socket",
                str(path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=ctl.ENV)
            out, err = await asyncio.wait_for(
                process.communicate(), harness.DEADLINE)
        pathlib.Path(path).unlink(missing_ok=True)
        return process.returncode, out.decode(), err.decode()

    async def test_of_another_version(self):
        code, _, text = await self.tell(
            b'{"v":2,"ok":false,"code":"unsupported_version",'
            b'"message":"this server speaks version 2"}\n')
        self.assertEqual(code, 3)
        self.assertIn("speaks version 2; use the nexusctl of its release",
                      text)

    async def test_that_speak_something_else(self):
        code, _, text = await self.tell(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        self.assertEqual(code, 3)
        self.assertRegex(text, "does not speak as a server does")

    async def test_that_hang_up(self):
        code, _, text = await self.tell(b'{"v":1,"ok":true,"res')
        self.assertEqual(code, 3)
        self.assertTrue(re.search("has ended the connection", text))


if __name__ == "__main__":
    harness.main()
