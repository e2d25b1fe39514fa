"""chat.changes: what a client that was away asks for, and is then equal."""

import random

import harness
from harness import CHAT, STORE

FAST = ["limits.messages_per_second=0", "limits.bytes_per_second=0"]
PHONE = {"device_id": "phone"}


class Copy:
    """What a client keeps of a conversation, as docs/chat.md says it may."""

    def __init__(self, client, limit=100):
        self.client = client
        self.limit = limit
        self.messages = {}
        self.since = {"epoch": "0", "offset": 0}
        self.pages = 0

    def take(self, answer):
        for message in answer["messages"]:
            self.messages[message["message_id"]] = message
        for key in [key for key, message in self.messages.items()
                    if message["seq"] < answer["first_seq"]]:
            del self.messages[key]

    async def follow(self, since=None):
        """True when nothing had to be forgotten."""
        self.since = since or self.since
        more = True
        while more:
            answer = await self.client.ack(
                "chat.changes", conversation_id="c", since=self.since,
                limit=self.limit)
            if not answer["recovered"]:
                return False
            self.take(answer)
            self.since = {"epoch": answer["epoch"], "offset": answer["seq"]}
            more = answer["has_more"]
            self.pages += 1
        return True

    def in_order(self):
        return sorted(self.messages.values(), key=lambda m: m["seq"])


async def history(client):
    messages, before, more = [], {}, True
    while more:
        answer = await client.ack("chat.history", conversation_id="c",
                                  limit=100, **before)
        messages = answer["messages"] + messages
        more = answer["has_more"]
        before = {"before": messages[0]["seq"]} if messages else {}
    return messages


class ChangesTest(harness.ServerTest):
    options = {"plugins": (STORE, CHAT), "sets": FAST}

    async def say(self, client, text):
        return (await client.ack("chat.message", conversation_id="c",
                                 content=text))["message_id"]


class Away(ChangesTest):
    options = {"plugins": (STORE, CHAT),
               "sets": [*FAST, "offline.max_per_user=5"]}

    async def test_a_gap_hides_no_change_of_older_messages(self):
        alice = await self.connect("alice")
        phone = await self.connect("bob", query=PHONE)
        for client in (alice, phone):
            await client.ack("chat.join", conversation_id="c")
        ids = [await self.say(alice, f"old {n}") for n in range(3)]
        copy = Copy(phone)
        await copy.follow()
        await phone.settle()
        await phone.ack("chat.delivered", conversation_id="c", seq=3)
        await phone.close()
        await alice.ack("chat.edit", message_id=ids[0], content="edited")
        await alice.ack("chat.delete", message_id=ids[1])
        for n in range(20):
            await self.say(alice, f"new {n}")

        phone = await self.connect("bob", query=PHONE)
        gap = await phone.expect("system.gap")
        self.assertEqual((gap["reason"], gap["from"]), ("limit", 4))
        copy.client = phone
        self.assertTrue(await copy.follow(
            {"epoch": gap["epoch"], "offset": gap["from"] - 1}))

        messages = copy.in_order()
        self.assertEqual(messages, await history(alice))
        self.assertEqual(messages[0]["content"], "edited")
        self.assertTrue(messages[1]["deleted"])
        self.assertEqual(len(messages), 23)


class Restart(ChangesTest):
    async def change(self, client, ids, random_source):
        what = random_source.choice("sseeed")
        if what == "s" or len(ids) < 5:
            ids.append(await self.say(client, str(random_source.random())))
            return
        message = random_source.choice(ids)
        if what == "e":
            await client.ack("chat.edit", message_id=message,
                             content=str(random_source.random()))
        else:
            ids.remove(message)
            await client.ack("chat.delete", message_id=message)

    async def test_positions_are_good_after_any_end_of_the_server(self):
        random_source = random.Random(3)
        ids = []
        copy = Copy(None, limit=7)
        for end in (self.server.stop, self.server.kill, None):
            alice = await self.connect("alice")
            bob = await self.connect("bob")
            copy.client = bob
            for n in range(60):
                await self.change(alice, ids, random_source)
                if n % 20 == 10:
                    self.assertTrue(await copy.follow())
            if end:
                end()
                self.server.start()
        self.assertTrue(await copy.follow())
        self.assertEqual(copy.in_order(), await history(alice))
        self.assertGreater(copy.pages, 10)


class Bounds(ChangesTest):
    options = {"sets": FAST,
               "config": 'plugins = ( { name = "chat"; history = 10; } );'}

    async def test_of_the_log_are_told(self):
        alice = await self.connect("alice")
        await self.say(alice, "first")
        copy = Copy(alice)
        self.assertTrue(await copy.follow())
        for n in range(25):
            await self.say(alice, str(n))
        self.assertFalse(await copy.follow())
        answer = await alice.ack("chat.changes", conversation_id="c",
                                 since={**copy.since, "offset": 16})
        self.assertEqual((answer["recovered"], answer["first_seq"],
                          answer["seq"], len(answer["messages"])),
                         (True, 17, 26, 10))
        other = await alice.ack("chat.changes", conversation_id="c",
                                since={"epoch": "1", "offset": 20})
        self.assertEqual((other["recovered"], other["messages"]), (False, []))


class Bad(ChangesTest):
    options = {"plugins": (CHAT,), "sets": FAST}

    async def test_positions_and_limits_are_refused(self):
        alice = await self.connect("alice")
        await self.say(alice, "x")
        good = {"epoch": "1", "offset": 0}
        for since in (3, "x", [], {}, {"epoch": "1"}, {"offset": 1},
                      {**good, "offset": -1}, {**good, "offset": 0.5},
                      {**good, "offset": "0"}, {**good, "epoch": 1},
                      {**good, "epoch": "g"}, {**good, "epoch": "1" * 17}):
            await alice.error("invalid_field", "chat.changes",
                              conversation_id="c", since=since)
        for limit in (0, 101, -1, "1", 1.5):
            await alice.error("invalid_field", "chat.changes",
                              conversation_id="c", since=good, limit=limit)
        await alice.error("missing_field", "chat.changes",
                          conversation_id="c")
        await alice.error("missing_field", "chat.changes", since=good)
        await alice.error("not_found", "chat.changes", since=good,
                          conversation_id="nobody was here")
        await alice.error("forbidden", "chat.changes", since=good,
                          conversation_id="dm:bob:eve")
        self.assertTrue(await Copy(alice).follow())


class Size(ChangesTest):
    options = {"plugins": (CHAT,), "sets": FAST}

    async def test_of_an_answer_is_bounded(self):
        alice = await self.connect("alice")
        for _ in range(40):
            await self.say(alice, "x" * 16000)
        copy = Copy(alice)
        self.assertTrue(await copy.follow())
        self.assertEqual(len(copy.messages), 40)
        self.assertGreater(copy.pages, 2)


if __name__ == "__main__":
    harness.main()
