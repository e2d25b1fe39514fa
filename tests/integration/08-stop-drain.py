"""The end of a server: clients are sent away kindly, and can come back."""

import signal

import harness
from rawclient import RawClient


class Drain(harness.ServerTest):
    options = {"sets": ["drain.window=4"]}

    async def test_sends_each_client_away_and_ends_with_0(self):
        clients = [await self.connect(f"user{i}") for i in range(20)]
        self.server.process.send_signal(signal.SIGTERM)
        waits = []
        for client in clients:
            event = await client.expect("system.message")
            self.assertEqual((event["code"], event["message"]),
                             ("draining", "The server is going away"))
            self.assertIn(event["reconnect_after_ms"], range(4001))
            waits.append(event["reconnect_after_ms"])
            self.assertEqual(await client.closed(), 4512)
            self.assertEqual(client.socket.close_reason, "draining")
        self.assertGreater(len(set(waits)), 10)
        self.assertEqual(self.server.wait_for_exit(), 0)
        self.server.wait_for_line(r"draining\b.*sessions=20")
        self.server.wait_for_line(r"kernel: stopped$")

    async def test_begins_with_sigint_as_well(self):
        alice = await self.connect("alice")
        self.server.process.send_signal(signal.SIGINT)
        await alice.expect("system.message", code="draining")
        self.assertEqual(await alice.closed(), 4512)
        self.assertEqual(self.server.wait_for_exit(), 0)

    async def test_of_nobody_is_over_at_once(self):
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait_for_exit(5), 0)

    async def test_delivers_what_was_said_before(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        await bob.ack("room.join", room_id="r")
        await alice.ack("room.join", room_id="r")
        for n in range(100):
            await alice.ack("room.broadcast", room_id="r", n=n)
        self.server.process.send_signal(signal.SIGTERM)
        for n in range(100):
            await bob.expect("room.broadcast", n=n)
        await bob.expect("system.message", code="draining")


class Stubborn(harness.ServerTest):
    """A client that does not answer the Close frame."""

    options = {"sets": ["drain.timeout=1", "drain.window=0"]}

    def test_client_is_cut_after_the_timeout(self):
        with RawClient(self.server, "alice") as client:
            client.expect("system.message")
            self.server.process.send_signal(signal.SIGTERM)
            going = client.expect("system.message")
            self.assertEqual(going["reconnect_after_ms"], 0)
            self.assertEqual(self.server.wait_for_exit(), 0)
        line = self.server.wait_for_line("clients did not leave in time")
        self.assertIn("drain.timeout", line.string)

    def test_operator_need_not_wait(self):
        self.server.stop()
        self.server.sets += ["drain.timeout=3600"]
        self.server.start()
        with RawClient(self.server, "alice") as client:
            client.expect("system.message")
            self.server.process.send_signal(signal.SIGTERM)
            client.expect("system.message")
            self.server.process.send_signal(signal.SIGTERM)
            self.assertEqual(self.server.wait_for_exit(), 0)
        self.server.wait_for_line("stopping at once")


class Draining(harness.ServerTest):
    options = {"sets": ["drain.timeout=3600"]}

    def test_server_is_not_ready_and_takes_no_one(self):
        with RawClient(self.server, "alice") as client:
            client.expect("system.message")
            self.server.process.send_signal(signal.SIGTERM)
            client.expect("system.message", code="draining")
            status, _, problem = self.server.http("/health/ready")
            self.assertEqual((status, problem["code"]), (503, "draining"))
            self.assertEqual(self.server.http("/health/live")[0], 200)
            with self.assertRaisesRegex(AssertionError, "503"):
                RawClient(self.server, "bob")
            self.server.process.send_signal(signal.SIGTERM)
            self.assertEqual(self.server.wait_for_exit(), 0)


class Delay(harness.ServerTest):
    """For a load balancer that asks /health/ready now and then."""

    options = {"sets": ["drain.delay=1800", "drain.timeout=3600"]}

    async def test_keeps_clients_and_takes_no_new_ones(self):
        alice = await self.connect("alice")
        self.server.process.send_signal(signal.SIGTERM)
        self.server.wait_for_line(r"draining\b.*sessions=1")
        status, _, problem = self.server.http("/health/ready")
        self.assertEqual((status, problem["code"]), (503, "draining"))
        with self.assertRaisesRegex(AssertionError, "503"):
            RawClient(self.server, "bob")
        self.assertEqual(await alice.settle(), [])
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait_for_exit(), 0)

    async def test_passes_before_clients_are_sent_away(self):
        self.server.stop()
        self.server.sets += ["drain.delay=1", "drain.timeout=60"]
        self.server.start()
        clients = [await self.connect(f"user{i}") for i in range(100)]
        self.server.process.send_signal(signal.SIGTERM)
        for client in clients:
            await client.expect("system.message", code="draining")
            self.assertEqual(await client.closed(), 4512)
        self.assertEqual(self.server.wait_for_exit(), 0)
        self.server.wait_for_line("all clients were told to leave")


class Death(harness.ServerTest):
    async def test_is_seen_by_clients_and_they_can_come_back(self):
        alice = await self.connect("alice")
        await alice.ack("chat.message", conversation_id="c", content="x")
        port = self.server.port
        self.server.kill()
        self.assertEqual(await alice.closed(), 1006)

        self.server.sets[0] = f"listen.port={port}"
        self.server.start()
        self.assertEqual(self.server.port, port)
        again = await self.connect("alice")
        self.assertNotEqual(again.welcome["session"]["id"],
                            alice.welcome["session"]["id"])
        ack = await again.ack("chat.message", conversation_id="c",
                              content="y")
        self.assertEqual(ack["seq"], 1)  # memory, as the welcome said
        self.assertFalse(again.welcome["durable"])

    async def test_invalidates_positions(self):
        alice = await self.connect("alice")
        await alice.ack("room.join", room_id="r")
        await alice.ack("room.broadcast", room_id="r", n=1)
        await alice.ack("room.leave", room_id="r")
        epoch = (await alice.ack("room.join", room_id="r"))["epoch"]
        self.server.kill()
        self.server.start()
        again = await self.connect("alice")
        ack = await again.ack("room.join", room_id="r",
                              since={"epoch": epoch, "offset": 1})
        self.assertFalse(ack["recovered"])
        self.assertNotEqual(ack["epoch"], epoch)


class Signals(harness.ServerTest):
    async def test_hang_up_does_not_stop_the_server(self):
        alice = await self.connect("alice")
        self.server.process.send_signal(signal.SIGHUP)
        self.server.wait_for_line("reload: done")
        self.assertEqual(await alice.settle(), [])

    async def test_repeated_without_patience_still_end_it_well(self):
        """Those that came while the server was going down, or had just come
        up, killed it."""
        alice = await self.connect("alice")
        for _ in range(5):
            self.server.process.send_signal(signal.SIGTERM)
        self.assertIn(await alice.closed(), (4512, 1006))
        self.assertEqual(self.server.wait_for_exit(), 0)
        for number in (signal.SIGTERM, signal.SIGHUP):
            self.server.start()
            self.server.process.send_signal(number)
            self.server.process.send_signal(signal.SIGTERM)
            self.assertEqual(self.server.wait_for_exit(), 0)

    async def test_broken_pipes_do_not_stop_the_server(self):
        alice = await self.connect("alice")
        bobs = [await self.connect(f"bob{i}") for i in range(20)]
        for client in (alice, *bobs):
            await client.ack("room.join", room_id="r")
        for bob in bobs:
            bob.socket.transport.abort()
        for n in range(20):
            await alice.ack("room.broadcast", room_id="r", n=n)
        await alice.expect("room.broadcast", n=19)


if __name__ == "__main__":
    harness.main()
