"""What the pages in docs show is what docs/api describes."""

import json
import unittest

import spec

class Examples(unittest.TestCase):
    def setUp(self):
        self.events = spec.Events()

    def test_of_all_pages_are_json(self):
        count = 0
        for page, text in spec.blocks():
            with self.subTest(page=page, text=text[:60]):
                json.loads(text)
                count += 1
        self.assertGreaterEqual(count, 30)

    def test_of_events_are_described(self):
        for page, text in spec.blocks():
            event = json.loads(text)
            if "event_type" not in event:
                continue
            with self.subTest(page=page, text=text[:60]):
                self.events.match(event, self.events.messages.values())

    def test_of_problems_are_described(self):
        problem = spec.Rest().document.root["components"]["schemas"]["Problem"]
        for page, text in spec.blocks():
            body = json.loads(text)
            if "title" in body and "status" in body:
                with self.subTest(page=page, text=text[:60]):
                    self.assertLessEqual(set(problem["required"]), set(body))


class Description(unittest.TestCase):
    def setUp(self):
        self.events = spec.Events()

    def test_shows_an_example_of_every_request(self):
        for key in self.events.replies:
            self.assertTrue(self.events.messages[key].examples, key)

    def test_says_which_answer_every_request_gets(self):
        for key, replies in self.events.replies.items():
            self.assertIn("error", replies, key)
            self.assertGreater(len(replies), 1, key)

    def test_leaves_no_message_unused(self):
        used = set(self.events.replies) | self.events.sent
        used = used.union(*self.events.replies.values())
        self.assertEqual(set(self.events.messages) - used, set())


unittest.main(verbosity=2)
