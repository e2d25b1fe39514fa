"""Ping and Pong: RFC 6455, sections 5.5.2 and 5.5.3."""

import os

from check import check
from frames import CLOSE, PING, PONG, TEXT, close_payload, frame
from session import event
from suite import Group

pings = Group("control-ping")
pongs = Group("control-pong")


@pings.each([0, 1, 2, 3, 4, 7, 8, 9, 16, 63, 64, 100, 123, 124, 125])
def is_answered_with_its_payload(context, size):
    session = context.open()
    payload = os.urandom(size)
    session.send(PING, payload)
    session.expect_pong(payload)
    session.is_alive()


@pings.each([("zeros", bytes(20)), ("no_utf8", b"\xff\xfe\xc0\x80"),
             ("half_a_character", b"\xe2\x82"), ("text", "é€😀".encode()),
             ("looks_like_a_frame", frame(TEXT, event(n=1))[:100])])
def is_answered_whatever_its_payload(context, payload):
    session = context.open()
    session.send(PING, payload)
    session.expect_pong(payload)
    session.is_alive()


@pings.each([("126", 126, None), ("127", 127, None), ("1000", 1000, None),
             ("65536", 65536, None), ("126_in_64_bits", 126, 64)])
def of_more_than_125_bytes_is_refused(context, size, width):
    session = context.open()
    session.send(PING, bytes(size), width=width)
    session.expect_failure(1002)


@pings.case
def of_more_than_125_bytes_is_refused_by_its_header(context):
    session = context.open()
    session.send(PING, b"", length=126, width=16)
    session.expect_failure(1002)


@pings.case
def chopped_into_bytes_is_answered(context):
    session = context.open()
    session.peer.dribble(frame(PING, b"chopped"), context.witness)
    session.expect_pong(b"chopped")


@pings.case
def after_ping_is_answered_each_when_one_waits(context):
    session = context.open()
    for i in range(200):
        session.send(PING, b"%d" % i)
        session.expect_pong(b"%d" % i)


@pings.each([2, 10, 1000])
def of_a_flood_is_answered_at_least_the_last(context, count):
    # Section 5.5.3: only the most recent may be answered, but that must be.
    session = context.open()
    session.send_raw(*[frame(PING, b"%d" % i) for i in range(count)])
    session.send(TEXT, event(n=1))
    wanted = b"%d" % (count - 1)
    session.expect_echo(event(n=1))
    session.send(TEXT, event(n=2))
    session.expect_echo(event(n=2))
    answered = [int(payload) for payload in session.pongs]
    check(answered == sorted(set(answered)), f"answered {answered}")
    check(wanted in session.pongs,
          f"answered {answered[:20]}, not the last of {count}")


@pings.case
def between_messages_keeps_their_order(context):
    session = context.open()
    for i in range(20):
        session.send_raw(frame(TEXT, event(n=i)), frame(PING, b"%d" % i))
        session.expect_echo(event(n=i))
        session.expect_pong(b"%d" % i)


@pings.case
def before_the_welcome_was_read_is_answered(context):
    session = context.upgrade()
    session.send(PING, b"early")
    session.read_welcome()
    session.expect_pong(b"early")


@pings.case
def of_one_session_is_answered_to_that_one(context):
    one, two = context.open(), context.open()
    one.send(PING, b"one")
    two.send(PING, b"two")
    one.expect_pong(b"one")
    two.expect_pong(b"two")


@pings.case
def behind_a_close_does_no_harm(context):
    session = context.open()
    session.send_raw(frame(CLOSE, close_payload(1000)), frame(PING, b"late"))
    session.sent_close = True
    session.expect_close(1000)


# --- Pong

@pongs.each([0, 1, 8, 125])
def that_nobody_wants_is_ignored(context, size):
    session = context.open()
    session.send(PONG, bytes(size))
    session.is_alive()


@pongs.each([("no_utf8", b"\xff\xfe"), ("number", b"\0\0\0\0\0\0\0\x01"),
             ("largest_number", b"\xff" * 8)])
def that_nobody_wants_is_ignored_whatever_its_payload(context, payload):
    session = context.open()
    session.send(PONG, payload)
    session.is_alive()


@pongs.each([("no_utf8", b"\xff\xfe"), ("half_a_character", b"\xe2\x82"),
             ("number", b"\0\0\0\0\0\0\x80\x01")])
def behind_a_text_need_not_be_utf8(context, payload):
    session = context.open()
    session.is_alive()
    session.send(PONG, payload)
    session.is_alive()


@pongs.case
def by_the_hundred_are_ignored(context):
    session = context.open()
    session.send_raw(*[frame(PONG, b"%d" % i) for i in range(500)])
    session.is_alive()


@pongs.each([("126", 126), ("65536", 65536)])
def with_more_than_125_bytes_is_refused(context, size):
    session = context.open()
    session.send(PONG, bytes(size))
    session.expect_failure(1002)


@pongs.case
def behind_a_ping_leaves_that_to_be_answered(context):
    session = context.open()
    session.send_raw(frame(PONG, b"no"), frame(PING, b"yes"),
                     frame(PONG, b"no"))
    session.expect_pong(b"yes")
    session.is_alive()
