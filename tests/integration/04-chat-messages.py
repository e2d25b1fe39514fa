"""Chat messages: echo, numbers, order, direct messages, repetition, typing."""

import asyncio

import harness

FAST = {"sets": ["limits.messages_per_second=0"]}


def kinds(events):
    return [event["event_type"] for event in events]


class Message(harness.ServerTest):
    options = FAST

    async def test_reaches_all_members_and_its_sender(self):
        alice, tab, bob = [await self.connect(name)
                           for name in ("alice", "alice", "bob")]
        outsider = await self.connect("outsider")
        await alice.ack("chat.join", conversation_id="c")
        await bob.ack("chat.join", conversation_id="c")
        sent = {"content": "Hello, Wörld 😀\n", "content_type": "markdown",
                "mentions": ["bob"], "username": "Alice",
                "attachments": [{"name": "a.png", "bytes": 12}],
                "reply_to": "m1", "metadata": {"k": [None, 1.5]}}
        ack = await alice.ack("chat.message", conversation_id="c", **sent)
        self.assertEqual(ack["seq"], 1)
        copies = [await c.expect("chat.message") for c in (alice, tab, bob)]
        self.assertEqual(copies[0], copies[1])
        self.assertEqual(copies[0], copies[2])
        for field in ("message_id", "seq", "conversation_id", "timestamp"):
            self.assertEqual(copies[0][field], ack[field])
        for field, value in sent.items():
            self.assertEqual(copies[0][field], value)
        self.assertEqual(copies[0]["user_id"], "alice")
        self.assertEqual(await outsider.settle(), [])

    async def test_is_numbered_without_holes_in_one_order(self):
        clients = [await self.connect(f"user{i}") for i in range(4)]
        for client in clients:
            await client.ack("chat.join", conversation_id="c")

        async def write(client):
            return [(await client.ack("chat.message", conversation_id="c",
                                      content=str(n)))["seq"]
                    for n in range(50)]

        acked = await asyncio.gather(*map(write, clients))
        self.assertEqual(sorted(sum(acked, [])), list(range(1, 201)))
        for client in clients:
            got = [await client.expect("chat.message") for _ in range(200)]
            self.assertEqual([m["seq"] for m in got], list(range(1, 201)))

    async def test_of_each_conversation_has_its_own_numbers(self):
        alice = await self.connect("alice")
        for name in ("a", "b"):
            for seq in (1, 2):
                ack = await alice.ack("chat.message", conversation_id=name,
                                      content="x")
                self.assertEqual(ack["seq"], seq)

    async def test_needs_a_content_or_an_attachment(self):
        alice = await self.connect("alice")
        await alice.error("invalid_field", "chat.message",
                          conversation_id="c", content="")
        await alice.ack("chat.message", conversation_id="c", content="",
                        attachments=[{"name": "a.png"}])

    async def test_refuses_lists_of_the_wrong_things(self):
        alice = await self.connect("alice")
        for fields in ({"mentions": [1]}, {"mentions": [""]},
                       {"mentions": ["x"] * 51}, {"attachments": ["a.png"]},
                       {"attachments": [{}] * 11}):
            await alice.error("invalid_field", "chat.message", content="x",
                              conversation_id="c", **fields)

    async def test_of_a_session_without_room_for_it_is_stored(self):
        alice = await self.connect("alice")
        for i in range(100):
            await alice.ack("room.join", room_id=f"r{i}")
        ack = await alice.ack("chat.message", conversation_id="c",
                              content="x")
        self.assertEqual(ack["seq"], 1)
        self.assertEqual(await alice.settle(), [])
        other = await self.connect("alice")
        history = await other.ack("chat.history", conversation_id="c")
        self.assertEqual(len(history["messages"]), 1)


class Direct(harness.ServerTest):
    async def test_messages_go_both_ways(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        await alice.ack("chat.message", recipient_id="bob", content="hi")
        got = await bob.expect("chat.message", content="hi")
        self.assertEqual(got["conversation_id"], "dm:alice:bob")
        ack = await bob.ack("chat.message", recipient_id="alice",
                            content="hello")
        self.assertEqual((ack["conversation_id"], ack["seq"]),
                         ("dm:alice:bob", 2))
        await alice.expect("chat.message", content="hello", user_id="bob")
        ack = await alice.ack("chat.message", conversation_id="dm:alice:bob",
                              content="by name")
        self.assertEqual(ack["seq"], 3)
        await bob.expect("chat.message", content="by name")

    async def test_messages_are_nobody_elses(self):
        alice = await self.connect("alice")
        carol = await self.connect("carol")
        await alice.ack("chat.message", recipient_id="bob", content="secret")
        for kind, fields in (("chat.message", {"content": "x"}),
                             ("chat.history", {}), ("chat.join", {}),
                             ("chat.members", {}), ("chat.read", {"seq": 1}),
                             ("chat.typing", {"is_typing": True})):
            await carol.error("forbidden", kind,
                              conversation_id="dm:alice:bob", **fields)
        await alice.error("forbidden", "chat.invite", user_id="carol",
                          conversation_id="dm:alice:bob")
        self.assertEqual(await carol.settle(), [])

    async def test_messages_to_odd_names_do_not_mix(self):
        a = await self.connect("a")
        await a.ack("chat.message", recipient_id="b:c", content="one")
        a_b = await self.connect("a%3Ab")
        self.assertEqual(a_b.welcome["user_id"], "a:b")
        ack = await a_b.ack("chat.message", recipient_id="c", content="two")
        self.assertEqual(ack["seq"], 1)
        self.assertEqual([e["content"] for e in await a_b.settle()], ["two"])


class Repetition(harness.ServerTest):
    async def test_with_a_client_id_is_one_message(self):
        alice = await self.connect("alice")
        tab = await self.connect("alice")
        request = {"conversation_id": "c", "content": "x", "client_id": "1"}
        first = await alice.ack("chat.message", **request)
        for client in (alice, tab, await self.connect("alice")):
            again = await client.ack("chat.message", **request)
            self.assertEqual({**again, "ref": None}, {**first, "ref": None})
        self.assertEqual(kinds(await alice.settle()).count("chat.message"), 1)
        history = await alice.ack("chat.history", conversation_id="c")
        self.assertEqual(len(history["messages"]), 1)

    async def test_sent_without_waiting_is_one_message(self):
        alice = await self.connect("alice")
        for ref in "abc":
            await alice.send("chat.message", conversation_id="c", content="x",
                             client_id="1", ref=ref)
        acks = [await alice.expect("ack", ref=ref) for ref in "abc"]
        self.assertEqual({a["message_id"] for a in acks},
                         {acks[0]["message_id"]})
        ack = await alice.ack("chat.message", conversation_id="c",
                              content="y")
        self.assertEqual(ack["seq"], 2)

    async def test_is_told_apart_by_user_and_conversation(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        ids = {(await client.ack(
                    "chat.message", conversation_id=name, content="x",
                    client_id="1"))["message_id"]
               for client in (alice, bob) for name in ("c", "d")}
        self.assertEqual(len(ids), 4)


class Typing(harness.ServerTest):
    options = {"config": 'plugins = ( { name = "chat"; typing_lease = 2; } );'}

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.alice = await self.connect("alice")
        self.bob = await self.connect("bob")
        for client in (self.alice, self.bob):
            await client.ack("chat.join", conversation_id="c")
        await self.alice.settle()

    async def type(self, client, is_typing=True):
        await client.ack("chat.typing", conversation_id="c",
                         is_typing=is_typing, username="Alice A.")

    async def test_is_told_to_the_others(self):
        await self.type(self.alice)
        told, = await self.bob.settle()
        self.assertEqual(
            (told["event_type"], told["conversation_id"], told["user_id"],
             told["is_typing"], told["username"]),
            ("chat.typing", "c", "alice", True, "Alice A."))
        self.assertEqual(await self.alice.settle(), [])
        await self.type(self.alice, False)
        told, = await self.bob.settle()
        self.assertEqual((told["user_id"], told["is_typing"]),
                         ("alice", False))

    async def test_is_told_once_while_it_goes_on(self):
        for _ in range(5):
            await self.type(self.alice)
        self.assertEqual(kinds(await self.bob.settle()), ["chat.typing"])
        for _ in range(2):
            await self.type(self.alice, False)
        self.assertEqual(kinds(await self.bob.settle()), ["chat.typing"])

    async def test_ends_by_itself_after_the_lease(self):
        await self.type(self.alice)
        await self.bob.expect("chat.typing", is_typing=True)
        await self.bob.expect("chat.typing", is_typing=False)

    async def test_ends_with_the_message(self):
        await self.type(self.alice)
        await self.alice.ack("chat.message", conversation_id="c",
                             content="there")
        events = await self.bob.settle()
        self.assertEqual([e["is_typing"] for e in events
                          if e["event_type"] == "chat.typing"], [True, False])
        self.assertEqual(kinds(events).count("chat.message"), 1)

    async def test_ends_with_the_connection(self):
        await self.type(self.alice)
        await self.bob.expect("chat.typing", is_typing=True)
        self.alice.socket.transport.abort()
        await self.bob.expect("chat.typing", is_typing=False)

    async def test_is_not_in_the_history(self):
        await self.type(self.alice)
        history = await self.bob.ack("chat.history", conversation_id="c")
        self.assertEqual((history["messages"], history["last_seq"]), ([], 0))


if __name__ == "__main__":
    harness.main()
