"""Every request that docs/api describes is made of the running server, and
everything that it sends meanwhile is as described there."""

import asyncio
import signal
import unittest

import harness
import spec

PLUGINS = (*harness.default_plugins(), harness.PRESENCE, harness.NOTIFY)

# Requests in an order in which each can succeed: who, which message, and
# what its example must be told of the run. A later line sees what an earlier
# one has got.
STEPS = [
    ("alice", "ping", {}),
    ("alice", "roomJoin", {}),
    ("bob", "roomJoin", {}),
    ("alice", "roomBroadcast", {}),
    ("alice", "systemResume", {}),
    ("bob", "roomLeave", {}),
    ("bob", "chatJoin", {"since": {"epoch": "1", "offset": 0}}),
    ("alice", "chatMessage", {}),
    ("alice", "chatTyping", {}),
    ("bob", "chatDelivered", {}),
    ("bob", "chatRead", {}),
    ("bob", "chatHistory", {}),
    ("bob", "chatChanges", {}),
    ("bob", "chatMembers", {}),
    ("bob", "chatList", {}),
    ("bob", "systemAck", {}),
    ("alice", "chatEdit", {"message_id": "chatMessage"}),
    ("alice", "chatDelete", {"message_id": "chatMessage"}),
    ("bob", "presenceSubscribe", {}),
    ("alice", "presenceUpdate", {}),
    ("bob", "presenceGet", {}),
    ("bob", "presenceUnsubscribe", {}),
    ("bob", "chatInvite", {}),
    ("bob", "chatLeave", {}),
    ("bob", "notifySend", {}),
    ("alice", "notifyList", {}),
    ("alice", "notifyRead", {"notification_id": "notifySend"}),
    ("alice", "notifyClear", {}),
    ("bob", "disconnect", {}),
]

# What no run of a few seconds shows.
RARE = {"roomMembers", "notice", "presenceCounts", "features"}


class Described(harness.ServerTest):
    options = {"plugins": PLUGINS,
               "sets": ["limits.messages_per_second=0",
                        "plugins.notify.client_send=true"]}

    def setUp(self):
        super().setUp()
        self.events = spec.Events()
        self.clients = {}
        self.made = set()     # keys of the requests made
        self.got = set()      # keys of what came
        self.results = {}     # key of a request: its last ack

    async def asyncSetUp(self):
        await super().asyncSetUp()
        for name, user in (("alice", "alice"), ("second", "alice"),
                           ("bob", "bob")):
            self.clients[name] = await self.connect(user)
            self.see(self.clients[name].welcome)

    def see(self, event, candidates=None):
        self.got |= self.events.match(
            event, candidates or self.events.from_server())

    async def see_all(self):
        for client in self.clients.values():
            for event in await client.settle():
                self.see(event)

    def told(self, payload, changes):
        """The example with what only this run can know."""
        payload = dict(payload)
        for field, value in changes.items():
            if field in payload:
                payload[field] = (self.results[value][field]
                                  if isinstance(value, str) else value)
        return payload

    async def make(self, who, key, changes):
        message = self.events.messages[key]
        replies = [self.events.messages[reply]
                   for reply in self.events.replies[key]]
        for name, payload in message.examples:
            payload = self.told(payload, changes)
            self.assertIsNone(message.flaw(payload), key)
            with self.subTest(request=key, example=name):
                answer = await self.clients[who].request(**payload)
                self.assertNotEqual(answer["event_type"], "error", answer)
                self.assertNotIn("warnings", answer)
                self.see(answer, replies)
                self.results.setdefault(key, answer)
        self.made.add(key)

    async def make_without_ref(self):
        """A request with a result is answered by an event of its type."""
        await self.see_all()
        for key in ("roomJoin", "roomLeave", "chatHistory", "chatChanges",
                    "chatMembers", "chatList", "chatJoin",
                    "presenceSubscribe", "presenceGet", "notifyList",
                    "notifyRead", "notifyClear"):
            payload = dict(self.events.messages[key].examples[0][1])
            if key != "chatChanges":
                payload.pop("since", None)
            await self.clients["second"].send(**payload)
            self.see(await self.clients["second"].expect(
                payload["event_type"]))

    async def test_requests_are_accepted_and_events_are_as_described(self):
        for who, key, changes in STEPS:
            if key == "disconnect":
                await self.make_without_ref()
                await self.see_all()
            if key == "chatDelete":
                await self.come_and_go()
            await self.make(who, key, changes)
        del self.clients["bob"]
        await self.see_all()
        await self.first_event()
        self.see(await self.clients["alice"].request("chat.unheard_of"))
        self.assertEqual(set(self.events.replies) - self.made, set())
        described = {message.key for message in self.events.from_server()}
        self.assertEqual(described - self.got - RARE, set())

    async def come_and_go(self):
        """Another device, and a user who was invited while away."""
        await self.clients["alice"].ack(
            "chat.invite", conversation_id="conv_123", user_id="dora")
        self.clients["dora"] = await self.connect("dora")
        await self.clients["alice"].ack(
            "chat.invite", conversation_id="conv_7", user_id="dora")
        device = await self.connect("bob")
        await device.settle()
        await device.close()
        await self.clients["bob"].expect("disconnect")
        self.got.add("disconnected")
        lost = await self.connect("bob")
        lost.socket.transport.abort()
        self.clients["back"] = await self.connect("bob", query={
            "resume": lost.welcome["session"]["resume_token"]})
        self.see(self.clients["back"].welcome)
        self.see(await self.clients["back"].next())

    async def first_event(self):
        """Who says who he is only then."""
        client = await self.open(self.server.url())
        payload = self.events.messages["connect"].examples[0][1]
        await client.send(**payload)
        self.see(await client.next())
        self.made.add("connect")


class Notices(harness.ServerTest):
    async def test_are_as_described_when_the_server_stops(self):
        events = spec.Events()
        client = await self.connect("alice")
        stopping = asyncio.get_running_loop().run_in_executor(
            None, self.server.stop)
        event = await client.expect("system.message")
        self.assertEqual(events.match(event, events.from_server()), {"notice"})
        await stopping

    async def test_of_a_reload_are_as_described(self):
        events = spec.Events()
        client = await self.connect("alice")
        self.server.config.write_text(
            harness.settings_text([harness.CHAT, harness.PRESENCE]))
        self.server.process.send_signal(signal.SIGHUP)
        event = await client.expect("system.features")
        self.assertEqual(
            events.match(event, events.from_server()), {"features"})

    async def test_of_a_crowd_are_as_described(self):
        events = spec.Events()
        self.server.stop()
        self.server.sets.append("rooms.announce_limit=1")
        self.server.start()
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        await alice.ack("room.join", room_id="crowd")
        await bob.ack("room.join", room_id="crowd")
        event = await alice.expect("room.members")
        self.assertEqual(
            events.match(event, events.from_server()), {"roomMembers"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
