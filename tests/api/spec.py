"""The descriptions in docs/api, as something to hold answers against.

An event is valid when it fits one of the messages that bear its name and come
from its side; an answer, when it is one of the replies its request names.
"""

import functools
import os
import pathlib
import re

import jsonschema
import yaml

SOURCE = pathlib.Path(os.environ["NEXUS_SOURCE"])
FOLDER = SOURCE / "docs" / "api"


BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks():
    """(page, text) of every JSON example."""
    for page in sorted(SOURCE.glob("docs/*.md")):
        for match in BLOCK.finditer(page.read_text()):
            yield page.name, match.group(1)


class Loader(yaml.SafeLoader):
    """Without timestamps: JSON has none."""


Loader.yaml_implicit_resolvers = {
    letter: [(tag, regexp) for tag, regexp in resolvers
             if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


@functools.cache
def load(uri):
    path = pathlib.Path(uri.removeprefix("file://"))
    return yaml.load(path.read_text(), Loader)


class Document:
    """One YAML file and what it refers to."""

    def __init__(self, name):
        self.uri = (FOLDER / name).as_uri()
        self.root = load(self.uri)
        self.resolver = jsonschema.RefResolver(
            self.uri, self.root, handlers={"file": load})

    def follow(self, node):
        """(URI, node) behind any $ref of a node of the root."""
        uri = self.uri
        while "$ref" in node:
            uri, node = self.resolver.resolve(node["$ref"])
        return uri, node

    def validator(self, uri, schema):
        resolver = jsonschema.RefResolver(
            uri.split("#")[0], load(uri.split("#")[0]),
            handlers={"file": load})
        return jsonschema.Draft202012Validator(schema, resolver=resolver)


class Message:
    """A message of the channel: an event that somebody sends."""

    def __init__(self, events, key, node):
        self.key = key
        uri, message = events.follow(node)
        self.name = message["name"]
        self.examples = [(example["name"], example["payload"])
                         for example in message.get("examples", [])]
        self.validator = events.validator(uri, message["payload"])

    def flaw(self, event):
        """What is wrong with an event, or None."""
        error = jsonschema.exceptions.best_match(
            self.validator.iter_errors(event))
        if error is None:
            return None
        where = "/".join(str(step) for step in error.absolute_path)
        return f"{self.key}: {where or 'the event'}: {error.message}"


class Events:
    """asyncapi.yaml."""

    def __init__(self):
        document = Document("asyncapi.yaml")
        channel = document.root["channels"]["socket"]
        self.messages = {key: Message(document, key, node)
                         for key, node in channel["messages"].items()}
        self.replies = {}  # key of a request: keys of its replies
        self.sent = set()  # keys of what the server sends by itself
        for operation in document.root["operations"].values():
            keys = [self.key_of(ref) for ref in operation["messages"]]
            if operation["action"] == "send":
                self.sent.update(keys)
            for key in keys if operation["action"] == "receive" else []:
                self.replies[key] = [
                    self.key_of(ref)
                    for ref in operation.get("reply", {}).get("messages", [])]

    @staticmethod
    def key_of(reference):
        return re.fullmatch(r"#/channels/socket/messages/(\w+)",
                            reference["$ref"]).group(1)

    def from_server(self):
        keys = set(self.sent).union(*self.replies.values())
        return [self.messages[key] for key in sorted(keys)]

    def match(self, event, candidates):
        """The keys of the messages that an event fits; AssertionError says
        why it fits none."""
        flaws = []
        keys = set()
        for message in candidates:
            if message.name != event.get("event_type"):
                continue
            flaw = message.flaw(event)
            if flaw is None:
                keys.add(message.key)
            else:
                flaws.append(flaw)
        if not keys:
            raise AssertionError(f"{event} is not described: "
                                 + ("; ".join(flaws) or "no such name"))
        return keys


class Rest:
    """openapi.yaml."""

    def __init__(self):
        self.document = Document("openapi.yaml")

    def operations(self):
        """(path, method, operation) of all of them."""
        for path, item in self.document.root["paths"].items():
            for method, operation in item.items():
                yield path, method.upper(), operation

    def check(self, operation, status, content_type, body):
        """AssertionError unless this answer is described."""
        responses = operation["responses"]
        response = responses.get(str(status))
        if response is None and status >= 400:
            response = responses["default"]
        if response is None:
            raise AssertionError(f"status {status} is not described")
        uri, response = self.document.follow(response)
        kind = content_type.split(";")[0]
        if kind not in response.get("content", {}):
            raise AssertionError(f"{status} of type {kind} is not described")
        schema = response["content"][kind]["schema"]
        error = jsonschema.exceptions.best_match(
            self.document.validator(uri, schema).iter_errors(body))
        if error is not None:
            where = "/".join(str(step) for step in error.absolute_path)
            raise AssertionError(f"{status}: {where}: {error.message}: {body}")
