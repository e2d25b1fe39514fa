"""Input that is wrong: named precisely, answered once, and survived."""

import collections
import json

import harness
from rawclient import BINARY, TEXT, RawClient


def event(**fields):
    return json.dumps({"event_type": "ping", **fields})


class Malformed(harness.ServerTest):
    async def check(self, code, *texts):
        client = await self.connect("alice")
        for text in texts:
            await client.send_text(text)
            answers = await client.settle()
            self.assertEqual([(a["event_type"], a["code"]) for a in answers],
                             [("error", code)], text[:80])
            self.assertTrue(answers[0]["message"])

    async def test_json_is_refused(self):
        await self.check(
            "bad_json", "", "{", "nonsense", '{"event_type":"ping",}',
            event() + "x", event() + event(), '{"event_type":"ping","n":NaN}',
            '{"event_type":"ping","n":01}', '{"event_type":"pi\\qng"}',
            '{"event_type":"ping","s":"\\ud800"}', '{"event_type":"\0"}',
            "\ufeff" + event(), '{"event_type":"ping","n":1e999}')

    async def test_duplicate_keys_are_refused(self):
        await self.check(
            "bad_json", '{"event_type":"ping","n":1,"n":1}',
            '{"event_type":"ping","event_type":"pong"}',
            '{"event_type":"ping","o":{"a":1,"\\u0061":2}}')

    async def test_anything_but_an_object_is_refused(self):
        await self.check("bad_request", "[]", '["ping"]', '"ping"', "1",
                         "null", "true")

    async def test_nesting_is_refused_beyond_the_limit(self):
        client = await self.connect("alice")
        deep = "[" * 31 + "]" * 31  # and the object itself
        await client.send_text('{"event_type":"ping","a":%s}' % deep)
        self.assertEqual(len((await client.expect("pong"))["a"]), 1)
        await self.check(
            "too_deep", '{"event_type":"ping","a":[%s]}' % deep, "[" * 5000,
            '{"event_type":"ping","a":%s}' % ("[" * 5000 + "]" * 5000),
            '{"a":' * 5000 + "1" + "}" * 5000)

    async def test_event_type_is_needed(self):
        await self.check("missing_field", "{}", '{"ref":"1"}',
                         '{"type":"ping"}')

    async def test_event_type_must_be_a_short_name(self):
        await self.check("invalid_field", *(
            event(event_type=bad) for bad in (
                1, None, True, [], {}, "", "x" * 65, "two words", "é", "a\n",
                "ping ")))

    async def test_ref_must_be_a_short_text(self):
        await self.check("invalid_field", *(
            event(ref=bad) for bad in (1, None, [], {}, "x" * 65, "a\1")))

    async def test_error_names_the_event_and_the_ref(self):
        client = await self.connect("alice")
        for kind in ("no.such", "x" * 64):
            error = await client.error("unknown_event", kind)
            self.assertEqual(error["in_reply_to"], kind)
        await client.send("no.such")
        error = await client.expect("error", in_reply_to="no.such")
        self.assertNotIn("ref", error)

    async def test_longest_ref_comes_back(self):
        client = await self.connect("alice")
        for ref in ("x" * 64, "é" * 32, '"\\', ""):
            await client.send("system.ack", ref=ref)
            self.assertEqual((await client.expect("error"))["ref"], ref)


class Fields(harness.ServerTest):
    async def test_of_a_wrong_kind_are_named(self):
        client = await self.connect("alice")
        for kind, field, fields in (
                ("room.join", "room_id", {"room_id": 5}),
                ("room.join", "room_id", {"room_id": ""}),
                ("room.join", "room_id", {"room_id": "x" * 129}),
                ("room.join", "room_id", {"room_id": "a\u0007b"}),
                ("room.join", "since", {"room_id": "r", "since": "now"}),
                ("room.broadcast", "echo", {"room_id": "r", "echo": 1}),
                ("chat.message", "content",
                 {"conversation_id": "c", "content": {}}),
                ("chat.message", "mentions",
                 {"conversation_id": "c", "content": "x", "mentions": "bob"}),
                ("chat.typing", "is_typing",
                 {"conversation_id": "c", "is_typing": "yes"}),
                ("chat.history", "limit",
                 {"conversation_id": "c", "limit": 101})):
            error = await client.error("invalid_field", kind, **fields)
            self.assertEqual(error["details"], {"field": field}, fields)
            self.assertIn(field, error["message"])

    async def test_that_are_missing_are_named(self):
        client = await self.connect("alice")
        for kind, field, fields in (
                ("room.join", "room_id", {}),
                ("room.leave", "room_id", {}),
                ("room.broadcast", "room_id", {"text": "hi"}),
                ("chat.message", "content", {"conversation_id": "c"}),
                ("chat.edit", "message_id", {"content": "x"})):
            error = await client.error("missing_field", kind, **fields)
            self.assertEqual(error["details"], {"field": field})

    async def test_that_are_unknown_are_named_in_the_ack(self):
        client = await self.connect("alice")
        ack = await client.ack("room.join", room_id="r", colour="red", n=1)
        self.assertEqual(ack["warnings"], [
            {"code": "unknown_field", "field": "colour"},
            {"code": "unknown_field", "field": "n"}])
        ack = await client.ack("room.leave", room_id="r")
        self.assertNotIn("warnings", ack)

    async def test_that_are_unknown_are_carried_through_in_metadata(self):
        client = await self.connect("alice")
        ack = await client.ack("chat.message", conversation_id="c",
                               content="x", metadata={"colour": [1, None]})
        self.assertNotIn("warnings", ack)
        message = await client.expect("chat.message")
        self.assertEqual(message["metadata"], {"colour": [1, None]})


class Strict(harness.ServerTest):
    options = {"sets": ["protocol.strict=true"]}

    async def test_fields_that_are_unknown_are_errors(self):
        client = await self.connect("alice")
        error = await client.error("unknown_field", "room.join", room_id="r",
                                   colour="red")
        self.assertEqual(error["details"], {"field": "colour"})
        await client.error("not_member", "room.broadcast", room_id="r")
        await client.error("unknown_field", "chat.message", content="x",
                           conversation_id="c", urgent=True)
        self.assertEqual(await client.settle(), [])

    async def test_broadcast_still_carries_everything(self):
        client = await self.connect("alice")
        await client.ack("room.join", room_id="r")
        await client.ack("room.broadcast", room_id="r", colour="red")
        await client.expect("room.broadcast", colour="red")


class Size(harness.ServerTest):
    async def test_of_content_is_limited(self):
        client = await self.connect("alice")
        await client.error("too_large", "chat.message", conversation_id="c",
                           content="x" * 16385)
        ack = await client.ack("chat.message", conversation_id="c",
                               content="é" * 8192)
        self.assertEqual(ack["seq"], 1)

    async def test_of_a_message_is_limited(self):
        client = await self.connect("alice")
        text = event(pad="x" * (65536 - len(event(pad=""))))
        await client.send_text(text)
        await client.expect("pong")
        await client.send_text(text + " ")
        error = await client.expect("error")
        self.assertEqual(error["code"], "too_large")
        self.assertEqual(await client.closed(), 1009)

    async def test_of_a_message_in_pieces_is_limited_as_well(self):
        client = await self.connect("alice")
        await client.socket.send(["x" * 40000, "x" * 40000])
        self.assertEqual((await client.expect("error"))["code"], "too_large")
        self.assertEqual(await client.closed(), 1009)

    async def test_of_pieces_does_not_matter(self):
        client = await self.connect("alice")
        text = event(ref="é€😀", n=5)
        await client.socket.send([c for c in text])
        self.assertEqual((await client.expect("pong"))["ref"], "é€😀")


class Frames(harness.ServerTest):
    async def test_that_are_binary_close_with_1003(self):
        client = await self.connect("alice")
        await client.socket.send(event().encode())
        self.assertEqual((await client.expect("error"))["code"], "unsupported")
        self.assertEqual(await client.closed(), 1003)

    def test_with_invalid_utf8_close_with_1007(self):
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x82",
                    b'{"event_type":"ping","n":"\xf4\x90\x80\x80"}'):
            with RawClient(self.server, "alice") as client:
                client.send_frame(TEXT, bad)
                self.assertEqual(client.closed(), 1007, bad)

    def test_that_break_the_protocol_end_the_connection(self):
        for frame in ({"rsv": 4}, {"opcode": 3}, {"opcode": 0},
                      {"opcode": 9, "fin": False},
                      {"opcode": 9, "payload": b"x" * 126},
                      {"opcode": 8, "payload": b"\3\xed"}):
            with RawClient(self.server, "alice") as client:
                client.expect("system.message")
                client.send_frame(**{"opcode": TEXT,
                                     "payload": event().encode(), **frame})
                self.assertIn(client.closed(), (1002, None), frame)

    def test_after_a_refused_one_are_not_looked_at(self):
        with RawClient(self.server, "alice") as client:
            client.expect("system.message")
            client.send_frame(BINARY, b"x")
            client.send("ping", n=1)
            client.expect("error", code="unsupported")
            self.assertEqual(client.closed(), 1003)


class Identity(harness.ServerTest):
    async def test_of_another_user_is_refused(self):
        client = await self.connect("alice")
        await client.ack("room.join", room_id="r")
        for kind, fields in (
                ("chat.message", {"conversation_id": "c", "content": "x"}),
                ("chat.read", {"conversation_id": "c", "seq": 1}),
                ("room.join", {"room_id": "s"}),
                ("room.broadcast", {"room_id": "r", "text": "x"})):
            for user in ("bob", "Alice", "", 7, None):
                error = await client.error("identity_mismatch", kind,
                                           user_id=user, **fields)
                self.assertEqual(error["details"], {"field": "user_id"})
        self.assertEqual(await client.settle(), [])

    async def test_of_the_sender_is_accepted(self):
        client = await self.connect("alice")
        ack = await client.ack("chat.message", user_id="alice", content="x",
                               conversation_id="c")
        self.assertNotIn("warnings", ack)

    async def test_fields_of_the_server_cannot_be_sent(self):
        client = await self.connect("alice")
        await client.ack("room.join", room_id="r")
        await client.ack("room.broadcast", room_id="r", event_id="mine",
                         timestamp="then", offset=99, text="x")
        got = await client.expect("room.broadcast")
        self.assertEqual((got["offset"], got["text"]), (1, "x"))
        self.assertNotIn(got["event_id"], ("mine", None))
        self.assertNotEqual(got["timestamp"], "then")


class Answers(harness.ServerTest):
    async def test_are_exactly_one_for_each_ref(self):
        client = await self.connect("alice")
        requests = [
            {"event_type": "room.join", "room_id": "r"},
            {"event_type": "room.broadcast", "room_id": "r", "text": "x"},
            {"event_type": "room.broadcast", "room_id": "other"},
            {"event_type": "chat.message", "conversation_id": "c",
             "content": "x", "client_id": "same"},
            {"event_type": "chat.message", "content": "nowhere"},
            {"event_type": "chat.message", "recipient_id": "bob",
             "content": "x"},
            {"event_type": "chat.history", "conversation_id": "c"},
            {"event_type": "chat.typing", "conversation_id": "c",
             "is_typing": True},
            {"event_type": "chat.list"},
            {"event_type": "chat.edit", "message_id": "nonsense",
             "content": "x"},
            {"event_type": "no.such"},
            {"event_type": "ping"},
            {"event_type": 5},
            {"event_type": "room.leave", "room_id": "r"}]
        count = 0
        for _ in range(10):
            for request in requests:
                count += 1
                await client.send_text(json.dumps(
                    {**request, "ref": str(count)}))
        refs = collections.Counter()
        while sum(refs.values()) < count:
            answer = await client.next()
            if "ref" in answer:
                self.assertIn(answer["event_type"], ("ack", "error", "pong"))
                refs[answer["ref"]] += 1
        late = [e["ref"] for e in await client.settle() if "ref" in e]
        self.assertEqual(late, [])
        self.assertEqual(refs, {str(i + 1): 1 for i in range(count)})

    async def test_without_ref_are_events_of_the_own_type(self):
        client = await self.connect("alice")
        await client.send("room.join", room_id="r")
        joined = await client.next()
        self.assertEqual(joined["event_type"], "room.join")
        self.assertEqual(joined["members"], {"count": 1, "users": ["alice"]})
        await client.ack("chat.join", conversation_id="c")
        await client.send("chat.history", conversation_id="c")
        history = await client.next()
        self.assertEqual((history["event_type"], history["messages"]),
                         ("chat.history", []))
        await client.send("chat.typing", conversation_id="c", is_typing=True)
        self.assertEqual(await client.settle(), [])


if __name__ == "__main__":
    harness.main()
