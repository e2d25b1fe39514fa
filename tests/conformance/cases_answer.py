"""The server's side of the opening handshake: RFC 6455, section 4.2.2."""

import base64
import os

from check import check, equal, one_of
from frames import TEXT
from handshake import RFC_ACCEPT, RFC_KEY, accept_of, request
from session import event
from suite import Group

answers = Group("handshake-answer")
protocols = Group("handshake-protocol")

KEYS = [("zeros", bytes(16)), ("ones", b"\xff" * 16),
        ("plus", b"\xfb\xef\xbe" * 5 + b"\xfb"),
        ("counting", bytes(range(16))), ("random", os.urandom(16))]


@answers.case
def it_is_101_switching_protocols(context):
    equal(context.upgrade().answer.status, 101, "the status")


@answers.case
def it_names_websocket_as_the_upgrade(context):
    answer = context.upgrade().answer
    equal((answer.get("upgrade") or "").lower(), "websocket", "Upgrade")


@answers.case
def it_names_upgrade_as_connection_option(context):
    check("upgrade" in context.upgrade().answer.words("connection"),
          "Connection does not say Upgrade")


@answers.case
def it_computes_the_accept_value_of_the_rfc(context):
    answer = context.upgrade(request(key=RFC_KEY)).answer
    equal(answer.get("sec-websocket-accept"), RFC_ACCEPT, "the accept value")


@answers.each(KEYS)
def it_computes_the_accept_value(context, raw):
    key = base64.b64encode(raw).decode()
    answer = context.upgrade(request(key=key)).answer
    equal(answer.get("sec-websocket-accept"), accept_of(key), "it")


@answers.case
def it_has_no_protocol_when_none_was_offered(context):
    equal(context.upgrade().answer.all("sec-websocket-protocol"), [], "it")


@answers.case
def it_has_no_extension_when_none_was_offered(context):
    answer = context.upgrade(request()).answer
    equal(answer.all("sec-websocket-extensions"), [], "it")


@answers.each(["x-unknown", "x-unknown; a=1; b=\"two\"",
               "x-webkit-deflate-frame", "permessage-bzip2", "a, b, c"])
def it_has_no_extension_that_nobody_knows(context, offer):
    answer = context.upgrade(request(
        add=[f"Sec-WebSocket-Extensions: {offer}"])).answer
    equal(answer.all("sec-websocket-extensions"), [], "it")


@answers.case
def it_has_no_body(context):
    answer = context.upgrade().answer
    equal(answer.all("content-length") + answer.all("transfer-encoding"), [],
          "what announces a body")


@answers.case
def it_is_followed_by_frames(context):
    session = context.upgrade()
    welcome = session.read_welcome()
    check("connection_id" in welcome, "the welcome names no connection")
    session.is_alive()


@answers.case
def it_belongs_to_one_connection_each(context):
    ids = {context.upgrade().read_welcome()["connection_id"]
           for _ in range(5)}
    equal(len(ids), 5, "the number of connections")


# --- subprotocols

def offered(*values):
    return request(add=[f"Sec-WebSocket-Protocol: {value}"
                        for value in values])


@protocols.each([
    ("alone", "nexus.v1"), ("first", "nexus.v1, other"),
    ("last", "other, nexus.v1"), ("in_the_middle", "a, nexus.v1, b"),
    ("without_spaces", "a,nexus.v1,b"), ("with_tabs", "a,\tnexus.v1\t,\tb"),
    ("with_empty_elements", ", ,nexus.v1, ,"),
    ("after_a_bearer", "bearer.abc, nexus.v1"),
    ("before_a_bearer", "nexus.v1, bearer.abc-_.~")])
def ours_is_chosen(context, offer):
    session = context.open(offered(offer))
    equal(session.answer.get("sec-websocket-protocol"), "nexus.v1",
          "the protocol")
    session.is_alive()


@protocols.each([("ours_first", "nexus.v1", "other"),
                 ("ours_last", "other", "nexus.v1")])
def ours_is_chosen_from_two_headers(context, first, second):
    session = context.open(offered(first, second))
    equal(session.answer.get("sec-websocket-protocol"), "nexus.v1",
          "the protocol")


@protocols.each(["other", "NEXUS.V1", "nexus.v10", "xnexus.v1", "nexus",
                 "nexus.v1/x", "a, b, c", "bearer.abc"])
def another_one_is_never_chosen(context, offer):
    answer, _ = context.ask(offered(offer))
    one_of(answer.status, (101, 400), "the status")
    equal(answer.all("sec-websocket-protocol"), [], "the protocol")


@protocols.case
def an_offer_of_nothing_chooses_nothing(context):
    answer, _ = context.ask(offered(""))
    one_of(answer.status, (101, 400), "the status")
    equal(answer.all("sec-websocket-protocol"), [], "the protocol")


@protocols.each([("127_bytes", 127), ("500_bytes", 500), ("3000_bytes", 3000)])
def a_long_offer_is_taken_or_refused_with_a_reason(context, size):
    offer = "nexus.v1, bearer."
    answer, _ = context.ask(offered(offer + "x" * (size - len(offer))))
    one_of(answer.status, (101, 400, 431), "the status")
    if answer.status == 101:
        equal(answer.get("sec-websocket-protocol"), "nexus.v1", "it")


@protocols.case
def the_frames_that_follow_are_the_same(context):
    plain = context.open()
    named = context.open(offered("nexus.v1"))
    for session in (plain, named):
        sent = event(n=1)
        session.send(TEXT, sent)
        session.expect_echo(sent)
