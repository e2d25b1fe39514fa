"""The seed's JavaScript, as it is written, in a browser."""

import harness
from browser import Browser, Page

SEED = harness.SOURCE / "tests/integration/seed"


class Seed(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def open(self, *scripts):
        client = (SEED / "client.js").read_text()
        page = Page(client.replace(":8000", f":{self.server.port}"), *scripts)
        self.addCleanup(page.close)
        self.addCleanup(self.browser.open, "about:blank")
        self.browser.open(page.url)

    def open_with_events(self):
        events = (SEED / "events.js").read_text()
        self.open("ws.addEventListener('open', () => {\n%s\n});" % events)

    def received(self, **fields):
        words, event = self.browser.wait_for(**fields)
        self.assertEqual(words, "Received:")
        return event

    def test_client_connects_and_is_welcomed(self):
        self.open()
        self.browser.wait_for(words="Connected to NEXUS WebSocket")
        welcome = self.received(event_type="system.message")
        self.assertEqual((welcome["message"], welcome["user_id"]),
                         ("Connected to NEXUS", "user123"))

    def test_events_are_answered(self):
        self.open_with_events()
        message = self.received(event_type="chat.message")
        self.assertEqual(
            (message["content"], message["mentions"], message["user_id"]),
            ("Hello everyone!", ["user456"], "user123"))
        joined = self.received(event_type="room.join")
        self.assertEqual(joined["room_id"], "room_general")

    async def test_events_reach_other_clients(self):
        other = await self.connect("user456")
        await other.ack("chat.join", conversation_id="conv_123")
        await other.ack("room.join", room_id="room_general")
        self.open_with_events()
        # Typing may be overtaken: it is dropped first under pressure.
        seen = {}
        while not {"chat.message", "chat.typing", "room.join"} <= set(seen):
            event = await other.next()
            seen[event["event_type"]] = event
        self.assertEqual(seen["chat.message"]["content"], "Hello everyone!")
        self.assertTrue(seen["chat.typing"]["is_typing"])
        self.assertEqual((seen["room.join"]["user_id"],
                          seen["room.join"]["username"]),
                         ("user123", "John Doe"))
        await other.ack("chat.message", conversation_id="conv_123",
                        content="Hi John 😀")
        event = self.received(event_type="chat.message", user_id="user456")
        self.assertEqual(event["content"], "Hi John 😀")
        await other.expect("chat.delivered", user_id="user123")

    def test_connection_survives_events_that_nobody_serves(self):
        self.open_with_events()
        self.received(event_type="room.join")
        self.browser.run("ws.send('{\"event_type\":\"nobody.home\"}')")
        error = self.received(event_type="error", in_reply_to="nobody.home")
        self.assertEqual(error["code"], "unknown_event")
        self.browser.run("ws.send('{\"event_type\":\"ping\",\"n\":1}')")
        self.received(event_type="pong", n=1)
        self.assertEqual(self.browser.run("return ws.readyState"), 1)

    async def test_page_that_is_left_leaves_the_room(self):
        other = await self.connect("user456")
        await other.ack("room.join", room_id="room_general")
        self.open_with_events()
        await other.expect("room.join", user_id="user123")
        self.browser.open("about:blank")
        await other.expect("room.leave", user_id="user123")

    def test_refusal_can_be_seen_by_the_page(self):
        self.open("""
            const bad = new WebSocket(ws.url.replace('user123', '%01'));
            bad.onmessage = (e) => console.log('bad', JSON.parse(e.data));
            bad.onclose = (e) => console.log('bad', {code: e.code});""")
        _, error = self.browser.wait_for(event_type="error")
        self.assertEqual(error["code"], "bad_request")
        self.browser.wait_for(code=4400)

    def test_end_of_the_server_is_told(self):
        self.open("ws.addEventListener('close', "
                  "(e) => console.log('code', {code: e.code}));")
        self.received(event_type="system.message")
        self.server.stop()
        going = self.received(event_type="system.message", code="draining")
        self.assertIn("reconnect_after_ms", going)
        self.browser.wait_for(
            words="Disconnected from NEXUS WebSocket")
        self.browser.wait_for(code=4512)


if __name__ == "__main__":
    harness.main()
