"""Chat membership: joining, leaving, inviting, listing, and closed doors."""

import harness


def kinds(events):
    return [event["event_type"] for event in events]


class Open(harness.ServerTest):
    async def test_conversation_is_joined_by_its_first_use(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        await alice.ack("chat.message", conversation_id="c", content="1")
        await bob.ack("chat.message", conversation_id="c", content="2")
        events = await alice.settle()
        self.assertIn(("chat.join", "bob"),
                      [(e["event_type"], e["user_id"]) for e in events])
        await alice.ack("chat.message", conversation_id="c", content="3")
        self.assertEqual([e["content"] for e in await bob.settle()
                          if e["event_type"] == "chat.message"], ["2", "3"])

    async def test_join_tells_who_is_there_and_where_the_log_is(self):
        alice = await self.connect("alice")
        await alice.ack("chat.message", conversation_id="c", content="1")
        bob = await self.connect("bob")
        ack = await bob.ack("chat.join", conversation_id="c", username="Bob")
        self.assertEqual(ack["members"]["count"], 2)
        self.assertEqual(sorted(ack["members"]["users"]), ["alice", "bob"])
        self.assertEqual(ack["seq"], 1)
        told = await alice.expect("chat.join")
        self.assertEqual((told["user_id"], told["username"],
                          told["conversation_id"]), ("bob", "Bob", "c"))
        again = await bob.ack("chat.join", conversation_id="c")
        self.assertEqual(again["members"]["count"], 2)
        self.assertNotIn("chat.join", kinds(await alice.settle()))

    async def test_join_with_a_position_gives_what_was_missed(self):
        alice = await self.connect("alice")
        for n in range(1, 6):
            await alice.ack("chat.message", conversation_id="c",
                            content=str(n))
        bob = await self.connect("bob")
        epoch = (await bob.ack("chat.join", conversation_id="c"))["epoch"]
        ack = await bob.ack("chat.join", conversation_id="c",
                            since={"epoch": epoch, "offset": 2})
        self.assertTrue(ack["recovered"])
        self.assertEqual([e["seq"] for e in await bob.settle()
                          if e["event_type"] == "chat.message"], [3, 4, 5])
        ack = await bob.ack("chat.join", conversation_id="c",
                            since={"epoch": "0" * 15 + "1", "offset": 2})
        self.assertFalse(ack["recovered"])
        await alice.ack("chat.message", conversation_id="c", content="6")
        await bob.expect("chat.message", seq=6)

    async def test_members_are_listed_with_their_state(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        await alice.ack("chat.join", conversation_id="c")
        await bob.ack("chat.join", conversation_id="c")
        await alice.ack("chat.message", conversation_id="c", content="1")
        await bob.ack("chat.read", conversation_id="c", seq=1)
        await alice.ack("chat.invite", conversation_id="c", user_id="carol")
        answer = await alice.ack("chat.members", conversation_id="c")
        self.assertEqual(answer["count"], 3)
        rows = {m["user_id"]: m for m in answer["members"]}
        self.assertEqual((rows["alice"]["role"], rows["bob"]["role"]),
                         ("creator", "member"))
        self.assertEqual([rows[name]["online"] for name in sorted(rows)],
                         [True, True, False])
        self.assertEqual((rows["bob"]["read"], rows["bob"]["delivered"]),
                         (1, 1))

    async def test_leaving_ends_everything(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        tab = await self.connect("bob")
        await alice.ack("chat.join", conversation_id="c")
        await bob.ack("chat.join", conversation_id="c")
        await bob.ack("chat.leave", conversation_id="c")
        told = await alice.expect("chat.leave")
        self.assertEqual((told["user_id"], told["conversation_id"]),
                         ("bob", "c"))
        await tab.expect("chat.leave")
        await alice.ack("chat.message", conversation_id="c", content="x")
        for client in (bob, tab):
            self.assertNotIn("chat.message", kinds(await client.settle()))
        self.assertEqual((await bob.ack("chat.list"))["conversations"], [])
        await bob.error("not_member", "chat.leave", conversation_id="c")
        again = await self.connect("bob")
        self.assertEqual(await again.settle(), [])

    async def test_list_has_pages(self):
        alice = await self.connect("alice")
        names = [f"c{n}" for n in range(25)]
        for name in names:
            await alice.ack("chat.message", conversation_id=name, content="x")
        seen, fields = [], {"limit": 10}
        while True:
            answer = await alice.ack("chat.list", **fields)
            page = [row["conversation_id"] for row in answer["conversations"]]
            seen += page
            if not answer["has_more"]:
                break
            self.assertEqual(len(page), 10)
            fields["after"] = page[-1]
        self.assertEqual(sorted(seen), sorted(names))
        self.assertEqual(len(set(seen)), 25)

    async def test_mentions_reach_members_only(self):
        """Without a plugin for notifications a mention is part of the
        message and nothing else."""
        alice = await self.connect("alice")
        carol = await self.connect("carol")
        ack = await alice.ack("chat.message", conversation_id="c",
                              content="hi", mentions=["carol", "alice"])
        self.assertNotIn("warnings", ack)
        self.assertEqual(kinds(await alice.settle()), ["chat.message"])
        self.assertEqual(await carol.settle(), [])


class Closed(harness.ServerTest):
    options = {"sets": ["plugins.chat.open_conversations=false"]}

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.alice = await self.connect("alice")
        self.bob = await self.connect("bob")
        await self.alice.ack("chat.message", conversation_id="c",
                             content="mine")
        await self.alice.settle()

    async def test_conversation_refuses_strangers(self):
        for kind, fields in (("chat.message", {"content": "x"}),
                             ("chat.join", {}), ("chat.history", {}),
                             ("chat.members", {}), ("chat.read", {"seq": 1}),
                             ("chat.typing", {"is_typing": True}),
                             ("chat.invite", {"user_id": "bob"}),
                             ("chat.leave", {})):
            await self.bob.error("not_member", kind, conversation_id="c",
                                 **fields)
        self.assertEqual(await self.alice.settle(), [])
        self.assertEqual(await self.bob.settle(), [])

    async def test_conversation_lets_the_invited_in(self):
        ack = await self.alice.ack("chat.invite", conversation_id="c",
                                   user_id="bob")
        self.assertEqual(ack["invitee_id"], "bob")
        told = await self.bob.expect("chat.invite")
        self.assertEqual((told["user_id"], told["conversation_id"]),
                         ("alice", "c"))
        joined = await self.alice.expect("chat.join")
        self.assertEqual((joined["user_id"], joined["invited_by"]),
                         ("bob", "alice"))
        await self.bob.ack("chat.message", conversation_id="c", content="ta")
        await self.alice.expect("chat.message", content="ta")
        history = await self.bob.ack("chat.history", conversation_id="c")
        self.assertEqual([m["content"] for m in history["messages"]],
                         ["mine", "ta"])

    async def test_conversation_reaches_the_invited_who_are_away(self):
        await self.alice.ack("chat.invite", conversation_id="c",
                             user_id="carol")
        await self.alice.ack("chat.message", conversation_id="c",
                             content="for you")
        carol = await self.connect("carol")
        await carol.expect("chat.message", content="for you")

    async def test_conversation_closes_behind_who_leaves(self):
        await self.alice.ack("chat.invite", conversation_id="c",
                             user_id="bob")
        await self.bob.ack("chat.leave", conversation_id="c")
        await self.bob.error("not_member", "chat.join", conversation_id="c")

    async def test_direct_messages_need_no_invitation(self):
        await self.bob.ack("chat.message", recipient_id="alice", content="x")
        await self.alice.expect("chat.message", content="x")
        await self.alice.ack("chat.message", recipient_id="bob", content="y")
        await self.bob.expect("chat.message", content="y")

    async def test_conversation_of_ones_own_is_founded_by_using_it(self):
        await self.bob.ack("chat.message", conversation_id="d", content="x")
        await self.alice.error("not_member", "chat.join", conversation_id="d")


if __name__ == "__main__":
    harness.main()
