"""Chat history: pages, edits, tombstones, and who may change what."""

import harness

FAST = ["limits.messages_per_second=0"]


class Edit(harness.ServerTest):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.alice = await self.connect("alice")
        self.bob = await self.connect("bob")
        for client in (self.alice, self.bob):
            await client.ack("chat.join", conversation_id="c")
        self.id = (await self.alice.ack(
            "chat.message", conversation_id="c",
            content="first"))["message_id"]
        await self.bob.settle()

    async def message(self):
        history = await self.bob.ack("chat.history", conversation_id="c")
        message, = history["messages"]
        return message

    async def test_by_the_author_is_told_and_kept(self):
        ack = await self.alice.ack("chat.edit", message_id=self.id,
                                   content="second")
        self.assertEqual((ack["version"], ack["message_seq"], ack["seq"]),
                         (2, 1, 2))
        told, = await self.bob.settle()
        self.assertEqual(
            (told["event_type"], told["message_id"], told["content"],
             told["version"], told["message_seq"], told["seq"]),
            ("chat.edit", self.id, "second", 2, 1, 2))
        message = await self.message()
        self.assertEqual((message["content"], message["version"],
                          message["seq"], message["edited_at"]),
                         ("second", 2, 1, told["edited_at"]))

    async def test_by_another_is_forbidden(self):
        for kind, fields in (("chat.edit", {"content": "mine"}),
                             ("chat.delete", {})):
            await self.bob.error("forbidden", kind, message_id=self.id,
                                 **fields)
            outsider = await self.connect("outsider")
            await outsider.error("not_member", kind, message_id=self.id,
                                 **fields)
        self.assertNotIn("chat.edit", [
            e["event_type"] for e in await self.alice.settle()])
        self.assertEqual((await self.message())["content"], "first")

    async def test_again_and_again_counts_versions(self):
        for version in range(2, 12):
            ack = await self.alice.ack("chat.edit", message_id=self.id,
                                       content=str(version))
            self.assertEqual(ack["version"], version)
        message = await self.message()
        self.assertEqual((message["content"], message["version"]),
                         ("11", 11))

    async def test_of_nothing_is_not_found(self):
        for bad in ("nonsense", "m" + "0" * 32, self.id[:-1] + "x"):
            await self.alice.error("not_found", "chat.edit", message_id=bad,
                                   content="x")
            await self.alice.error("not_found", "chat.delete",
                                   message_id=bad)

    async def test_cannot_exceed_the_limits_of_a_message(self):
        await self.alice.error("too_large", "chat.edit", message_id=self.id,
                               content="x" * 16385)
        self.assertEqual((await self.message())["version"], 1)

    async def test_to_nothing_is_a_delete_with_a_tombstone(self):
        await self.alice.ack("chat.delete", message_id=self.id)
        told, = await self.bob.settle()
        self.assertEqual(
            (told["event_type"], told["message_id"], told["message_seq"]),
            ("chat.delete", self.id, 1))
        self.assertNotIn("content", told)
        message = await self.message()
        self.assertTrue(message["deleted"])
        self.assertEqual((message["seq"], message["user_id"]), (1, "alice"))
        self.assertNotIn("content", message)
        await self.alice.error("gone", "chat.edit", message_id=self.id,
                               content="x")
        await self.alice.error("gone", "chat.delete", message_id=self.id)


class Pages(harness.ServerTest):
    options = {"sets": FAST}

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.alice = await self.connect("alice")
        for n in range(1, 121):
            await self.alice.ack("chat.message", conversation_id="c",
                                 content=str(n))

    async def page(self, **fields):
        answer = await self.alice.ack("chat.history", conversation_id="c",
                                      **fields)
        return [m["seq"] for m in answer["messages"]], answer["has_more"]

    async def test_begin_with_the_newest(self):
        self.assertEqual(await self.page(), (list(range(71, 121)), True))
        self.assertEqual(await self.page(limit=3), ([118, 119, 120], True))

    async def test_go_backwards_to_the_first(self):
        seen, before, more = [], 121, True
        while more:
            page, more = await self.page(before=before, limit=50)
            self.assertLessEqual(len(page), 50)
            seen, before = page + seen, page[0]
        self.assertEqual(seen, list(range(1, 121)))

    async def test_go_forwards_to_the_last(self):
        seen, after, more = [], 0, True
        while more:
            page, more = await self.page(after=after, limit=50)
            seen, after = seen + page, page[-1]
        self.assertEqual(seen, list(range(1, 121)))

    async def test_end_at_both_bounds(self):
        self.assertEqual(await self.page(after=10, before=13),
                         ([11, 12], False))
        self.assertEqual(await self.page(after=120), ([], False))
        self.assertEqual(await self.page(before=1), ([], False))
        self.assertEqual(await self.page(after=50, before=20), ([], False))

    async def test_refuse_numbers_out_of_range(self):
        for fields in ({"limit": 0}, {"limit": 101}, {"before": 0},
                       {"after": -1}, {"after": "1"}, {"before": 1.5}):
            await self.alice.error("invalid_field", "chat.history",
                                   conversation_id="c", **fields)

    async def test_count_edits_but_do_not_list_them(self):
        history = await self.alice.ack("chat.history", conversation_id="c",
                                       before=2)
        first = history["messages"][0]["message_id"]
        await self.alice.ack("chat.edit", message_id=first, content="new")
        self.assertEqual(await self.page(after=119), ([120], False))
        page = await self.alice.ack("chat.history", conversation_id="c",
                                    before=2)
        self.assertEqual(page["messages"][0]["content"], "new")
        self.assertEqual((page["first_seq"], page["last_seq"]), (1, 121))


class Bounds(harness.ServerTest):
    options = {"sets": FAST,
               "config": 'plugins = ( { name = "chat"; history = 10; } );'}

    async def test_of_the_log_drop_the_oldest(self):
        alice = await self.connect("alice")
        first = None
        for _ in range(25):
            ack = await alice.ack("chat.message", conversation_id="c",
                                  content="x")
            first = first or ack["message_id"]
        history = await alice.ack("chat.history", conversation_id="c")
        self.assertEqual([m["seq"] for m in history["messages"]],
                         list(range(16, 26)))
        self.assertEqual((history["first_seq"], history["last_seq"]),
                         (16, 25))
        await alice.error("not_found", "chat.edit", message_id=first,
                          content="x")


class Size(harness.ServerTest):
    options = {"sets": FAST}

    async def test_of_an_answer_is_bounded(self):
        alice = await self.connect("alice")
        for _ in range(40):
            await alice.ack("chat.message", conversation_id="c",
                            content="x" * 16000)
        seen, before, more = [], 41, True
        while more:
            answer = await alice.ack("chat.history", conversation_id="c",
                                     before=before, limit=100)
            page = [m["seq"] for m in answer["messages"]]
            self.assertLess(len(str(answer)), 300_000)
            seen, before, more = page + seen, page[0], answer["has_more"]
        self.assertEqual(seen, list(range(1, 41)))


if __name__ == "__main__":
    harness.main()
