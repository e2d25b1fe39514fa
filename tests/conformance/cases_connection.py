"""The header Connection: RFC 6455, section 4.2.1, and RFC 9110, section
7.6.1."""

from handshake import request
from suite import Group
from upgrade import accepted, refused

connections = Group("handshake-connection")


@connections.each([
    "upgrade", "UPGRADE", "uPGRADE", ("as_firefox_has_it",
                                      "keep-alive, Upgrade"),
    ("upgrade_first", "Upgrade, keep-alive"), ("no_space", "a,Upgrade,b"),
    ("blanks", "a ,\t Upgrade \t, b"), ("empty_elements", ", ,Upgrade,"),
    ("many", ", ".join(f"x-option-{i}" for i in range(6)) + ", Upgrade")])
def with_upgrade_in_it_is_accepted(context, value):
    accepted(context, request(connection=value))


@connections.each([("first", "Upgrade", "keep-alive"),
                   ("last", "keep-alive", "Upgrade")])
def may_come_in_two_headers(context, first, second):
    accepted(context, request(connection=first,
                              add=[f"Connection: {second}"]))


@connections.case
def missing_is_refused(context):
    refused(context, request(without=["connection"]), (400, 426))


@connections.each([("nothing", ""), "keep-alive", "close", "Upgraded",
                   "x-Upgrade", "Up-grade", "Upgrade=1", "Upgrade;q=1",
                   ("two_words", "keep-alive Upgrade"),
                   ("quoted", '"Upgrade"')])
def without_upgrade_in_it_is_refused(context, value):
    refused(context, request(connection=value), (400, 426))
