"""The cases by group, and what each of them is given to work with.

A case is a function whose name is a sentence. `Group.each` makes one case
for every value of a list, named <function>.<label>.
"""

import contextlib
import dataclasses
import re
import typing

import deflate
import handshake
from check import equal
from peer import Peer
from session import Session

OFFER = ["Sec-WebSocket-Extensions: permessage-deflate; "
         "client_max_window_bits"]

groups = {}


@dataclasses.dataclass
class Case:
    group: str
    name: str
    run: typing.Callable  # takes the Context
    needs: str = ""       # the feature without which it cannot run

    @property
    def path(self):
        return f"{self.group}/{self.name}"


def _label(value):
    text = value[0] if isinstance(value, tuple) else value
    return re.sub(r"[^\w+=-]+", "_", str(text)).strip("_")


class Group:
    def __init__(self, name):
        self.name = name
        self.cases = groups.setdefault(name, [])

    def _add(self, name, run, needs):
        case = Case(self.name, name, run, needs)
        if any(other.name == name for other in self.cases):
            raise ValueError(f"{case.path} is there twice")
        self.cases.append(case)

    def case(self, function=None, *, needs=""):
        if function is None:
            return lambda later: self.case(later, needs=needs)
        self._add(function.__name__, function, needs)
        return function

    def each(self, values, *, needs=""):
        """The function is called with the value; of a tuple, the first
        element is the label and the others are the arguments."""
        def decorate(function):
            for value in values:
                arguments = (value[1:] if isinstance(value, tuple)
                             else (value,))
                self._add(f"{function.__name__}.{_label(value)}",
                          lambda context, a=arguments: function(context, *a),
                          needs)
            return function
        return decorate


class Target:
    """A server under test: where it listens and what it is said to offer."""

    def __init__(self, port, *, tls=None, features=(), limit, process=None,
                 offers=False):
        self.port = port
        self.tls = tls
        self.features = frozenset(features)
        self.limit = limit      # limits.message_bytes
        self.process = process  # harness.Server, if it is ours
        self.offers = offers    # sessions offer permessage-deflate


class Context:
    """What one case works with; closes all its connections at the end."""

    def __init__(self, target):
        self.target = target
        self.limit = target.limit
        self.open_peers = contextlib.ExitStack()
        self.known_witness = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.open_peers.close()

    def connect(self):
        """A TCP connection (over TLS, if that is tested)."""
        peer = Peer(self.target.port, tls=self.target.tls)
        self.open_peers.callback(peer.close)
        return peer

    def ask(self, data, *, head=False):
        """The answer to these bytes on a new connection, and that."""
        peer = self.connect()
        peer.send(data)
        return handshake.read_answer(peer, head=head), peer

    def upgrade(self, data=None):
        """A session that has not read its welcome yet; it offers
        permessage-deflate if all do, unless the request is given."""
        if data is None:
            data = handshake.request(add=OFFER if self.target.offers else [])
        answer, peer = self.ask(data)
        equal(answer.status, 101, "the status")
        agreed = deflate.agreed_of(answer)
        return Session(peer, answer,
                       None if agreed is None else deflate.inflater(agreed))

    def open(self, data=None):
        """A session that has read its welcome."""
        session = self.upgrade(data)
        session.read_welcome()
        return session

    def open_plain(self):
        """The same without an extension, whatever others do."""
        return self.open(handshake.request())

    @property
    def witness(self):
        """Another session, to see that the server goes on."""
        if self.known_witness is None:
            self.known_witness = self.open()
        return self.known_witness
