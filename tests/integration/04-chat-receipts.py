"""Who has received and who has read: proofs, watermarks, and what is missed."""

import harness
from rawclient import PING, PONG, RawClient


class Delivered(harness.ServerTest):
    options = {"sets": ["limits.messages_per_second=0"]}

    async def test_is_told_to_the_sender_when_it_has_arrived(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        ack = await alice.ack("chat.message", recipient_id="bob", content="x")
        receipt = await alice.expect("chat.delivered")
        self.assertEqual(
            {k: receipt[k] for k in ("message_id", "seq", "conversation_id",
                                     "user_id")},
            {"message_id": ack["message_id"], "seq": 1,
             "conversation_id": "dm:alice:bob", "user_id": "bob"})
        self.assertIn("delivered_at", receipt)
        self.assertNotIn("chat.delivered",
                         [e["event_type"] for e in await bob.settle()])

    async def test_is_not_told_before_the_proof(self):
        """Bob's socket is open but he answers no Ping: nothing shows that he
        has it until he does."""
        alice = await self.connect("alice")
        with RawClient(self.server, "bob") as bob:
            bob.expect("system.message")
            await alice.ack("chat.message", recipient_id="bob", content="x")
            bob.expect("chat.message", content="x")
            opcode, proof = bob.read_frame()
            self.assertEqual(opcode, PING)
            bob.send_frame(PONG, b"12345678")  # proves nothing
            bob.send("ping", n=1)
            bob.expect("pong", n=1)
            self.assertEqual([e["event_type"] for e in await alice.settle()],
                             ["chat.message"])
            bob.send_frame(PONG, proof)
            await alice.expect("chat.delivered", user_id="bob", seq=1)

    async def test_is_told_when_an_absent_recipient_has_come(self):
        alice = await self.connect("alice")
        for n in range(3):
            await alice.ack("chat.message", recipient_id="bob",
                            content=str(n))
        self.assertEqual([e["event_type"] for e in await alice.settle()],
                         ["chat.message"] * 3)
        bob = await self.connect("bob")
        for n in range(3):
            await bob.expect("chat.message", content=str(n), seq=n + 1)
        for n in range(3):
            await alice.expect("chat.delivered", user_id="bob", seq=n + 1)

    async def test_may_be_said_by_the_client_itself(self):
        alice = await self.connect("alice")
        with RawClient(self.server, "bob") as bob:
            bob.expect("system.message")
            await alice.ack("chat.message", recipient_id="bob", content="x")
            seq = bob.expect("chat.message")["seq"]
            bob.send("chat.delivered", conversation_id="dm:alice:bob",
                     seq=seq)
            await alice.expect("chat.delivered", user_id="bob", seq=seq)

    async def test_is_counted_beyond_any_byte(self):
        """Proofs are numbers in Pongs, which the transport took for text and
        refused as not being UTF-8 from the 128th on."""
        alice = await self.connect("alice")
        await self.connect("bob")
        for n in range(1, 301):
            await alice.ack("chat.message", recipient_id="bob", content="x")
            await alice.expect("chat.delivered", seq=n)


class Read(harness.ServerTest):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.alice = await self.connect("alice")
        self.bob = await self.connect("bob")
        await self.alice.ack("chat.join", conversation_id="c")
        await self.bob.ack("chat.join", conversation_id="c")
        self.ids = [(await self.alice.ack(
            "chat.message", conversation_id="c", content="x"))["message_id"]
            for _ in range(5)]
        await self.settled(self.alice)

    async def settled(self, client):
        return [(e["user_id"], e["seq"]) for e in await client.settle()
                if e["event_type"] == "chat.read"]

    async def test_is_told_to_the_members_and_the_own_devices(self):
        tab = await self.connect("bob")
        await tab.ack("chat.join", conversation_id="c")
        ack = await self.bob.ack("chat.read", conversation_id="c",
                                 message_id=self.ids[2])
        self.assertEqual(ack["seq"], 3)
        for client in (self.alice, tab):
            told = await client.expect("chat.read")
            self.assertEqual(
                (told["user_id"], told["seq"], told["conversation_id"],
                 told["message_id"]), ("bob", 3, "c", self.ids[2]))

    async def test_only_moves_forward(self):
        for seq, result in ((3, 3), (1, 3), (3, 3), (5, 5), (99, 5)):
            ack = await self.bob.ack("chat.read", conversation_id="c",
                                     seq=seq)
            self.assertEqual(ack["seq"], result)
        self.assertEqual(await self.settled(self.alice),
                         [("bob", 3), ("bob", 5)])

    async def test_is_counted_in_the_list(self):
        row, = (await self.bob.ack("chat.list"))["conversations"]
        self.assertEqual((row["conversation_id"], row["seq"], row["read"],
                          row["unread"]), ("c", 5, 0, 5))
        self.assertEqual(row["last_message"]["message_id"], self.ids[4])
        await self.bob.ack("chat.read", conversation_id="c", seq=2)
        row, = (await self.bob.ack("chat.list"))["conversations"]
        self.assertEqual((row["read"], row["unread"]), (2, 3))

    async def test_needs_a_message_that_exists(self):
        await self.bob.error("missing_field", "chat.read",
                             conversation_id="c")
        await self.bob.error("not_found", "chat.read", conversation_id="c",
                             message_id="nonsense")
        await self.bob.error("not_found", "chat.read", conversation_id="no",
                             seq=1)


class Missed(harness.ServerTest):
    options = {"sets": ["limits.messages_per_second=0"]}

    async def test_messages_come_in_order_and_before_live_ones(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        await bob.ack("chat.join", conversation_id="c")
        await alice.ack("chat.message", conversation_id="c", content="0")
        await alice.expect("chat.delivered", user_id="bob", seq=1)
        bob.socket.transport.abort()
        for n in range(1, 21):
            await alice.ack("chat.message", conversation_id="c",
                            content=str(n))
        bob = await self.connect("bob")
        await alice.ack("chat.message", conversation_id="c", content="21")
        got = [(await bob.expect("chat.message"))["content"]
               for _ in range(21)]
        self.assertEqual(got, [str(n) for n in range(1, 22)])
        await alice.expect("chat.delivered", user_id="bob", seq=21)
        self.assertEqual(await bob.settle(), [])

    async def test_messages_are_not_sent_again(self):
        alice = await self.connect("alice")
        await alice.ack("chat.message", recipient_id="bob", content="x")
        bob = await self.connect("bob")
        await bob.expect("chat.message")
        await alice.expect("chat.delivered", user_id="bob")
        await bob.close()
        bob = await self.connect("bob")
        await bob.ack("chat.message", recipient_id="alice", content="y")
        self.assertEqual([e["content"] for e in await bob.settle()
                          if e["event_type"] == "chat.message"], ["y"])

    async def test_messages_that_were_not_proved_come_again(self):
        alice = await self.connect("alice")
        with RawClient(self.server, "bob") as bob:
            bob.expect("system.message")
            await alice.ack("chat.message", recipient_id="bob", content="x")
            first = bob.expect("chat.message")
        bob = await self.connect("bob")
        again = await bob.expect("chat.message")
        self.assertEqual({**again, "seq": None}, {**first, "seq": None})

    async def test_messages_beyond_the_limit_are_told_as_a_gap(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        await bob.ack("chat.join", conversation_id="c")
        await bob.close()
        for n in range(1, 151):
            await alice.ack("chat.message", conversation_id="c",
                            content=str(n))
        bob = await self.connect("bob")
        gap = await bob.next()
        self.assertEqual(
            (gap["event_type"], gap["conversation_id"], gap["from"],
             gap["to"]), ("system.gap", "c", 1, 50))
        got = [(await bob.next())["seq"] for _ in range(100)]
        self.assertEqual(got, list(range(51, 151)))

    async def test_changes_are_shown_as_their_result(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        await bob.ack("chat.join", conversation_id="c")
        await bob.close()
        ids = [(await alice.ack("chat.message", conversation_id="c",
                                content="first"))["message_id"]
               for _ in range(2)]
        await alice.ack("chat.edit", message_id=ids[0], content="second")
        await alice.ack("chat.delete", message_id=ids[1])
        bob = await self.connect("bob")
        edited = await bob.next()
        self.assertEqual((edited["event_type"], edited["content"],
                          edited["version"]), ("chat.message", "second", 2))
        deleted = await bob.next()
        self.assertEqual((deleted["event_type"], deleted["deleted"]),
                         ("chat.message", True))
        self.assertNotIn("content", deleted)


if __name__ == "__main__":
    harness.main()
