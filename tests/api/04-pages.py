"""The requests that the pages in docs show are understood by the running
server: nothing in them is unknown, missing or malformed."""

import json
import unittest

import harness
import spec

# What the state of a fresh server has to say against an example.
STATE = {"not_found", "not_member", "already_exists", "forbidden",
         "state", "wrong_state", "gone"}


class Requests(harness.ServerTest):
    options = {"plugins": (*harness.default_plugins(), harness.PRESENCE,
                           harness.NOTIFY),
               "sets": ["limits.messages_per_second=0"]}

    async def test_of_all_pages_are_understood(self):
        events = spec.Events()
        client = await self.connect("a-reader")
        sent = 0
        for page, text in spec.blocks():
            event = json.loads(text)
            kind = event.get("event_type")
            names = {events.messages[key].name for key in events.replies}
            if (kind not in names or "event_id" in event
                    or kind in ("connect", "disconnect", "ping")):
                continue
            with self.subTest(page=page, text=text[:70]):
                event.pop("ref", None)
                answer = await client.request(**event)
                self.assertNotIn("warnings", answer)
                if answer["event_type"] == "error":
                    self.assertIn(answer["code"], STATE, answer)
                sent += 1
        self.assertGreaterEqual(sent, 15)


if __name__ == "__main__":
    unittest.main(verbosity=2)
