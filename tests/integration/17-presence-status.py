"""Presence with a real server: devices, grace, choices, restart, REST."""

import asyncio
import json
import signal

import websockets

import harness

PLUGINS = (harness.CHAT, harness.PRESENCE)
QUICK = ["plugins.presence.grace=2", "plugins.presence.auto_away=1"]


def statuses(events, user="alice"):
    """What a client was told of a user, in order."""
    return [event["event_type"] for event in events
            if event["event_type"].startswith("presence.")
            and event.get("user_id") == user]


class Presence(harness.ServerTest):
    options = {"plugins": PLUGINS}

    async def watch(self, client, *users):
        return await client.ack("presence.subscribe", user_ids=list(users))

    def rest(self, user, **options):
        return self.server.http(f"/api/presence/{user}", **options)


class Devices(Presence):
    async def test_are_one_user(self):
        bob = await self.connect("bob")
        answer = await self.watch(bob, "alice", "nobody")
        self.assertEqual([user["status"] for user in answer["users"]],
                         ["offline", "offline"])
        phone = await self.connect("alice")
        laptop = await self.connect("alice")
        event = await bob.expect("presence.online")
        self.assertEqual((event["user_id"], event["status"]),
                         ("alice", "online"))
        await phone.ack("presence.update", status="busy",
                        status_message="deep work", location="Berlin")
        event = await bob.expect("presence.busy")
        self.assertEqual((event["status_message"], event["location"]),
                         ("deep work", "Berlin"))
        synced = await laptop.expect("presence.update")
        self.assertEqual(synced["status"], "busy")
        self.assertEqual(statuses(await phone.settle()), [])
        await phone.close()
        await laptop.ack("presence.update", status="online")
        await bob.expect("presence.online")
        self.assertEqual(statuses(await bob.settle()), [])

    async def test_that_share_rooms_are_told_once(self):
        clients = [await self.connect(name) for name in ("alice", "bob")]
        for client in clients:
            for room in ("r1", "r2"):
                await client.ack("room.join", room_id=room)
            await client.ack("chat.join", conversation_id="c")
        alice, bob = clients
        await alice.settle()
        await bob.settle()
        await alice.ack("presence.update", status="away")
        self.assertEqual(statuses(await bob.settle()), ["presence.away"])

    async def test_of_the_seed_work_as_they_are(self):
        bob = await self.connect("bob")
        await self.watch(bob, "user123")
        seed = await self.connect("user123")
        await seed.send("presence.update", status="away",
                        status_message="In a meeting",
                        location="Meeting Room")
        event = await bob.expect("presence.away")
        self.assertEqual((event["user_id"], event["status_message"],
                          event["location"]),
                         ("user123", "In a meeting", "Meeting Room"))
        self.assertEqual(await seed.settle(), [])
        status, _, body = self.rest("user123")
        self.assertEqual(status, 200)
        self.assertEqual(
            {key: body[key] for key in
             ("user_id", "status", "status_message", "location")},
            {"user_id": "user123", "status": "away",
             "status_message": "In a meeting", "location": "Meeting Room"})
        self.assertRegex(body["last_seen"], r"^20\d\d-.*\.\d{3}Z$")

    async def test_that_are_invisible_are_nowhere(self):
        bob = await self.connect("bob")
        alice = await self.connect("alice")
        for client in (bob, alice):
            await client.ack("room.join", room_id="r")
            await client.ack("chat.join", conversation_id="c")
        await bob.settle()
        await alice.ack("presence.update", status="invisible")
        events = await bob.settle()
        self.assertEqual([event["event_type"] for event in events],
                         ["room.leave", "presence.offline"])
        self.assertEqual(self.rest("alice")[2]["status"], "offline")
        online = self.server.http("/api/ws/online")[2]
        self.assertEqual([user["user_id"] for user in online["users"]],
                         ["bob"])
        room = self.server.http("/api/ws/rooms/r")[2]
        self.assertEqual([user["user_id"] for user in room["members"]],
                         ["bob"])
        carol = await self.connect("carol")
        joined = await carol.ack("room.join", room_id="r")
        self.assertEqual(joined["members"],
                         {"count": 2, "users": ["bob", "carol"]})
        members = await bob.ack("chat.members", conversation_id="c")
        self.assertEqual({row["user_id"]: row["online"]
                          for row in members["members"]},
                         {"alice": False, "bob": True})
        await bob.settle()
        await alice.ack("presence.update", status="online")
        events = await bob.settle()
        self.assertEqual([event["event_type"] for event in events],
                         ["room.join", "presence.online"])


class Quick(Presence):
    """With a grace of two seconds and away after one."""

    options = {"plugins": PLUGINS, "sets": QUICK}

    async def test_page_may_be_reloaded(self):
        bob = await self.connect("bob")
        await self.watch(bob, "alice", "carol")
        alice = await self.connect("alice")
        carol = await self.connect("carol")
        await bob.expect("presence.online", user_id="alice")
        await carol.close()
        await alice.close()
        # carol's grace is as long, and began before alice came back.
        alice = await self.connect("alice")
        await bob.expect("presence.offline", user_id="carol")
        self.assertNotIn("presence.offline", statuses(await bob.settle()))
        await alice.close()
        await bob.expect("presence.offline", user_id="alice")

    async def test_broken_connection_ends_as_well(self):
        bob = await self.connect("bob")
        await self.watch(bob, "alice")
        alice = await self.connect("alice")
        await bob.expect("presence.online")
        alice.socket.transport.abort()
        event = await bob.expect("presence.offline")
        self.assertIn("last_seen", event)

    async def test_idle_user_is_away_until_something_is_sent(self):
        bob = await self.connect("bob")
        await self.watch(bob, "alice")
        alice = await self.connect("alice")
        await bob.expect("presence.online")
        await bob.expect("presence.away")
        await alice.settle()  # a ping is no activity
        self.assertEqual(statuses(await bob.settle()), [])
        await alice.ack("room.join", room_id="r")
        await bob.expect("presence.online")
        await bob.expect("presence.away")


class Restart(Presence):
    async def test_keeps_nothing_without_storage(self):
        """The engine in memory says so: "durable" is false."""
        alice = await self.connect("alice")
        self.assertFalse(alice.welcome["durable"])
        await alice.ack("presence.update", status="busy")
        self.server.stop()
        self.server.start()
        self.assertIsNone(self.rest("alice")[2]["last_seen"])

    async def test_reload_signal_does_no_harm(self):
        bob = await self.connect("bob")
        await self.watch(bob, "alice")
        self.server.process.send_signal(signal.SIGHUP)
        await self.connect("alice")
        await bob.expect("presence.online")


class Stored(Presence):
    """With storage that survives."""

    options = {"plugins": (harness.STORE, *PLUGINS),
               "sets": ["plugins.presence.grace=1"]}

    async def test_choice_and_last_seen_survive_a_restart(self):
        bob = await self.connect("bob")
        await self.watch(bob, "alice")
        alice = await self.connect("alice")
        await alice.ack("presence.update", status="busy",
                        status_message="deep work")
        await self.connect("carol")
        await alice.close()
        gone = await bob.expect("presence.offline")
        self.server.stop()
        self.server.start()
        body = self.rest("alice")[2]
        self.assertEqual((body["status"], body["last_seen"]),
                         ("offline", gone["last_seen"]))
        # carol was there to the end.
        self.assertGreater(self.rest("carol")[2]["last_seen"],
                           gone["last_seen"])
        bob = await self.connect("bob")
        await self.watch(bob, "alice")
        await self.connect("alice")
        await bob.expect("presence.busy", status_message="deep work")

    async def test_what_was_acknowledged_survives_a_crash(self):
        for status in ("away", "busy", "invisible"):
            alice = await self.connect("alice")
            await alice.ack("presence.update", status=status)
            self.server.kill()
            self.server.start()
            alice = await self.connect("alice")
            own = await alice.ack("presence.get", user_id="alice")
            self.assertEqual(own["users"][0]["status"], status)

    async def test_invisible_user_is_never_seen_coming(self):
        alice = await self.connect("alice")
        await alice.ack("presence.update", status="invisible")
        await alice.close()
        bob = await self.connect("bob")
        await self.watch(bob, "alice")
        await bob.ack("room.join", room_id="r")
        for _ in range(5):
            alice = await self.connect("alice")
            await alice.ack("room.join", room_id="r")
            await alice.close()
        self.assertEqual(await bob.settle(), [])
        self.assertEqual(self.rest("alice")[2]["status"], "offline")


class Resumed(Presence):
    """Sessions whose connection breaks and whose client comes back."""

    async def come_back(self, client, user):
        client.socket.transport.abort()
        token = client.welcome["session"]["resume_token"]
        back = await self.connect(user, query={"resume": token})
        self.assertTrue(back.welcome["session"]["resumed"])
        return back

    async def test_have_their_subscriptions_and_what_they_missed(self):
        bob = await self.connect("bob")
        alice = await self.connect("alice")
        await self.watch(bob, "alice", "carol")
        bob.socket.transport.abort()
        await alice.ack("presence.update", status="busy")
        bob = await self.come_back(bob, "bob")
        told = await bob.expect("presence.subscribe")
        self.assertEqual({user["user_id"]: user["status"]
                          for user in told["users"]},
                         {"alice": "busy", "carol": "offline"})
        await alice.ack("presence.update", status="away")
        await bob.expect("presence.away", user_id="alice")

    async def test_are_silent_to_others(self):
        bob = await self.connect("bob")
        alice = await self.connect("alice")
        await self.watch(bob, "alice")
        for client in (bob, alice):
            await client.ack("room.join", room_id="r")
        await bob.settle()
        alice = await self.come_back(alice, "alice")
        await alice.ack("room.broadcast", room_id="r", text="here")
        await bob.expect("room.broadcast", text="here")
        self.assertEqual(statuses(await bob.settle()), [])

    async def test_of_the_invisible_are_never_seen(self):
        bob = await self.connect("bob")
        alice = await self.connect("alice")
        await alice.ack("presence.update", status="invisible")
        for client in (bob, alice):
            await client.ack("room.join", room_id="r")
        await self.watch(bob, "alice")
        await bob.settle()
        for _ in range(3):
            alice = await self.come_back(alice, "alice")
            await alice.ack("presence.get", user_id="bob")
        self.assertEqual(await bob.settle(), [])


class Requests(Presence):
    options = {"plugins": PLUGINS,
               "sets": ["limits.message_bytes=1048576"]}

    async def test_too_long_are_refused_whole(self):
        bob = await self.connect("bob")
        error = await bob.error(
            "limit_exceeded", "presence.subscribe",
            user_ids=["alice"] + [f"user{n}" for n in range(9999)])
        self.assertEqual(error["details"]["limit"],
                         "plugins.presence.subscriptions")
        self.assertIn("10000", error["message"])
        await self.connect("alice")
        self.assertEqual(statuses(await bob.settle()), [])

    async def test_of_the_largest_size_are_answered(self):
        bob = await self.connect("bob")
        users = [f"{n:0128}" for n in range(1000)]
        answer = await self.watch(bob, *users)
        self.assertEqual([user["user_id"] for user in answer["users"]], users)
        self.assertEqual(answer["count"], 1000)
        await bob.error("limit_exceeded", "presence.subscribe",
                        user_ids=["one more"])

    async def test_that_are_wrong_do_nothing(self):
        bob = await self.connect("bob")
        await self.connect("alice")
        for user_ids in ([], "alice", ["alice", ""], ["alice", 7], ["bob"],
                         ["alice", "alice"], ["alice", "a\nb"],
                         ["alice", "x" * 129], {"a": 1}):
            await bob.error("invalid_field", "presence.subscribe",
                            user_ids=user_ids)
        await bob.error("missing_field", "presence.subscribe")
        for fields in ({"status": "offline"}, {"status": 1}, {"status": ""},
                       {"status": "away", "status_message": "x" * 257},
                       {"status": "away", "location": "a\u001fb"},
                       {"status": "away", "location": ["x"]}):
            await bob.error("invalid_field", "presence.update", **fields)
        await bob.error("identity_mismatch", "presence.update", status="busy",
                        user_id="alice")
        await bob.error("unknown_event", "presence.online")
        self.assertEqual(await bob.settle(), [])
        self.assertEqual(self.rest("bob")[2]["status"], "online")

    async def test_over_rest_are_checked(self):
        status, headers, body = self.rest("x" * 129)
        self.assertEqual((status, body["code"]), (400, "invalid_field"))
        self.assertEqual(headers["content-type"], "application/problem+json")
        self.assertEqual(self.rest("a%0Ab")[0], 400)
        status, _, body = self.rest("never%20seen")
        self.assertEqual(
            (status, body),
            (200, {"user_id": "never seen", "status": "offline",
                   "status_message": None, "location": None,
                   "last_seen": None}))
        self.assertEqual(self.rest("x", method="HEAD")[0], 200)
        self.assertEqual(self.rest("x", method="DELETE")[0], 405)


class Crowd(Presence):
    options = {"plugins": PLUGINS,
               "sets": ["plugins.presence.room_limit=20",
                        "plugins.presence.counts_interval=1",
                        "plugins.presence.grace=1"]}

    async def test_in_a_room_is_told_numbers(self):
        first = await self.connect("first")
        await first.ack("room.join", room_id="hall")
        others = await asyncio.gather(
            *(self.connect(f"user{n}") for n in range(30)))
        for client in others:
            await client.ack("room.join", room_id="hall")
        await first.expect("presence.counts", room="room:hall", online=31)
        await others[0].ack("presence.update", status="busy")
        await first.expect("presence.counts", online=30, busy=1)
        self.assertEqual(statuses(await first.settle(), "user0"), [])

    async def test_that_leaves_at_once_is_told_to_its_watchers_only(self):
        watcher = await self.connect("watcher")
        stranger = await self.connect("stranger")
        users = [f"user{n}" for n in range(200)]
        await self.watch(watcher, *users[:10])
        await stranger.settle()
        crowd = await asyncio.gather(
            *(websockets.connect(self.server.url(user)) for user in users))
        for event_type in ("presence.online", "presence.offline"):
            told = [(await watcher.expect(event_type))["user_id"]
                    for _ in range(10)]
            self.assertEqual(sorted(told), sorted(users[:10]))
            await asyncio.gather(*(socket.close() for socket in crowd))
        self.assertEqual(await watcher.settle(), [])
        self.assertEqual(await stranger.settle(), [])


class Values(Presence):
    async def test_that_need_escaping_come_back_as_they_were(self):
        name = 'a "quoted" \\ name / with ümlaut'
        bob = await self.connect("bob")
        await self.watch(bob, name)
        socket = await websockets.connect(
            self.server.url() + "?user_id="
            + "".join(f"%{byte:02x}" for byte in name.encode()))
        self.addAsyncCleanup(socket.close)
        await bob.expect("presence.online", user_id=name)
        message = 'he said "\u00e9\\" 😀'
        await socket.send(json.dumps({"event_type": "presence.update",
                                      "status": "busy",
                                      "status_message": message}))
        await bob.expect("presence.busy", user_id=name,
                         status_message=message)


if __name__ == "__main__":
    harness.main()
