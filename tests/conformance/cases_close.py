"""The end of a connection: RFC 6455, sections 5.5.1 and 7."""

from check import check, equal
from frames import (BINARY, CLOSE, CONTINUATION, PING, RSV1, TEXT,
                    close_payload, frame, read_frame)
from peer import Ended
from session import Closed, event
from suite import Group

SOON = 4  # seconds; the server waits 5 for a Close that does not come

HIGH = b"\x81\x82\x83\x84"  # a mask that sets bits where they mislead

codes = Group("close-code")
reasons = Group("close-reason")
orders = Group("close-order")
ends = Group("close-tcp")


# --- code

@codes.each([*range(1000, 1004), *range(1007, 1012), 3000, 3001, 3999, 4000,
             4001, 4999])
def that_is_allowed_comes_back(context, code):
    session = context.open()
    session.send(CLOSE, close_payload(code))
    session.expect_close(code)


@codes.each([1012, 1013, 1014])
def that_was_registered_later_comes_back(context, code):
    session = context.open()
    session.send(CLOSE, close_payload(code))
    session.expect_close(code)


@codes.each([0, 1, 100, 999, 1004, 1005, 1006, 1015, 1016, 1017, 1100, 1999,
             2000, 2999, 5000, 5001, 10000, 65535])
def that_is_not_allowed_is_answered_with_1002(context, code):
    session = context.open()
    session.send(CLOSE, close_payload(code))
    session.expect_close(1002)


@codes.case
def missing_comes_back_missing_or_as_1000(context):
    session = context.open()
    session.send(CLOSE, b"")
    session.expect_close(None, 1000)


@codes.each([("zero", b"\0"), ("three", b"\3")])
def of_one_byte_is_answered_with_1002(context, payload):
    session = context.open()
    session.send(CLOSE, payload)
    session.expect_close(1002)


# --- reason

@reasons.each([("one_letter", "x"), ("empty", ""), ("words", "so long"),
               ("accents", "déjà vu"), ("emoji", "😀" * 30),
               ("123_bytes", "r" * 123), ("122_bytes", "r" * 122),
               ("123_bytes_of_euros", "€" * 41), ("zero", "a\0b")])
def that_is_utf8_is_accepted(context, text):
    session = context.open()
    session.send(CLOSE, close_payload(1000, text.encode()))
    session.expect_close(1000)


@reasons.each([("ff", b"\xff"), ("half", b"half \xe2\x82"),
               ("overlong", b"\xc0\xaf"), ("surrogate", b"\xed\xa0\x80"),
               ("continuation", b"\x80"), ("too_large", b"\xf4\x90\x80\x80"),
               ("cut_at_123", b"r" * 121 + b"\xf0\x9f")])
def that_is_not_utf8_is_refused(context, raw):
    session = context.open()
    session.send(CLOSE, close_payload(1000, raw))
    session.expect_close(1007, 1002)


@reasons.each([("124_bytes", 124), ("1000_bytes", 1000)])
def that_is_too_long_is_refused(context, size):
    session = context.open()
    session.send_raw(frame(CLOSE, close_payload(1000, b"r" * size)))
    session.expect_close(1002)


# --- order

@orders.case
def frame_chopped_into_bytes_is_answered(context):
    session = context.open()
    session.sent_close = True
    session.peer.dribble(frame(CLOSE, close_payload(1000, b"bye")),
                         context.witness)
    session.expect_close(1000)


@orders.each([("at_once", True), ("later", False)])
def frame_twice_is_answered_once(context, at_once):
    session = context.open()
    data = frame(CLOSE, close_payload(1000))
    session.sent_close = True
    if at_once:
        session.send_raw(data, data)
        session.expect_close(1000)
        return
    session.send_raw(data)
    got = read_frame(session.peer)
    equal((got.opcode, got.payload), (CLOSE, close_payload(1000)), "it")
    session.send_raw(data)
    session.expect_end()


@orders.each([("text", frame(TEXT, event(n=1))),
              ("ping", frame(PING, b"x")),
              ("fragment", frame(TEXT, b"x", fin=False)),
              ("continuation", frame(CONTINUATION, b"x")),
              ("bad_opcode", frame(3, b"x")),
              ("bad_utf8", frame(TEXT, b"\xff")),
              ("half_a_frame", frame(TEXT, event(n=1))[:9]),
              ("nonsense", bytes(range(256)))])
def frame_is_the_last_that_is_read(context, behind):
    session = context.open()
    session.sent_close = True
    session.send_raw(frame(CLOSE, close_payload(1000)), behind)
    session.expect_close(1000)


@orders.case
def frame_right_behind_the_welcome_is_answered(context):
    session = context.upgrade()
    session.send(CLOSE, close_payload(1000))
    session.read_welcome()
    session.expect_close(1000)


@orders.case
def frame_behind_a_message_is_answered(context):
    session = context.open()
    session.sent_close = True
    session.send_raw(frame(TEXT, event(n=1)), frame(CLOSE,
                                                    close_payload(1000)))
    try:
        session.expect_echo(event(n=1))
    except Closed as closed:  # the answer to the message may be lost
        equal(closed.code, 1000, "the code")
        session.expect_end()
    else:
        session.expect_close(1000)


@orders.case
def frame_of_the_server_answers_a_goodbye(context):
    session = context.open()
    session.send(TEXT, b'{"event_type":"disconnect"}')
    session.expect_close(1000)


@orders.each([1000, 1001, 4000])
def frame_of_the_server_may_be_answered_with_any_code(context, code):
    session = context.open()
    session.send(TEXT, b'{"event_type":"disconnect"}')
    got = read_frame(session.peer)
    equal((got.opcode, got.payload[:2]), (CLOSE, close_payload(1000)), "it")
    session.send(CLOSE, close_payload(code))
    session.expect_end()


@orders.case
def frame_of_the_server_is_its_last(context):
    session = context.open()
    session.send(TEXT, b'{"event_type":"disconnect"}')
    got = read_frame(session.peer)
    equal((got.opcode, got.payload[:2]), (CLOSE, close_payload(1000)), "it")
    session.send_raw(frame(TEXT, event(n=1)), frame(PING, b"x"),
                     frame(CLOSE, close_payload(1000)))
    session.expect_end()


@orders.case
def frames_may_cross(context):
    session = context.open()
    session.sent_close = True
    session.send_raw(frame(TEXT, b'{"event_type":"disconnect"}'),
                     frame(CLOSE, close_payload(1001)))
    session.expect_close(1000, 1001)


@orders.case
def frame_ends_a_half_sent_message(context):
    session = context.open()
    session.send(TEXT, event(n=1)[:5], fin=False)
    session.send(CLOSE, close_payload(1000))
    session.expect_close(1000)


@orders.case
def frame_of_one_session_leaves_others_alone(context):
    witness = context.witness
    session = context.open()
    session.send(CLOSE, close_payload(1000))
    session.expect_close(1000)
    witness.is_alive()


# --- TCP

@ends.case
def is_ended_by_the_server_first(context):
    # Section 7.1.1: so that the client's side is free at once. expect_close()
    # waits for the server's end and sends none.
    session = context.open()
    session.send(CLOSE, close_payload(1000))
    session.expect_close(1000)


@ends.case
def is_ended_by_the_server_first_when_it_closes(context):
    session = context.open()
    session.send(TEXT, b'{"event_type":"disconnect"}')
    session.expect_close(1000)


@ends.each([("opcode", frame(3, b"")), ("order", frame(CONTINUATION, b"x")),
            ("utf8", frame(TEXT, b"\xff")),
            ("fragmented_ping", frame(PING, b"x", fin=False)),
            ("binary", frame(BINARY, b"x")),
            ("reserved_bit", frame(TEXT, event(n=1), rsv=RSV1, key=HIGH))])
def is_ended_by_the_server_first_when_it_fails(context, data):
    # Without a FIN of the client, and sooner than a Close is waited for.
    session = context.open_plain()
    session.send_raw(data)
    while read_frame(session.peer).opcode != CLOSE:
        pass
    session.send(CLOSE, close_payload(1002), key=HIGH)
    session.peer.read_to_end(SOON)


@ends.case
def is_ended_even_when_the_client_does_not_answer(context):
    session = context.open()
    session.send(TEXT, b'{"event_type":"disconnect"}')
    got = read_frame(session.peer)
    equal(got.opcode, CLOSE, "the opcode")
    session.expect_end()


@ends.each([("nothing", b""), ("half_a_header", frame(TEXT, event(n=1))[:1]),
            ("header", frame(TEXT, event(n=1))[:6]),
            ("half_a_frame", frame(TEXT, event(n=1))[:15]),
            ("fragment", frame(TEXT, event(n=1), fin=False))])
def half_closed_by_the_client_ends(context, data):
    session = context.open()
    session.send_raw(data)
    session.peer.finish()
    rest = session.peer.read_to_end()
    check(rest == b"" or rest[:1] == b"\x88", f"{rest!r} came")
    context.witness.is_alive()


@ends.case
def half_closed_behind_a_message_may_lose_its_answer_only(context):
    session = context.open()
    session.send(TEXT, event(n=1))
    session.peer.finish()
    try:
        session.expect_echo(event(n=1))
    except Ended:
        pass
    session.peer.read_to_end()
    context.witness.is_alive()


@ends.case
def half_closed_with_a_close_is_answered(context):
    session = context.open()
    session.sent_close = True
    session.peer.send_last(frame(CLOSE, close_payload(1000)))
    session.expect_close(1000)


@ends.each([("open", b""), ("header", frame(TEXT, event(n=1))[:3]),
            ("half_a_frame", frame(TEXT, event(n=1))[:15]),
            ("fragment", frame(TEXT, event(n=1), fin=False)),
            ("message", frame(TEXT, event(n=1))),
            ("ping", frame(PING, b"x")),
            ("close", frame(CLOSE, close_payload(1000))),
            ("bad_frame", frame(3, b""))])
def reset_in_any_state_does_no_harm(context, data):
    witness = context.witness
    for _ in range(5):
        session = context.open()
        session.send_raw(data)
        session.peer.reset()
    witness.is_alive()


@ends.case
def reset_while_the_server_waits_for_a_close_does_no_harm(context):
    session = context.open()
    session.send(TEXT, b'{"event_type":"disconnect"}')
    read_frame(session.peer)
    session.peer.reset()
    context.witness.is_alive()
