"""Frames one by one: RFC 6455, section 5.2 and 5.3, and how TCP cuts them."""

import os

from check import check
from frames import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT,
                    close_payload, frame, read_frame, width_of)
from session import event, event_of_size
from suite import Group

lengths = Group("framing-length")
reserved = Group("framing-reserved")
masks = Group("framing-mask")
cuts = Group("framing-segments")

LARGEST = 2 ** 63 - 1


# --- length

@lengths.case
def of_0_bytes_is_a_message(context):
    session = context.open()
    session.send(TEXT, b"")
    session.expect_error("bad_json")
    session.is_alive()


@lengths.each([1, 2, 3])
def of_few_bytes_is_a_message(context, size):
    session = context.open()
    session.send(TEXT, b"123"[:size])
    session.expect_error("bad_request")
    session.is_alive()


@lengths.each([40, 63, 64, 100, 124, 125, 126, 127, 128, 129, 255, 256, 257,
               1000, 4095, 4096, 16383, 16384, 16385, 32768, 65533, 65534,
               65535, 65536, 65537, 65550])
def of_any_text_is_understood(context, size):
    session = context.open()
    sent = event_of_size(size)
    session.send(TEXT, sent)
    session.expect_echo(sent)


@lengths.each([("one_less", -1), ("exactly", 0)])
def at_the_limit_is_understood(context, more):
    session = context.open()
    sent = event_of_size(context.limit + more)
    session.send(TEXT, sent)
    session.expect_echo(sent)
    session.is_alive()


@lengths.each([("40_in_16_bits", 40, 16), ("125_in_16_bits", 125, 16),
               ("40_in_64_bits", 40, 64), ("126_in_64_bits", 126, 64),
               ("65535_in_64_bits", 65535, 64)])
def in_a_longer_form_is_refused_or_not_misread(context, size, width):
    # Senders must not do this; what a receiver does is not said.
    session = context.open_plain()
    sent = event_of_size(size)
    session.send(TEXT, sent, width=width)
    session.send(PING, b"behind")
    got = read_frame(session.peer)
    if got.opcode == CLOSE:
        check(got.payload[:2] == close_payload(1002), f"closed: {got}")
    else:
        session.peer.received = b""
        check(got.opcode in (TEXT, PONG), f"answered: {got}")
        session.is_alive()


@lengths.each([("0_in_16_bits", 16), ("0_in_64_bits", 64)])
def of_an_empty_ping_in_a_longer_form_is_refused(context, width):
    # Control frames have at most 125 bytes: 126 and 127 are out of place.
    session = context.open()
    session.send(PING, b"", width=width)
    session.expect_failure(1002)


@lengths.each([("just_that", 1 << 63), ("all_bits", 2 ** 64 - 1),
               ("and_40", 1 << 63 | 40)])
def with_the_highest_bit_of_64_is_refused(context, length):
    session = context.open()
    session.send(TEXT, event(n=1), length=length, width=64)
    session.expect_failure(1002)


@lengths.each([("limit_and_1", 100_001), ("32_bits", 2 ** 32),
               ("32_bits_and_40", 2 ** 32 + 40), ("62_bits", 2 ** 62),
               ("63_bits", LARGEST)])
def beyond_the_limit_is_refused_before_it_has_come(context, length):
    session = context.open()
    session.send(TEXT, event(n=1), length=length, width=64)
    session.expect_failure(1009)


@lengths.case
def beyond_everything_takes_no_memory(context):
    sessions = [context.open() for _ in range(20)]
    for session in sessions:
        session.send(TEXT, b"", length=LARGEST, width=64, key=bytes(4))
    context.witness.is_alive()
    for session in sessions:
        session.send_raw(b"x")
        session.expect_failure(1009)


@lengths.case
def that_is_too_short_makes_the_rest_a_bad_frame(context):
    # "{" has reserved bits, whatever the mask: it is zero here.
    session = context.open()
    sent = event(n=1)
    session.send(TEXT, sent + sent, length=len(sent), key=bytes(4))
    session.expect_failure_behind([sent], 1002)


@lengths.case
def that_is_too_long_takes_from_the_next_frame(context):
    session = context.open()
    first = frame(TEXT, event(n=1), length=60, key=bytes(4))
    session.send_raw(first)
    context.witness.is_alive()
    session.send_raw(b" " * (60 - len(event(n=1))))
    session.expect_echo(event(n=1))
    session.is_alive()


@lengths.case
def that_never_comes_is_no_message(context):
    session = context.open()
    session.send(TEXT, event(n=1), length=100)
    session.peer.finish()
    rest = session.peer.read_to_end()
    check(b"pong" not in rest, f"answered {rest!r}")


@lengths.each([0, 1, 125, 126, 65535, 65536])
def of_the_servers_own_frames_is_written_right(context, size):
    # read_frame() refuses masks, longer forms and anything reserved.
    session = context.open()
    for _ in range(3):
        session.echo(p="x" * size)


# --- reserved bits and opcodes

@reserved.each(["3", "4", "5", "6", "7", "b", "c", "d", "e", "f"])
def opcode_is_refused(context, digit):
    session = context.open()
    session.send(int(digit, 16), b"")
    session.expect_failure(1002)


@reserved.each(["3", "7", "b", "f"])
def opcode_with_a_payload_is_refused(context, digit):
    session = context.open()
    session.send(int(digit, 16), event(n=1))
    session.expect_failure(1002)


@reserved.each(["3", "7"])
def opcode_of_a_first_fragment_is_refused(context, digit):
    session = context.open()
    session.send(int(digit, 16), b"x", fin=False)
    session.expect_failure(1002)


@reserved.each(["3", "b"])
def opcode_behind_a_good_message_is_refused(context, digit):
    session = context.open()
    sent = event(n=1)
    session.send_raw(frame(TEXT, sent), frame(int(digit, 16), b""))
    session.expect_failure_behind([sent], 1002)


@reserved.case
def opcode_keeps_what_is_behind_it_from_being_read(context):
    session = context.open()
    session.send_raw(frame(3, b""), frame(TEXT, event(n=1)))
    session.expect_failure(1002)


@reserved.each(range(1, 8))
def bits_of_a_text_are_refused(context, bits):
    session = context.open_plain()
    session.send(TEXT, event(n=1), rsv=bits)
    session.expect_failure(1002)


@reserved.each([1, 2, 4, 7])
def bits_of_an_empty_text_are_refused(context, bits):
    session = context.open_plain()
    session.send(TEXT, b"", rsv=bits)
    session.expect_failure(1002)


@reserved.each([1, 2, 4])
def bits_of_a_binary_are_refused(context, bits):
    session = context.open_plain()
    session.send(BINARY, b"x", rsv=bits)
    session.expect_failure(1002)


@reserved.each([1, 2, 4, 7])
def bits_of_a_ping_are_refused(context, bits):
    session = context.open()
    session.send(PING, b"x", rsv=bits)
    session.expect_failure(1002)


@reserved.each([1, 2, 4])
def bits_of_a_pong_are_refused(context, bits):
    session = context.open()
    session.send(PONG, b"", rsv=bits)
    session.expect_failure(1002)


@reserved.each([1, 2, 4])
def bits_of_a_close_are_refused(context, bits):
    session = context.open()
    session.send_raw(frame(CLOSE, close_payload(1000), rsv=bits))
    session.expect_failure(1002)


@reserved.each([1, 2, 4])
def bits_of_a_continuation_are_refused(context, bits):
    session = context.open()
    session.send(TEXT, event(n=1)[:9], fin=False)
    session.send(CONTINUATION, event(n=1)[9:], rsv=bits)
    session.expect_failure(1002)


# --- mask

@masks.each([("zero", bytes(4)), ("ones", b"\xff" * 4),
             ("first_byte", b"\x01\0\0\0"), ("last_byte", b"\0\0\0\x80"),
             ("letters", b"{\"ev")])
def of_any_value_is_taken_off(context, key):
    session = context.open()
    for size in (40, 126, 70000):
        sent = event_of_size(size)
        session.send(TEXT, sent, key=key)
        session.expect_echo(sent)


@masks.case
def is_a_new_one_for_each_frame(context):
    session = context.open()
    for _ in range(20):
        sent = event(n=1)
        session.send(TEXT, sent, key=os.urandom(4))
        session.expect_echo(sent)


@masks.each(range(1, 9))
def goes_on_where_a_segment_ended(context, size):
    session = context.open()
    sent = event_of_size(64)
    data = frame(TEXT, sent)
    session.peer.send(data[:6])  # the header, with the mask
    session.peer.dribble(data[6:], context.witness, size)
    session.expect_echo(sent)


@masks.case
def starts_anew_in_each_fragment(context):
    session = context.open()
    sent = event_of_size(64)
    key = b"\x12\x34\x56\x78"
    session.send_raw(frame(TEXT, sent[:33], fin=False, key=key),
                     frame(CONTINUATION, sent[33:38], fin=False, key=key),
                     frame(CONTINUATION, sent[38:], key=key))
    session.expect_echo(sent)


@masks.each([("text", TEXT, event(n=1)), ("empty_text", TEXT, b""),
             ("ping", PING, b"x"), ("empty_ping", PING, b""),
             ("pong", PONG, b"x"), ("close", CLOSE, close_payload(1000)),
             ("binary", BINARY, b"x")])
def missing_is_refused(context, opcode, payload):
    # Section 5.1: a server must close the connection.
    session = context.open()
    session.send_raw(frame(opcode, payload, mask=False),
                     frame(TEXT, event(n=2)))
    session.expect_failure(1002)


@masks.case
def missing_from_a_fragment_is_refused(context):
    session = context.open()
    sent = event(n=1)
    session.send_raw(frame(TEXT, sent[:5], fin=False),
                     frame(CONTINUATION, sent[5:], mask=False))
    session.expect_failure(1002)


@masks.case
def is_never_on_the_servers_frames(context):
    session = context.open()
    session.send(PING, b"x")
    session.expect_pong(b"x")
    session.is_alive()


# --- segments

@cuts.each([("7_bit_length", 50), ("16_bit_length", 200)])
def of_one_byte_each_are_put_together(context, size):
    session = context.open()
    sent = event_of_size(size)
    session.peer.dribble(frame(TEXT, sent), context.witness)
    session.expect_echo(sent)


@cuts.case
def of_one_byte_each_with_a_64_bit_length_are_put_together(context):
    session = context.open()
    sent = event_of_size(65600)
    data = frame(TEXT, sent)
    session.peer.dribble(data[:50], context.witness)
    session.peer.dribble(data[50:], context.witness, 997)
    session.expect_echo(sent)


@cuts.each([("7", 50), ("16", 300), ("64", 66000)])
def cut_anywhere_in_a_header_are_put_together(context, size):
    session = context.open()
    header = 2 + {7: 0, 16: 2, 64: 8}[width_of(size)] + 4
    for cut in range(1, header + 2):
        sent = event_of_size(size)
        data = frame(TEXT, sent)
        session.peer.dribble(data[:cut], context.witness, cut)
        session.send_raw(data[cut:])
        session.expect_echo(sent)


@cuts.each([2, 3, 7, 128, 1021, 1460, 16384, 40000])
def of_any_size_are_put_together(context, size):
    session = context.open()
    sent = event_of_size(min(size * 40, 99000))
    data = frame(TEXT, sent)
    session.peer.dribble(data, context.witness, size)
    session.expect_echo(sent)


@cuts.each([2, 10, 100, 1000])
def with_many_frames_are_answered_in_order(context, count):
    session = context.open()
    events = [event(n=i) for i in range(count)]
    session.send_raw(*[frame(TEXT, sent) for sent in events])
    for sent in events:
        session.expect_echo(sent)


@cuts.each([1, 5, 17, 39])
def across_frames_are_taken_apart(context, size):
    session = context.open()
    events = [event(n=i) for i in range(4)]
    data = b"".join(frame(TEXT, sent) for sent in events)
    session.peer.dribble(data, context.witness, size)
    for sent in events:
        session.expect_echo(sent)


@cuts.case
def with_a_bad_frame_behind_good_ones_are_refused(context):
    session = context.open()
    events = [event(n=i) for i in range(10)]
    session.send_raw(*[frame(TEXT, sent) for sent in events], frame(4, b""))
    session.expect_failure_behind(events, 1002)
