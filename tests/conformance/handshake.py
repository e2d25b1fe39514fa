"""The opening handshake, RFC 6455 section 4: requests of any shape, and
answers read strictly."""

import base64
import dataclasses
import hashlib
import itertools

from check import check

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
RFC_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
RFC_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
PATH = "/ws"

users = itertools.count(1)


def target(user=None, *, path=PATH, query=""):
    """A request target with a user whom no other connection has."""
    user = f"u{next(users)}" if user is None else user
    return f"{path}?user_id={user}&token=t" + (f"&{query}" if query else "")


def accept_of(key):
    digest = hashlib.sha1((key + GUID).encode()).digest()
    return base64.b64encode(digest).decode()


def request(*, method="GET", uri=None, version="HTTP/1.1", key=RFC_KEY,
            without=(), add=(), end="\r\n", **replace):
    """The bytes of an upgrade request.

    `replace` changes values of headers by name (_ for -), `without` leaves
    some out, `add` appends lines as they are.
    """
    headers = {"Host": "localhost", "Upgrade": "websocket",
               "Connection": "Upgrade", "Sec-WebSocket-Key": key,
               "Sec-WebSocket-Version": "13"}
    by_name = {name.lower().replace("-", "_"): name for name in headers}
    for name, value in replace.items():
        headers[by_name[name]] = value
    first = f"{method} {target() if uri is None else uri} {version}"
    lines = [first] + [f"{name}: {value}" for name, value in headers.items()
                       if name.lower() not in without] + list(add) + [""]
    return "".join(line + end for line in lines).encode("latin-1")


@dataclasses.dataclass
class Answer:
    version: str
    status: int
    headers: list  # of (name in lower case, value)
    body: bytes

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def get(self, name):
        """The value of a header that may be there at most once."""
        values = self.all(name)
        check(len(values) < 2, f"{name} is there {len(values)} times")
        return values[0] if values else None

    def words(self, name):
        """The elements of a list header, in lower case."""
        return [word.strip().lower() for value in self.all(name)
                for word in value.split(",")]


def _parse_head(head):
    text = head.decode("latin-1")
    check(text.replace("\r\n", "").isprintable(),
          f"a line does not end with CR LF: {text!r}")
    first, *lines = text.split("\r\n")[:-2]
    version, status, *_ = first.split(" ", 2)
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        check(colon and name and not name[-1].isspace(),
              f"not a header: {line!r}")
        headers.append((name.lower(), value.strip()))
    return version, int(status), headers


def read_answer(peer, *, head=False):
    """The next answer, with its body unless it is one to HEAD."""
    version, status, headers = _parse_head(peer.read_through(b"\r\n\r\n"))
    answer = Answer(version, status, headers, b"")
    check(version == "HTTP/1.1" or version == "HTTP/1.0" and status >= 400,
          f"the answer is {version} {status}")
    if status >= 200 and status not in (204, 304) and not head:
        length = answer.get("content-length")
        check(length is not None, f"{status} has no content-length")
        answer.body = peer.read(int(length))
    return answer
