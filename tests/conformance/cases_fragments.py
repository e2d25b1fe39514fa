"""Fragmented messages: RFC 6455, section 5.4."""

import os

from check import check
from frames import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT,
                    close_payload, fragments, frame)
from session import event, event_of_size
from suite import Group

shapes = Group("fragments")
mixed = Group("fragments-control")
errors = Group("fragments-order")


def cut(data, *sizes):
    """The data in pieces of these sizes, and the rest."""
    pieces, start = [], 0
    for size in sizes:
        pieces.append(data[start:start + size])
        start += size
    return [*pieces, data[start:]]


def every(data, size):
    return [data[i:i + size] for i in range(0, len(data), size)]


# --- shapes

SHAPES = [
    ("two", lambda data: cut(data, 10)),
    ("three", lambda data: cut(data, 10, 10)),
    ("ten", lambda data: every(data, len(data) // 10 + 1)),
    ("one_byte_each", lambda data: every(data, 1)),
    ("an_empty_first", lambda data: [b"", data]),
    ("an_empty_last", lambda data: [data, b""]),
    ("an_empty_one_inside", lambda data: [data[:9], b"", data[9:]]),
    ("empty_ones_around", lambda data: [b"", data, b""]),
    ("a_hundred_empty_ones", lambda data: [data[:9], *[b""] * 100, data[9:]]),
    ("one_byte_and_the_rest", lambda data: cut(data, 1)),
    ("all_but_one_byte", lambda data: cut(data, len(data) - 1))]


@shapes.each(SHAPES)
def of_this_shape_are_one_message(context, shape):
    session = context.open()
    sent = event_of_size(100)
    session.send_raw(*fragments(TEXT, shape(sent)))
    session.expect_echo(sent)
    session.is_alive()


@shapes.each(SHAPES[:9])
def of_this_shape_in_segments_of_their_own_are_one_message(context, shape):
    session = context.open()
    sent = event_of_size(60)
    for piece in fragments(TEXT, shape(sent)):
        session.send_raw(piece)
        context.witness.turn()
    session.expect_echo(sent)


@shapes.each([("125_and_126", 125, 126), ("126_and_125", 126, 125),
              ("65535_and_1", 65535, 1), ("65536_and_1", 65536, 1),
              ("1_and_65536", 1, 65536), ("16384_and_16384", 16384, 16384),
              ("16385_and_16383", 16385, 16383)])
def of_these_sizes_are_one_message(context, first, second):
    session = context.open()
    sent = event_of_size(first + second + 40)
    session.send_raw(*fragments(TEXT, cut(sent, first, second)))
    session.expect_echo(sent)


@shapes.each([1000, 5000])
def by_the_thousand_are_one_message(context, count):
    session = context.open()
    sent = event_of_size(count)
    session.send_raw(*fragments(TEXT, every(sent, 1)))
    session.expect_echo(sent)


@shapes.each([2, 5, 50])
def that_are_all_empty_are_an_empty_message(context, count):
    session = context.open()
    session.send_raw(*fragments(TEXT, [b""] * count))
    session.expect_error("bad_json")
    session.is_alive()


@shapes.case
def of_one_message_end_before_the_next(context):
    session = context.open()
    for size in (50, 200, 70000, 50):
        sent = event_of_size(size)
        session.send_raw(*fragments(TEXT, cut(sent, 20, 7)))
        session.expect_echo(sent)


@shapes.case
def of_messages_in_one_segment_are_told_apart(context):
    session = context.open()
    events = [event(n=i) for i in range(20)]
    session.send_raw(*[piece for sent in events
                       for piece in fragments(TEXT, cut(sent, 3, 5))])
    for sent in events:
        session.expect_echo(sent)


@shapes.case
def of_two_sessions_are_not_mixed(context):
    one, two = context.open(), context.open()
    first, second = event_of_size(90), event_of_size(80)
    for a, b in zip(fragments(TEXT, cut(first, 20, 20)),
                    fragments(TEXT, cut(second, 30, 10))):
        one.send_raw(a)
        two.send_raw(b)
        context.witness.turn()
    one.expect_echo(first)
    two.expect_echo(second)


@shapes.case
def chopped_into_bytes_are_one_message(context):
    session = context.open()
    sent = event_of_size(45)
    session.peer.dribble(b"".join(fragments(TEXT, cut(sent, 20, 10))),
                         context.witness)
    session.expect_echo(sent)


@shapes.each([("exactly", 0), ("one_less", -1)])
def at_the_limit_are_understood(context, more):
    session = context.open()
    sent = event_of_size(context.limit + more)
    session.send_raw(*fragments(TEXT, cut(sent, 40000, 40000)))
    session.expect_echo(sent)
    session.is_alive()


@shapes.each([("in_the_last", (50_000, 50_001)), ("by_an_empty_one",
                                                  (100_000, 0, 1)),
              ("in_the_first", (100_001, 5)), ("by_bytes",
                                               (99_998, 1, 1, 1))])
def beyond_the_limit_are_refused(context, sizes):
    session = context.open()
    session.send_raw(*fragments(TEXT, [b" " * size for size in sizes]))
    session.expect_failure(1009)


@shapes.case
def beyond_the_limit_are_refused_before_the_last(context):
    session = context.open()
    session.send_raw(*[frame(TEXT if i == 0 else CONTINUATION, b" " * 10000,
                             fin=False) for i in range(11)])
    session.expect_failure(1009)


@shapes.case
def beyond_the_limit_are_refused_when_one_announces_it(context):
    session = context.open()
    session.send(TEXT, b" " * 60000, fin=False)
    session.send(CONTINUATION, b" ", length=50000)
    session.expect_failure(1009)


@shapes.each([("both", 2), ("many", 20)])
def of_a_binary_are_refused_with_1003(context, count):
    session = context.open()
    session.send_raw(*fragments(BINARY, [b"x"] * count))
    session.expect_close(1003)


@shapes.case
def without_an_end_are_no_message(context):
    session = context.open()
    sent = event(n=1)
    session.send(TEXT, sent, fin=False)
    session.send(PING, b"so far")
    session.expect_pong(b"so far")
    session.send(CONTINUATION, b"")
    session.expect_echo(sent)


# --- control frames in between

def around(pieces, control):
    """The control frame between any two pieces."""
    mixture = pieces[:1]
    for piece in pieces[1:]:
        mixture += [control, piece]
    return mixture


@mixed.each([1, 2, 3])
def ping_is_answered_before_the_message(context, behind):
    session = context.open()
    sent = event_of_size(80)
    pieces = fragments(TEXT, cut(sent, 20, 20, 20))
    session.send_raw(*pieces[:behind])
    session.send(PING, b"between")
    session.expect_pong(b"between")
    session.send_raw(*pieces[behind:])
    session.expect_echo(sent)


@mixed.case
def ping_in_every_gap_is_answered(context):
    session = context.open()
    sent = event_of_size(50)
    for i, piece in enumerate(fragments(TEXT, every(sent, 1))):
        session.send_raw(piece)
        if i < len(sent) - 1:
            session.send(PING, b"%d" % i)
            session.expect_pong(b"%d" % i)
    session.expect_echo(sent)


@mixed.case
def ping_in_the_same_segment_changes_nothing(context):
    session = context.open()
    sent = event_of_size(80)
    session.send_raw(*around(fragments(TEXT, cut(sent, 20, 20)),
                             frame(PING, b"same")))
    session.expect_echo(sent)
    session.is_alive()
    check(b"same" in session.pongs, "no Ping was answered")


@mixed.each([("empty", b""), ("short", b"x"), ("long", bytes(125))])
def pong_that_nobody_wants_changes_nothing(context, payload):
    session = context.open()
    sent = event_of_size(80)
    session.send_raw(*around(fragments(TEXT, cut(sent, 20, 20)),
                             frame(PONG, payload)))
    session.expect_echo(sent)


@mixed.each([("no_utf8", b"\xff\xfe"), ("half_a_character", b"\xe2\x82"),
             ("random", os.urandom(125))])
def pong_need_not_be_utf8(context, payload):
    # Only text is: what the server sent in a Ping must come back as it is.
    session = context.open()
    sent = event_of_size(80)
    session.send_raw(*around(fragments(TEXT, cut(sent, 20, 20)),
                             frame(PONG, payload)))
    session.expect_echo(sent)


@mixed.case
def ping_chopped_into_bytes_changes_nothing(context):
    session = context.open()
    sent = event_of_size(60)
    first, last = fragments(TEXT, cut(sent, 20))
    session.send_raw(first)
    session.peer.dribble(frame(PING, b"chopped"), context.witness)
    session.expect_pong(b"chopped")
    session.send_raw(last)
    session.expect_echo(sent)


@mixed.case
def ping_of_the_largest_size_changes_nothing(context):
    session = context.open()
    sent = event_of_size(90000)
    payload = os.urandom(125)
    first, second, last = fragments(TEXT, cut(sent, 30000, 30000))
    session.send_raw(first)
    session.send(PING, payload)
    session.expect_pong(payload)
    session.send_raw(second, last)
    session.expect_echo(sent)


@mixed.case
def close_ends_the_connection(context):
    session = context.open()
    session.send(TEXT, event(n=1), fin=False)
    session.send(CLOSE, close_payload(1001))
    session.expect_close(1001)


# --- order

@errors.each([("final", True, b"x"), ("not_final", False, b"x"),
              ("final_and_empty", True, b""), ("whole_event", True,
                                               event(n=1))])
def continuation_of_nothing_is_refused(context, fin, payload):
    session = context.open()
    session.send(CONTINUATION, payload, fin=fin)
    session.expect_failure(1002)


@errors.each([("of_one_frame", 1), ("of_two_fragments", 2)])
def continuation_of_a_whole_message_is_refused(context, count):
    session = context.open()
    sent = event(n=1)
    pieces = [sent] if count == 1 else cut(sent, 9)
    session.send_raw(*fragments(TEXT, pieces), frame(CONTINUATION, b"x"))
    session.expect_failure_behind([sent], 1002)


@errors.each([("text", TEXT, True), ("first_of_a_text", TEXT, False),
              ("binary", BINARY, True), ("first_of_a_binary", BINARY, False)])
def message_inside_another_is_refused(context, opcode, fin):
    session = context.open()
    session.send(TEXT, event(n=1)[:9], fin=False)
    session.send(opcode, event(n=2), fin=fin)
    session.expect_failure(1002)


@errors.case
def message_behind_an_empty_first_fragment_is_refused(context):
    session = context.open()
    session.send(TEXT, b"", fin=False)
    session.send(TEXT, event(n=2))
    session.expect_failure(1002)


@errors.case
def message_inside_another_behind_a_ping_is_refused(context):
    session = context.open()
    session.send(TEXT, event(n=1)[:9], fin=False)
    session.send(PING, b"x")
    session.expect_pong(b"x")
    session.send(TEXT, event(n=2))
    session.expect_failure(1002)


@errors.each([("ping", PING, b"x"), ("empty_ping", PING, b""),
              ("pong", PONG, b"x"),
              ("close", CLOSE, close_payload(1000))])
def control_frame_in_fragments_is_refused(context, opcode, payload):
    session = context.open()
    session.send_raw(frame(opcode, payload, fin=False))
    session.expect_failure(1002)


@errors.case
def control_frame_in_two_fragments_is_refused(context):
    session = context.open()
    session.send_raw(*fragments(PING, [b"one", b"two"]))
    session.expect_failure(1002)


@errors.case
def control_frame_in_fragments_inside_a_message_is_refused(context):
    session = context.open()
    session.send(TEXT, event(n=1)[:9], fin=False)
    session.send_raw(frame(PING, b"x", fin=False))
    session.expect_failure(1002)
