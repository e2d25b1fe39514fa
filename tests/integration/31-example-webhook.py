"""The example plugin webhook, and receivers that work, fail, hang and are away."""

import hashlib
import hmac
import http.server
import json
import threading
import unittest

import example
import harness

SECRET = "a secret of 24 bytes ..."


class Receiver(http.server.ThreadingHTTPServer):
    """Answers with the statuses it is told, then with 204. "hang" does not
    answer before the test ends, "break" ends the connection."""

    daemon_threads = True

    def __init__(self, *answers, port=0):
        self.answers = list(answers)
        self.requests = []
        self.changed = threading.Condition()
        self.released = threading.Event()
        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait_for(self, count):
        with self.changed:
            if not self.changed.wait_for(
                    lambda: len(self.requests) >= count, harness.DEADLINE):
                raise AssertionError(
                    f"{len(self.requests)} requests, not {count}")
            return list(self.requests)

    def close(self):
        self.released.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.changed:
            self.server.requests.append((self.headers, body))
            answers = self.server.answers
            answer = answers.pop(0) if answers else 204
            self.server.changed.notify_all()
        if answer == "hang":
            self.server.released.wait()
            self.close_connection = True
        elif answer == "break":
            self.close_connection = True
        else:
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *words):
        pass


class WebhookTest(example.ExampleTest):
    name = "webhook"
    beside = (harness.CHAT,)
    more = ""

    def line(self, more):
        return (f'url = "http://127.0.0.1:{self.receiver.server_port}/in"; '
                f'events = "chat.message"; secret = "{SECRET}"; '
                f"backoff_ms = 20; {self.more} {more}")

    def receive(self, *answers, more=""):
        """Starts both; ends them with the test."""
        self.receiver = Receiver(*answers)
        self.addCleanup(self.receiver.close)
        self.settings = self.line(more)
        super().setUp()

    def setUp(self):
        pass  # each test calls receive() first

    async def say(self, client, text):
        await client.ack("chat.message", conversation_id="c", content=text)

    def wait_for_metric(self, name, value):
        """By asking again: what is counted is not logged."""
        for _ in range(100_000):
            if self.metrics()[name] == value:
                return
        self.fail(f"{name} is not {value}: {self.metrics()}")


class Delivers(WebhookTest):
    async def test_what_clients_say_signed_and_in_order(self):
        self.receive()
        alice = await self.connect("alice")
        for n in range(20):
            await self.say(alice, f"text {n}")
        requests = self.receiver.wait_for(20)
        for n, (headers, body) in enumerate(requests):
            told = json.loads(body)
            self.assertEqual(told["user_id"], "alice")
            self.assertEqual(told["event"]["content"], f"text {n}")
            self.assertEqual(told["delivery_id"], headers["Nexus-Delivery"])
            stamp = headers["Nexus-Timestamp"].encode()
            mac = hmac.new(SECRET.encode(), stamp + b"." + body, hashlib.sha256)
            self.assertEqual(
                headers["Nexus-Signature"], "v1=" + mac.hexdigest())
        self.wait_for_metric("delivered_total", 20)
        self.assertEqual(self.metrics()["request_seconds_count"], 20)

    async def test_to_a_receiver_that_fails_at_first(self):
        self.receive("break", 500, 429, 503)
        alice = await self.connect("alice")
        await self.say(alice, "hello")
        requests = self.receiver.wait_for(5)
        self.assertEqual(
            len({headers["Nexus-Delivery"] for headers, _ in requests}), 1)
        self.wait_for_metric("delivered_total", 1)
        self.assertEqual(self.metrics()["retries_total"], 4)

    async def test_to_one_that_comes_back(self):
        self.receive(more="attempts = 100; backoff_max_ms = 200;")
        port = self.receiver.server_port
        self.receiver.close()
        alice = await self.connect("alice")
        await self.say(alice, "hello")
        self.wait_for_metric("retries_total", 2)
        self.receiver = Receiver(port=port)
        self.receiver.wait_for(1)


class Gives(WebhookTest):
    async def test_up_when_the_answer_is_final(self):
        self.receive(400)
        alice = await self.connect("alice")
        await self.say(alice, "hello")
        self.server.wait_for_line(r"given up after 1 attempts: status 400")
        self.assertEqual(self.metrics()["failed_total"], 1)

    async def test_up_on_one_that_hangs_and_serves_all_the_while(self):
        self.receive("hang", more="timeout_ms = 300; attempts = 1;")
        alice = await self.connect("alice")
        await self.say(alice, "hello")
        self.receiver.wait_for(1)
        for n in range(50):
            await self.say(alice, f"text {n}")
        self.server.wait_for_line(r"given up after 1 attempts: status 0 Timeout")
        self.receiver.wait_for(51)

    async def test_no_more_room_than_it_has(self):
        self.receive("hang", more="queue = 5;")
        alice = await self.connect("alice")
        for n in range(20):
            await self.say(alice, f"text {n}")
        metrics = self.metrics()
        self.assertEqual((metrics["waiting"], metrics["dropped_total"]), (5, 15))


class Reloads(WebhookTest):
    async def test_while_a_receiver_hangs_and_loses_nothing(self):
        self.receive("hang", more="timeout_ms = 120000;")
        alice = await self.connect("alice")
        for n in range(5):
            await self.say(alice, f"text {n}")
        self.receiver.wait_for(1)
        self.reload(self.line("timeout_ms = 4000;"))
        requests = self.receiver.wait_for(6)
        self.assertEqual(
            requests[0][0]["Nexus-Delivery"], requests[1][0]["Nexus-Delivery"])
        self.assertEqual(
            [json.loads(body)["event"]["content"] for _, body in requests[1:]],
            [f"text {n}" for n in range(5)])

    async def test_refuses_what_cannot_work_and_goes_on(self):
        self.receive()
        self.reload('url = "example.org"; events = "chat.message";',
                    outcome="refused")
        self.server.wait_for_line(r"webhook\.url.*begins with http://")
        alice = await self.connect("alice")
        await self.say(alice, "hello")
        self.receiver.wait_for(1)


class Stops(WebhookTest):
    async def test_with_a_receiver_that_hangs(self):
        self.receive("hang", more="timeout_ms = 120000;")
        alice = await self.connect("alice")
        await self.say(alice, "hello")
        await self.say(alice, "again")
        self.receiver.wait_for(1)
        await alice.close()
        self.server.process.terminate()
        self.server.wait_for_line(r"2 events were not delivered")
        self.server.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
