"""Notifications with a real server, real clients and real HTTP: delivery,
inbox, idempotency, many users, broadcasts, mentions, restarts."""

import asyncio
import datetime
import json
import unittest

import harness

PLUGINS = [*harness.default_plugins(), harness.NOTIFY]
SEND = "/api/notifications/send"
BROADCAST = "/api/notifications/broadcast"


class Notify(harness.ServerTest):
    options = {"plugins": PLUGINS,
               "sets": ["limits.messages_per_second=0",
                        "limits.connections_per_user=20"]}

    async def post(self, path, status=202, key=None, **body):
        """The parsed answer to a call; the clients are read meanwhile."""
        headers = {"Idempotency-Key": key} if key else {}
        got, fields, answer = await asyncio.to_thread(
            self.server.http, path, method="POST", body=body, headers=headers)
        self.assertEqual(got, status, answer)
        if status >= 400:
            kind = {k.lower(): v for k, v in fields.items()}["content-type"]
            self.assertEqual(kind, "application/problem+json")
        return answer

    async def notify(self, user, title="t", **more):
        answer = await self.post(
            SEND, user_id=user, title=title, message="m", **more)
        return answer["notification_id"]

    async def list(self, client, **more):
        return await client.ack("notification.list", **more)


class Delivery(Notify):
    async def test_takes_the_seed_s_bodies(self):
        client = await self.connect("user123")
        answer = await self.post(
            SEND, user_id="user123", title="New Message",
            message="You have a new message", notification_type="info",
            priority="normal")
        self.assertEqual((answer["live"], answer["queued"]), (1, 0))
        event = await client.expect("notification", title="New Message")
        self.assertEqual(event["notification_id"], answer["notification_id"])
        self.assertEqual(
            (event["message"], event["notification_type"], event["priority"],
             event["unread"]), ("You have a new message", "info", "normal", 1))
        await self.post(
            BROADCAST, title="System Alert", message="Maintenance in 10 minutes",
            notification_type="warning", priority="high")
        event = await client.expect("notification", title="System Alert")
        self.assertEqual(event["unread"], 2)

    async def test_waits_for_who_is_away_and_comes_first(self):
        for n in range(5):
            await self.notify("alice", f"missed {n}")
        client = await self.connect("alice")
        await self.notify("alice", "new")
        titles = [(await client.expect("notification"))["title"]
                  for _ in range(6)]
        self.assertEqual(titles, [*(f"missed {n}" for n in range(5)), "new"])

    async def test_is_not_repeated_once_it_was_received(self):
        client = await self.connect("alice")
        await self.notify("alice", "once")
        await client.expect("notification")
        # The answer to a request comes behind the Pong to the Ping that was
        # sent with the notification.
        await client.settle()
        await client.close()
        client = await self.connect("alice")
        await self.list(client)
        self.assertEqual(await client.settle(), [])
        self.assertEqual((await self.list(client))["unread"], 1)

    async def test_reads_and_clears_on_all_devices(self):
        one, two = [await self.connect("alice") for _ in range(2)]
        ids = [await self.notify("alice", f"{n}") for n in range(3)]
        for client in (one, two):
            for n in range(3):
                await client.expect("notification", unread=n + 1)
        ack = await one.ack("notification.read", notification_id=ids[1])
        self.assertEqual((ack["notification_ids"], ack["unread"]),
                         ([ids[1]], 2))
        told = await two.expect("notification.read")
        self.assertEqual((told["notification_ids"], told["unread"]),
                         ([ids[1]], 2))
        await two.ack("notification.clear", all=True)
        told = await one.expect("notification.clear")
        self.assertEqual(sorted(told["notification_ids"]), sorted(ids))
        self.assertEqual(told["unread"], 0)
        self.assertEqual((await self.list(one))["notifications"], [])

    async def test_expires(self):
        client = await self.connect("alice")
        now = client.welcome["timestamp"]
        await self.notify(
            "alice", "stays", expires_at="2999-01-01T00:30:00+01:00")
        event = await client.expect("notification")
        self.assertEqual(event["expires_at"], "2998-12-31T23:30:00.000Z")
        await self.post(SEND, 400, user_id="alice", title="t", message="m",
                        expires_at=now)
        soon = datetime.datetime.fromisoformat(now) + datetime.timedelta(
            seconds=3)
        goes = await self.notify(
            "alice", "goes", expires_at=soon.isoformat())
        await client.expect("notification", unread=2)
        told = await client.expect("notification.clear", reason="expired")
        self.assertEqual(
            (told["notification_ids"], told["unread"]), ([goes], 1))
        self.assertEqual((await self.list(client))["total"], 1)

    async def test_counts_stay_right_with_many_devices_at_once(self):
        clients = [await self.connect("alice") for _ in range(8)]

        async def use(client, index):
            for n in range(10):
                await self.notify("alice", f"{index}/{n}")
                page = await self.list(client, unread_only=True)
                if page["notifications"]:
                    await client.request(
                        "notification.read", notification_id=page[
                            "notifications"][0]["notification_id"])

        await asyncio.gather(
            *(use(client, index) for index, client in enumerate(clients)))
        await self.notify("alice", "last", priority="urgent")
        page = await self.list(clients[0], limit=100)
        unread = sum(not one["read"] for one in page["notifications"])
        self.assertEqual((page["total"], page["unread"]), (81, unread))
        # What every device was told last is right.
        for client in clients:
            counts = [event["unread"] for event in await client.settle()
                      if "unread" in event]
            self.assertEqual(counts[-1], unread)


class Resume(Notify):
    async def test_brings_what_came_meanwhile_and_nothing_twice(self):
        """Also what another device of the user has got; and the one that
        comes fresh gets nothing that has arrived."""
        other = await self.connect("alice")
        client = await self.connect("alice")
        await self.notify("alice", "before", priority="urgent")
        await client.expect("notification", title="before")
        await client.settle()
        # The Pong to the Ping behind the notification has been answered: the
        # server answers this second ping after it.
        await client.settle()
        token = client.welcome["session"]["resume_token"]
        client.socket.transport.abort()
        await other.expect("disconnect")
        for n in range(3):
            await self.notify("alice", f"meanwhile {n}")
        await other.expect("notification", title="meanwhile 2")
        await other.settle()
        back = await self.connect("alice", query={"resume": token})
        self.assertTrue(back.welcome["session"]["resumed"])
        await self.notify("alice", "after")
        got = [(await back.expect("notification"))["title"]
               for _ in range(4)]
        self.assertEqual(
            got, ["meanwhile 0", "meanwhile 1", "meanwhile 2", "after"])
        self.assertEqual((await self.list(back))["unread"], 5)
        await back.settle()
        fresh = await self.connect("alice")
        await self.list(fresh)
        self.assertNotIn("notification", [
            event["event_type"] for event in await fresh.settle()])


class Calls(Notify):
    async def test_serve_a_thousand_users(self):
        clients = [await self.connect(f"u{n}") for n in range(10)]
        users = [f"u{n}" for n in range(1000)]
        answer = await self.post(SEND, user_ids=users, title="t", message="m")
        self.assertEqual(
            (answer["recipients"], answer["live"], answer["queued"]),
            (1000, 10, 990))
        for client in clients:
            await client.expect("notification",
                                notification_id=answer["notification_id"])
        late = await self.connect("u999")
        await late.expect("notification")
        problem = await self.post(SEND, 400, user_ids=[*users, "more"],
                                  title="t", message="m")
        self.assertEqual(problem["code"], "invalid_field")
        self.assertIn("users_per_call", problem["detail"])

    async def test_are_done_once_with_an_idempotency_key(self):
        client = await self.connect("alice")
        body = {"user_id": "alice", "title": "t", "message": "m"}
        first = await self.post(SEND, key="k1", **body)
        again = await self.post(SEND, key="k1", **body)
        self.assertEqual(first, again)
        problem = await self.post(SEND, 409, key="k1", **{**body, "title": "u"})
        self.assertEqual(problem["code"], "conflict")
        await client.expect("notification")
        self.assertEqual((await self.list(client))["total"], 1)

    async def test_racing_with_one_key_have_one_effect(self):
        client = await self.connect("alice")
        body = {"user_id": "alice", "title": "t", "message": "m"}

        def call():
            return self.server.http(
                SEND, method="POST", body=body,
                headers={"Idempotency-Key": "race"})

        answers = await asyncio.gather(
            *(asyncio.to_thread(call) for _ in range(12)))
        codes = {answer[0] for answer in answers}
        self.assertLessEqual(codes, {202, 409})
        bodies = [json.dumps(a[2]) for a in answers if a[0] == 202]
        self.assertEqual(len(set(bodies)), 1)
        await client.expect("notification")
        self.assertEqual((await self.list(client))["total"], 1)

    async def test_reach_everybody_online_or_known(self):
        for n in range(20):
            client = await self.connect(f"gone{n}")
            await client.settle()
            await self.list(client)  # the inbox is known by then
            await client.close()
        here = await self.connect("here")
        await self.list(here)
        answer = await self.post(BROADCAST, title="on", message="m")
        self.assertEqual((answer["audience"], answer["recipients"],
                          answer["live"]), ("online", 1, 1))
        answer = await self.post(
            BROADCAST, title="all", message="m", audience="known")
        self.assertEqual(
            (answer["recipients"], answer["live"], answer["queued"],
             answer["complete"]), (21, 1, 20, True))
        await here.expect("notification", title="all")
        for n in range(20):
            client = await self.connect(f"gone{n}")
            await client.expect("notification", title="all")
            self.assertEqual((await self.list(client))["total"], 1)

    async def test_are_refused_as_a_whole_when_they_are_wrong(self):
        client = await self.connect("alice")
        good = {"user_id": "alice", "title": "t", "message": "m"}
        for change in ({"title": ""}, {"title": "a\nb"}, {"title": "x" * 257},
                       {"message": "\u0000"}, {"message": "x" * 4097},
                       {"priority": "highest"}, {"notification_type": "x"},
                       {"data": []}, {"data": {"x": "y" * 4097}},
                       {"user_id": ""}, {"user_id": "x" * 129},
                       {"user_id": "a\u0000"}, {"user_ids": ["alice"]},
                       {"expires_at": "yesterday"}):
            status, _, answer = await asyncio.to_thread(
                self.server.http, SEND, method="POST", body={**good, **change})
            self.assertIn(status, (400, 413), (change, answer))
        for raw, kind, wanted in (
                (b"{", "application/json", 400), (b"[]", "application/json", 400),
                (b"", "application/json", 400), (b"{}", "text/plain", 415),
                (b"\xff", "application/json", 400),
                (b'{"title":"a","title":"b"}', "application/json", 400),
                (b" " * 70000, "application/json", 413)):
            status, _, answer = await asyncio.to_thread(
                self.server.http, SEND, method="POST", body=raw,
                headers={"Content-Type": kind})
            self.assertEqual(status, wanted, (raw[:20], answer))
        self.assertEqual(await client.settle(), [])
        self.assertEqual((await self.list(client))["total"], 0)

    async def test_name_fields_nobody_knows(self):
        answer = await self.post(
            SEND, user_id="alice", title="t", message="m", colour="red")
        self.assertEqual(
            answer["warnings"], [{"code": "unknown_field", "field": "colour"}])


class Guarded(Notify):
    options = {"plugins": PLUGINS, "sets": ["auth.mode=token"]}

    async def test_need_a_token_as_all_of_rest_does(self):
        for path in (SEND, BROADCAST):
            problem = await self.post(path, 401, title="t", message="m")
            self.assertEqual(problem["code"], "unauthenticated")


class Clients(Notify):
    async def test_may_not_send_or_raise(self):
        client = await self.connect("mallory")
        victim = await self.connect("alice")
        await client.error("forbidden", "notification", recipient_id="alice",
                           title="t", message="m")
        await client.error("forbidden", "notification.raise", user_id="mallory",
                           title="t", message="m")
        await client.error("forbidden", "notification.raise", user_id="alice",
                           title="t", message="m")
        await client.error("unknown_event", "notification.other")
        self.assertEqual(await victim.settle(), [])

    async def test_are_notified_of_mentions_online_or_not(self):
        alice = await self.connect("alice")
        bob = await self.connect("bob")
        for client in (alice, bob):
            await client.ack("chat.join", conversation_id="c")
        await alice.ack("chat.invite", conversation_id="c", user_id="carol")
        said = await alice.ack(
            "chat.message", conversation_id="c", content="look\u0007 here",
            mentions=["bob", "carol", "alice", "stranger"])
        event = await bob.expect("notification")
        self.assertEqual(
            (event["title"], event["message"], event["user_id"],
             event["data"]),
            ("alice mentioned you", "look  here", "alice",
             {"conversation_id": "c", "message_id": said["message_id"]}))
        carol = await self.connect("carol")
        await carol.expect("notification", title="alice mentioned you")
        self.assertEqual((await self.list(alice))["total"], 0)


@unittest.skipUnless((harness.BUILD / "plugins/store.so").exists(),
                     "built without SQLite")
class Restart(Notify):
    options = {"plugins": [harness.STORE, harness.CHAT, harness.NOTIFY],
               "sets": ["limits.messages_per_second=0"]}

    async def test_keeps_everything_that_was_acknowledged(self):
        client = await self.connect("alice")
        self.assertTrue(client.welcome["durable"])
        ids = [await self.notify("alice", f"{n}") for n in range(10)]
        first = await self.post(
            SEND, key="k", user_id="bob", title="t", message="m")
        await client.ack("notification.read", notification_id=ids[3])
        await client.ack("notification.clear", notification_id=ids[4])
        self.server.kill()
        self.server.start()
        again = await self.post(
            SEND, key="k", user_id="bob", title="t", message="m")
        self.assertEqual(again, first)
        client = await self.connect("alice")
        page = await self.list(client)
        self.assertEqual((page["total"], page["unread"]), (9, 8))
        self.assertEqual(
            [one["notification_id"] for one in page["notifications"]],
            [one for one in reversed(ids) if one != ids[4]])
        self.assertTrue(page["notifications"][5]["read"])
        bob = await self.connect("bob")
        await bob.expect("notification")
        self.assertEqual((await self.list(bob))["total"], 1)

    async def test_finishes_a_broadcast_that_the_crash_interrupted(self):
        names = [f"u{n}" for n in range(600)]
        await self.post(SEND, user_ids=names, title="seed", message="m")
        call = asyncio.create_task(asyncio.to_thread(
            self.server.http, BROADCAST, method="POST",
            body={"title": "all", "message": "m", "audience": "known"},
            headers={"Idempotency-Key": "b"}))
        last = await self.connect("u0")
        await last.expect("notification", title="all")  # it is under way
        self.server.kill()
        await asyncio.gather(call, return_exceptions=True)
        self.server.start()
        # Whether or not the first call was answered, the second one says
        # when it is through, and nobody has it twice.
        answer = await self.post(
            BROADCAST, key="b", title="all", message="m", audience="known")
        self.assertEqual(answer["audience"], "known")
        for name in (names[0], names[299], names[599]):
            client = await self.connect(name)
            while True:
                page = await self.list(client, limit=100)
                if page["total"] == 2:
                    break
                await client.expect("notification", title="all")
            titles = [one["title"] for one in page["notifications"]]
            self.assertEqual(titles, ["all", "seed"])


if __name__ == "__main__":
    harness.main()
