"""permessage-deflate with a browser, which always offers it."""

import harness
from browser import Browser, Page

CLIENT = """
const ws = new WebSocket('%s');
ws.onmessage = (message) => console.log('got', JSON.parse(message.data));
"""


class Deflate(harness.ServerTest):
    options = {"sets": ["deflate.enabled=true"]}

    def setUp(self):
        super().setUp()
        self.browser = Browser()
        self.addCleanup(self.browser.close)
        page = Page(CLIENT % self.server.url("alice"))
        self.addCleanup(page.close)
        self.browser.open(page.url)
        self.browser.wait_for(event_type="system.message")

    def test_is_agreed_on(self):
        self.assertRegex(self.browser.run("return ws.extensions"),
                         "^permessage-deflate")

    def test_carries_events_both_ways(self):
        self.browser.run("ws.send(JSON.stringify({event_type: 'room.join', "
                         "room_id: 'r'}))")
        self.browser.wait_for(event_type="room.join")
        for n, text in enumerate(["short", "again é€😀 " * 1000, "x"]):
            self.browser.run(
                "ws.send(JSON.stringify({event_type: 'room.broadcast', "
                f"room_id: 'r', n: {n}, text: '{text}'}}))")
            _, event = self.browser.wait_for(event_type="room.broadcast", n=n)
            self.assertEqual(event["text"], text)


if __name__ == "__main__":
    harness.main()
