"""Every operation that docs/api describes is carried out by the running
server, with its examples and with bad input, and its answers fit."""

import http.client
import json
import unittest
import urllib.parse

import harness
import spec


def example_of(parameter):
    return urllib.parse.quote(str(parameter["example"]), safe="")


class Described(harness.ServerTest):
    options = {"plugins": [*harness.default_plugins(), harness.PRESENCE,
                           harness.NOTIFY]}

    def setUp(self):
        super().setUp()
        self.rest = spec.Rest()

    async def asyncSetUp(self):
        await super().asyncSetUp()
        for user in ("alice", "bob"):
            client = await self.connect(user)
            await client.ack("room.join", room_id="room_general")

    def request(self, method, target, body=None, content_type=None):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.server.port, timeout=harness.DEADLINE)
        headers = {"Content-Type": content_type} if content_type else {}
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        text = response.read()
        kind = response.headers.get("content-type", "")
        parsed = json.loads(text) if "json" in kind else text.decode()
        connection.close()
        return response.status, kind, parsed

    def target(self, path, operation, query=True):
        parts = []
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                path = path.replace("{%s}" % parameter["name"],
                                    example_of(parameter))
            elif parameter["in"] == "query" and query:
                parts.append(f"{parameter['name']}={example_of(parameter)}")
        return path + ("?" + "&".join(parts) if parts else "")

    def bodies(self, operation):
        """Of a request: each example, or None."""
        content = operation.get("requestBody", {}).get("content", {})
        examples = content.get("application/json", {}).get("examples")
        if not examples:
            return [None]
        return [json.dumps(example["value"]) for example in examples.values()]

    async def test_examples_are_accepted_and_answers_fit(self):
        for path, method, operation in self.rest.operations():
            for body in self.bodies(operation):
                for query in (True, False):
                    target = self.target(path, operation, query)
                    with self.subTest(method=method, target=target):
                        status, kind, answer = self.request(
                            method, target, body,
                            "application/json" if body else None)
                        self.assertLess(status, 400, answer)
                        self.assertNotIn("warnings", answer)
                        self.rest.check(operation, status, kind, answer)

    async def test_unknown_arguments_are_told(self):
        for path, method, operation in self.rest.operations():
            if method != "GET" or path in ("/metrics", "/health/live",
                                           "/health/ready"):
                continue
            target = self.target(path, operation, False) + "?colour=red"
            with self.subTest(target=target):
                status, kind, answer = self.request(method, target)
                self.rest.check(operation, status, kind, answer)
                self.assertEqual(answer["warnings"][0]["field"], "colour")

    async def test_bad_input_is_a_problem_as_described(self):
        for path, method, operation in self.rest.operations():
            with self.subTest(path=path):
                status, kind, answer = self.request(
                    "DELETE", self.target(path, operation))
                self.assertEqual(status, 405)
                self.rest.check(operation, status, kind, answer)
            if "requestBody" in operation:
                self.refuses_bad_bodies(path, operation)
            for parameter in operation.get("parameters", []):
                if parameter["schema"].get("type") == "integer":
                    self.refuses_bad_numbers(path, operation, parameter)

    def refuses_bad_bodies(self, path, operation):
        target = self.target(path, operation)
        for body, content_type in (
                ("{", "application/json"), ("[]", "application/json"),
                ("{}", "application/json"), ("{}", "text/plain"),
                ("x" * 70000, "application/json"), ("", "application/json")):
            with self.subTest(path=path, body=body[:20], type=content_type):
                status, kind, answer = self.request(
                    "POST", target, body, content_type)
                self.assertIn(status, range(400, 500), answer)
                self.rest.check(operation, status, kind, answer)

    def refuses_bad_numbers(self, path, operation, parameter):
        for value in ("0", "-1", "x", "99999999999999999999", "1.5"):
            target = (self.target(path, operation, False)
                      + f"?{parameter['name']}={value}")
            with self.subTest(target=target):
                status, kind, answer = self.request("GET", target)
                self.assertEqual(status, 400, answer)
                self.rest.check(operation, status, kind, answer)


if __name__ == "__main__":
    unittest.main(verbosity=2)
