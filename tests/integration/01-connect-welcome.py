"""Connecting: identity, welcome, other sessions, limits, and the way out."""

import asyncio

import websockets

import harness
import rawclient


class Welcome(harness.ServerTest):
    async def test_is_the_first_event_and_says_who_and_what(self):
        client = await self.open(self.server.url("alice", device_id="phone"))
        welcome = await client.next()

        self.assertEqual(welcome["event_type"], "system.message")
        self.assertEqual(welcome["message"], "Connected to NEXUS")
        self.assertEqual(welcome["user_id"], "alice")
        self.assertEqual(welcome["device_id"], "phone")
        self.assertEqual(welcome["heartbeat"], {"interval": 30, "timeout": 60})
        self.assertIn("chat.", welcome["features"])
        self.assertEqual(welcome["limits"]["message_bytes"], 65536)
        self.assertFalse(welcome["durable"])

    async def test_names_each_connection_and_event_once(self):
        one = await self.connect("alice")
        two = await self.connect("bob")
        for field in ("connection_id", "event_id"):
            self.assertNotEqual(one.welcome[field], two.welcome[field])
        self.assertNotEqual(one.welcome["session"], two.welcome["session"])
        self.assertNotEqual(one.welcome["device_id"], two.welcome["device_id"])

    async def test_decodes_the_user_name(self):
        client = await self.open(self.server.url("J%C3%BCrgen+M"))
        self.assertEqual((await client.next())["user_id"], "Jürgen M")

    async def test_takes_the_bearer_from_header_and_subprotocol(self):
        client = await self.open(self.server.url(user_id="alice"),
                                 extra_headers={"Authorization": "Bearer t"})
        self.assertEqual((await client.next())["user_id"], "alice")
        client = await self.open(self.server.url(user_id="bob"),
                                 subprotocols=["nexus.v1", "bearer.abc"])
        self.assertEqual(client.socket.subprotocol, "nexus.v1")
        self.assertEqual((await client.next())["user_id"], "bob")


class Sessions(harness.ServerTest):
    options = {"sets": ["limits.connections_per_user=2"]}

    async def test_of_one_user_hear_of_each_other(self):
        first = await self.connect("alice")
        second = await self.connect("alice")
        joined = await first.expect("connect")
        self.assertEqual(joined["connection_id"],
                         second.welcome["connection_id"])
        self.assertEqual(joined["device_id"], second.welcome["device_id"])

        await second.close()
        left = await first.expect("disconnect")
        self.assertEqual(left["connection_id"],
                         second.welcome["connection_id"])

    async def test_of_others_do_not(self):
        alice = await self.connect("alice")
        await self.connect("bob")
        self.assertEqual(await alice.settle(), [])

    async def test_beyond_the_limit_close_the_oldest(self):
        oldest = await self.connect("alice")
        await self.connect("alice")
        newest = await self.connect("alice")

        error = await oldest.expect("error")
        self.assertEqual(error["code"], "too_many_connections")
        self.assertEqual(error["details"],
                         {"limit": "limits.connections_per_user"})
        self.assertEqual(await oldest.closed(), 4409)
        await newest.settle()

    async def test_end_on_request(self):
        client = await self.connect("alice")
        await client.send("disconnect")
        self.assertEqual(await client.closed(), 1000)


class FirstMessage(harness.ServerTest):
    options = {"sets": ["auth.timeout=1"]}

    async def test_may_carry_the_identity(self):
        client = await self.open(self.server.url())
        await client.send("connect", user_id="alice", token="t")
        self.assertEqual((await client.next())["user_id"], "alice")

    async def test_must_be_connect(self):
        client = await self.open(self.server.url())
        await client.send("chat.message", content="hi")
        error = await client.expect("error")
        self.assertEqual(error["code"], "unauthenticated")
        self.assertEqual(await client.closed(), 4401)

    async def test_is_not_waited_for_longer_than_the_timeout(self):
        client = await self.open(self.server.url())
        error = await client.expect("error")
        self.assertEqual(error["code"], "auth_timeout")
        self.assertEqual(await client.closed(), 4408)

    async def test_connect_twice_is_refused(self):
        client = await self.connect("alice")
        await client.error("wrong_state", "connect", user_id="alice")


class Refusal(harness.ServerTest):
    options = {"sets": ["limits.connections=2"]}

    async def test_of_a_bad_user_name_says_why_and_closes(self):
        for bad in ("%01", "x" * 129, "%FF"):
            client = await self.open(self.server.url(bad))
            error = await client.expect("error")
            self.assertEqual(error["code"], "bad_request", bad)
            self.assertEqual(await client.closed(), 4400)

    def test_of_a_badly_encoded_url_is_a_status(self):
        with rawclient.connect(self.server, "/ws?user_id=%zz") as sock:
            self.assertIn(rawclient.read_head(sock), (400, 403))

    async def test_of_a_token_without_a_user_says_what_to_add(self):
        client = await self.open(self.server.url(token="t"))
        error = await client.expect("error")
        self.assertEqual(error["code"], "unauthenticated")
        self.assertIn("user_id", error["message"])
        self.assertEqual(await client.closed(), 4401)

    async def test_of_an_unknown_path_is_404(self):
        url = self.server.url("alice").replace("/ws", "/other")
        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            await websockets.connect(url)
        self.assertEqual(caught.exception.status_code, 404)

    async def test_of_a_full_server_is_503(self):
        await self.connect("alice")
        await self.connect("bob")
        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            await websockets.connect(self.server.url("carol"))
        self.assertEqual(caught.exception.status_code, 503)


class SeedClient(harness.ServerTest):
    async def test_runs_as_it_is_written(self):
        """The seed's Python example, with its URL's port replaced."""
        text = (harness.SOURCE / "tests/integration/seed/client.py")
        code = text.read_text().replace(":8000", f":{self.server.port}")
        process = await asyncio.create_subprocess_exec(
            "/usr/bin/python3", "-u", "-c", code,
            stdout=asyncio.subprocess.PIPE)
        lines = [await asyncio.wait_for(process.stdout.readline(),
                                        harness.DEADLINE) for _ in range(2)]
        process.kill()
        await process.wait()
        self.assertIn(b"Connected to NEXUS", lines[0])
        self.assertIn(b'"chat.message"', lines[1])
        self.assertIn(b"Hello, World!", lines[1])


if __name__ == "__main__":
    harness.main()
