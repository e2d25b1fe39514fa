"""nexusctl: what each command says of a running server, and does to it."""

import json
import os
import socket
import stat

import ctl
import harness
from harness import CHAT, Server



class Commands(harness.ServerTest):
    options = {"plugins": (CHAT,)}

    def good(self, *arguments):
        code, out, err = ctl.ask(self.server, *arguments)
        self.assertEqual((code, err), (0, ""), out)
        return out

    def parsed(self, *arguments):
        return json.loads(self.good(*arguments, "--json"))

    def refused(self, code, pattern, *arguments):
        result = ctl.ask(self.server, *arguments)
        self.assertEqual(result[0], code, result)
        self.assertEqual(result[1], "")
        self.assertRegex(result[2], pattern)
        self.assertRegex(result[2], r"\Anexusctl: ")

    async def test_status(self):
        alice = await self.connect("alice")
        await alice.ack("room.join", room_id="r")
        status = self.parsed("status")
        self.assertEqual(status["pid"], self.server.process.pid)
        self.assertEqual((status["sessions"], status["users"],
                          status["rooms"]), (1, 1, 1))
        self.assertEqual(status["engine"], {
            "name": "memory", "durable": False, "working": True})
        self.assertEqual(status["overload"], {"active": False})
        self.assertIs(status["draining"], False)
        self.assertEqual(status["plugins"], ["chat"])
        self.assertIsNone(status["last_reload"])
        text = self.good("status")
        self.assertRegex(text, r"(?m)^pid +%d$" % status["pid"])
        self.assertRegex(text, r"(?m)^version +\d+\.\d+\.\d+$")
        self.assertRegex(text, r"(?m)^engine +memory, lost on restart")
        self.assertRegex(text, r"(?m)^plugins +chat$")

    async def test_reload(self):
        result = self.parsed("reload")
        self.assertEqual((result["outcome"], result["errors"]), ("done", []))
        self.assertEqual(result["plugins"], {
            "kept": 1, "changed": 0, "replaced": 0, "added": 0, "removed": 0})
        self.assertRegex(self.good("reload"),
                         r"^done: plugins kept=1 .*; events waited \d+\.\d ms$")
        self.assertEqual(self.parsed("status")["last_reload"]["outcome"],
                         "done")

    async def test_reload_exchanges_a_plugin_and_waits_for_it(self):
        alice = await self.connect("alice")
        self.server.config.write_text(harness.settings_text(
            (harness.CHAT.replace("}", "history = 10; }"), harness.PRESENCE)))
        result = self.parsed("reload")
        self.assertEqual((result["plugins"]["replaced"],
                          result["plugins"]["added"]), (1, 1))
        event = await alice.expect("system.features")
        self.assertEqual(event["features"], ["chat.", "presence."])
        await alice.ack("presence.get", user_id="alice")

    async def test_a_refused_reload_says_everything_that_is_wrong(self):
        self.server.config.write_text(
            "limits = { colour = 1; };\nlisten = { path = \"/other\"; };\n"
            + harness.settings_text((harness.CHAT,)))
        self.refused(1, r"refused: .*nexus.conf:1: unknown setting "
                     r'"limits\.colour"', "reload")
        code, out, _ = ctl.ask(self.server, "reload", "--json")
        self.assertEqual((code, json.loads(out)["outcome"]), (1, "refused"))
        self.assertRegex(self.good("status"),
                         r"(?m)^last_reload +refused: .*limits\.colour")

    async def test_who_hangs_up_is_not_missed_by_a_reload(self):
        raw = ctl.Raw(self.server)
        raw.send(b'{"v":1,"command":"reload"}\n{"v":1,"command":"status"}\n')
        raw.close()
        self.server.wait_for_line("reload: done")
        self.assertEqual(self.parsed("status")["last_reload"]["outcome"],
                         "done")

    async def test_sessions(self):
        alice = await self.connect("alice", query={"device_id": "phone"})
        await self.connect("bob")
        await alice.ack("room.join", room_id="r")
        listed = self.parsed("sessions")
        self.assertEqual(listed["total"], 2)
        first = listed["sessions"][0]
        self.assertEqual(first["session"], alice.welcome["connection_id"])
        self.assertEqual((first["user"], first["device"], first["state"],
                          first["rooms"], first["address"]),
                         ("alice", "phone", "open", 1, "127.0.0.1"))
        only = self.parsed("sessions", "--user", "bob")
        self.assertEqual([s["user"] for s in only["sessions"]], ["bob"])
        limited = self.good("sessions", "--limit", 1)
        self.assertIn("alice", limited)
        self.assertNotIn("bob", limited)
        self.assertIn("1 of 2", limited)
        self.refused(1, 'user "carol" has no session',
                     "sessions", "--user", "carol")

    async def test_pages_are_put_together(self):
        clients = [await self.connect(f"user{n}") for n in range(230)]
        for n, client in enumerate(clients):
            await client.ack("room.join", room_id=f"r{n}")
        listed = self.parsed("sessions")
        self.assertEqual([s["session"] for s in listed["sessions"]],
                         [c.welcome["connection_id"] for c in clients])
        rooms = self.parsed("rooms")
        self.assertEqual({r["room"] for r in rooms["rooms"]},
                         {f"room:r{n}" for n in range(230)})
        self.assertEqual(rooms["total"], 230)
        self.assertEqual(
            len(self.parsed("rooms", "--prefix", "room:r22")["rooms"]), 11)
        self.assertEqual(
            len(self.parsed("sessions", "--limit", 101)["sessions"]), 101)

    async def test_kick(self):
        alice = await self.connect("alice")
        bobs = [await self.connect("bob") for _ in range(3)]
        identity = alice.welcome["connection_id"]
        self.assertEqual(self.good("kick", identity, "--reason", "hé, go"),
                         "1 session closed\n")
        self.assertEqual(await alice.closed(), 4413)
        self.assertEqual(alice.socket.close_reason, "hé, go")
        self.server.wait_for_line(
            r'session ended by nexusctl session=\d+ user=alice reason="?h')
        self.assertEqual(self.parsed("kick", "--user", "bob"), {"closed": 3})
        for bob in bobs:
            self.assertEqual(await bob.closed(), 4413)
            self.assertEqual(bob.socket.close_reason, "session_revoked")
        self.refused(1, f"there is no session {identity}", "kick", identity)
        self.refused(1, 'user "bob" has no session', "kick", "-u", "bob")
        self.refused(1, "a session is named as", "kick", "everybody")
        self.refused(1, "reason must be", "kick", "c-1", "-r", "x" * 124)
        self.refused(2, "say whom", "kick")
        self.refused(2, "say whom", "kick", "c-1", "--user", "bob")

    async def test_kick_by_the_number_in_the_log(self):
        alice = await self.connect("alice")
        number = self.parsed("sessions")["sessions"][0]["number"]
        self.good("kick", number)
        self.assertEqual(await alice.closed(), 4413)

    async def test_kicked_sessions_cannot_be_resumed(self):
        alice = await self.connect("alice")
        token = alice.welcome["session"].get("resume_token")
        self.assertTrue(token)
        self.good("kick", "--user", "alice")
        await alice.closed()
        again = await self.connect("alice", query={"resume": token})
        self.assertIs(again.welcome["session"]["resumed"], False)

    def test_plugins(self):
        (chat,) = self.parsed("plugins")["plugins"]
        self.assertEqual((chat["name"], chat["id"]), ("chat", "chat"))
        self.assertTrue(chat["path"].endswith("chat.so"))
        self.assertRegex(self.good("plugins"), r"(?m)^chat +chat +\d")

    async def test_log_level(self):
        self.assertEqual(self.good("log-level"), "info\n")
        self.assertIn("error, it was info; the next start or reload makes",
                      self.good("log-level", "error"))
        self.server.wait_for_line(
            "log level changed by nexusctl .* from=info to=error")
        self.assertEqual(self.parsed("log-level", "debug"), {
            "level": "debug", "before": "error", "setting": "info"})
        # Said although only errors were logged.
        self.server.wait_for_line(
            "log level changed by nexusctl .* from=error to=debug")
        alice = await self.connect("alice")
        await alice.close()
        self.server.wait_for_line(r"debug session: closed")
        self.refused(1, "level must be", "log-level", "loud")

    async def test_drain(self):
        alice = await self.connect("alice")
        self.assertRegex(self.good("drain"), r"\Adraining 1 sessions; the "
                         "server stops when they have left, in 10 seconds")
        self.assertEqual(await alice.closed(), 4512)
        self.assertEqual(self.server.wait_for_exit(), 0)
        self.server.process = None
        self.assertIn("draining by=nexusctl", self.server.log())

    def test_drain_without_clients_answers_before_the_end(self):
        self.assertEqual(self.parsed("drain"),
                         {"sessions": 0, "timeout_seconds": 10})
        self.assertEqual(self.server.wait_for_exit(), 0)
        self.server.process = None


class Draining(harness.ServerTest):
    options = {"plugins": (), "sets": ["drain.delay=15", "drain.timeout=18"]}

    async def test_a_second_drain_is_refused(self):
        await self.connect("alice")
        self.assertEqual(ctl.ask(self.server, "drain")[0], 0)
        code, _, text = ctl.ask(self.server, "drain")
        self.assertEqual(code, 1)
        self.assertIn("draining already", text)
        status = json.loads(ctl.ask(self.server, "status", "--json")[1])
        self.assertIs(status["draining"], True)
        self.server.stop()  # the signal stops it at once


class Limited(harness.ServerTest):
    options = {"plugins": (), "sets": ["drain.timeout=1", "drain.delay=0"]}

    async def test_drain_has_the_same_end_as_a_signal(self):
        # A client that does not answer the Close frame.
        with socket.create_connection(("127.0.0.1", self.server.port)) as sock:
            sock.settimeout(harness.DEADLINE)
            sock.sendall(
                b"GET /ws?user_id=deaf HTTP/1.1\r\nHost: x\r\n"
                b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
            self.assertIn(b"101", sock.recv(65536))
            self.assertEqual(ctl.ask(self.server, "drain")[0], 0)
            self.server.wait_for_line("clients did not leave in time")
            self.assertEqual(self.server.wait_for_exit(), 0)
            self.server.process = None


class Elsewhere(harness.ServerTest):
    options = {"plugins": (CHAT,)}

    def test_finds_the_server_by_socket_and_by_settings(self):
        path = ctl.path_of(self.server)
        done = ctl.run("status", "--socket", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        config = self.server.directory / "ctl.conf"
        config.write_text(f'data_dir = "{self.server.directory}/data";\n')
        done = ctl.run("status", "--config", config)
        self.assertEqual(done.returncode, 0, done.stderr)
        config.write_text('control = { socket = ""; };\n')
        done = ctl.run("status", "--config", config)
        self.assertEqual(done.returncode, 3)
        self.assertIn("control.socket is empty", done.stderr)

    def test_says_what_it_tried(self):
        done = ctl.run("status", "--data-dir", "/nowhere")
        self.assertEqual(done.returncode, 3)
        self.assertIn("/nowhere/control.sock: No such file", done.stderr)
        for option in ("--socket", "--config", "--data-dir"):
            self.assertIn(option, done.stderr)

    def test_knows_its_options(self):
        for arguments in (["status", "--count", "3"], ["rooms", "--user", "x"],
                          ["store", "stats", "--socket", "x"],
                          ["status", "--socket", "a", "--data-dir", "b"],
                          ["sessions", "--limit", "0"],
                          ["sessions", "--limit", "x"], ["status", "now"],
                          ["reboot"], []):
            done = ctl.run(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done))
            self.assertIn("nexusctl: ", done.stderr)

    def test_without_a_socket(self):
        with Server(plugins=(), sets=["control.socket="]) as server:
            self.assertFalse((server.directory / "data/control.sock").exists())
            code, _, text = ctl.ask(server, "status")
            self.assertEqual(code, 3)
            self.assertIn("no server answers", text)


class OtherUser(harness.ServerTest):
    options = {"plugins": ()}

    def test_permissions(self):
        path = ctl.path_of(self.server)
        mode = os.stat(path).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        if os.geteuid() != 0:
            return  # only root can be somebody else
        os.chmod(self.server.directory, 0o755)
        os.chmod(path.parent, 0o755)

        def as_nobody():
            os.setgid(65534)
            os.setuid(65534)

        def ask():
            return ctl.run("status", "--socket", path, preexec_fn=as_nobody)

        done = ask()
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("only root and the user of the server", done.stderr)
        # Whoever opens the permissions opens nothing.
        os.chmod(path, 0o666)
        done = ask()
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("only root and the user of the server", done.stderr)
        self.server.wait_for_line(
            "refused a connection of another user uid=65534")


if __name__ == "__main__":
    harness.main()
