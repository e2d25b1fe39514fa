"""What the server refuses of its own accord: RFC 6455, section 7.4.1 for the
codes, docs/protocol.md for the rest."""

from check import check
from frames import BINARY, CLOSE, PING, TEXT, close_payload, frame
from session import event, event_of_size
from suite import Group

sizes = Group("limits-size")
binaries = Group("limits-binary")
contents = Group("limits-content")


@sizes.each([("one_more", 1), ("twice", 100_000), ("tenfold", 900_000)])
def of_a_message_is_enforced_with_1009(context, more):
    session = context.open()
    session.send(TEXT, b" " * (context.limit + more))
    session.expect_close(1009)


@sizes.case
def of_a_message_is_enforced_with_a_reason(context):
    session = context.open()
    session.send(TEXT, b" " * (context.limit + 1))
    closed = session.expect_close(1009)
    check(closed.reason != "", "there is no reason")


@sizes.case
def of_a_message_is_enforced_in_the_middle_of_others(context):
    session = context.open()
    session.send_raw(frame(TEXT, event(n=1)), frame(TEXT, bytes(200_000)),
                     frame(TEXT, event(n=2)))
    session.expect_echo(event(n=1))
    session.expect_close(1009)


@sizes.case
def of_a_message_leaves_the_next_as_large(context):
    session = context.open()
    for _ in range(3):
        sent = event_of_size(context.limit)
        session.send(TEXT, sent)
        session.expect_echo(sent)


@sizes.case
def of_one_session_does_not_concern_another(context):
    witness = context.witness
    session = context.open()
    session.send(TEXT, b" " * (context.limit + 1))
    session.expect_close(1009)
    witness.is_alive()


@sizes.case
def is_enforced_though_the_client_does_not_read(context):
    session = context.open()
    session.send(TEXT, b" " * 10_000_000, length=2 ** 40, width=64)
    session.expect_failure(1009)


# --- binary

@binaries.each([0, 1, 125, 126, 65536, 100_000])
def message_is_refused_with_1003(context, size):
    session = context.open()
    session.send(BINARY, bytes(size))
    session.expect_close(1003)


@binaries.case
def message_is_refused_even_with_json_in_it(context):
    session = context.open()
    session.send(BINARY, event(n=1))
    session.expect_close(1003)


@binaries.case
def message_need_not_be_utf8_to_be_refused_with_1003(context):
    session = context.open()
    session.send(BINARY, b"\xff\xfe\xc0")
    session.expect_close(1003)


@binaries.case
def message_that_is_too_large_is_refused_for_one_or_the_other(context):
    session = context.open()
    session.send(BINARY, bytes(context.limit + 1))
    session.expect_close(1003, 1009)


@binaries.case
def message_is_the_last_that_is_read(context):
    session = context.open()
    session.send_raw(frame(BINARY, b"x"), frame(TEXT, event(n=1)))
    session.expect_close(1003)


@binaries.case
def message_lets_the_one_before_be_answered(context):
    session = context.open()
    session.send_raw(frame(TEXT, event(n=1)), frame(BINARY, b"x"))
    session.expect_echo(event(n=1))
    session.expect_close(1003)


@binaries.case
def message_may_be_followed_by_a_close_of_the_client(context):
    session = context.open()
    session.sent_close = True
    session.send_raw(frame(BINARY, b"x"),
                     frame(CLOSE, close_payload(1000)))
    session.expect_close(1003, 1000)


# --- content

BAD_JSON = ("bad_json",)
BAD_REQUEST = ("bad_request", "missing_field", "invalid_field")


@contents.each([
    ("nothing", b""), ("blank", b" "), ("word", b"hello"),
    ("half_an_object", b'{"event_type":"ping"'), ("comma", b'{"a":1,}'),
    ("single_quotes", b"{'event_type':'ping'}"),
    ("two_values", b'{"event_type":"ping"}{}'),
    ("zero_byte", b'{"event_type":"ping"}\0'),
    ("zero_byte_inside", b'{"event_type":"pi\0ng"}'),
    ("control_character", b'{"event_type":"ping","p":"\x01"}'),
    ("bad_escape", b'{"event_type":"ping","p":"\\x41"}'),
    ("half_a_surrogate", b'{"event_type":"ping","p":"\\ud800"}'),
    ("byte_order_mark", "\ufeff".encode() + b'{"event_type":"ping"}'),
    ("not_a_number", b'{"event_type":"ping","p":NaN}'),
    ("same_key_twice", b'{"event_type":"ping","p":1,"p":2}')])
def that_is_no_json_is_an_error_and_no_end(context, data):
    session = context.open()
    session.send(TEXT, data)
    session.expect_error(*BAD_JSON)
    session.is_alive()


@contents.each([("array", b"[]"), ("string", b'"ping"'), ("number", b"1"),
                ("null", b"null"), ("true", b"true"), ("empty_object", b"{}"),
                ("no_type", b'{"n":1}'), ("type_is_a_number",
                                          b'{"event_type":1}'),
                ("type_is_null", b'{"event_type":null}'),
                ("type_is_empty", b'{"event_type":""}')])
def that_is_no_event_is_an_error_and_no_end(context, data):
    session = context.open()
    session.send(TEXT, data)
    session.expect_error(*BAD_REQUEST)
    session.is_alive()


@contents.case
def that_is_nested_too_deep_is_an_error_and_no_end(context):
    session = context.open()
    session.send(TEXT, b'{"event_type":"ping","p":' + b"[" * 1000 + b"]" * 1000
                 + b"}")
    session.expect_error("too_deep")
    session.is_alive()


@contents.case
def that_nobody_knows_is_an_error_and_no_end(context):
    session = context.open()
    session.send(TEXT, b'{"event_type":"no.such.event"}')
    session.expect_error("unknown_event")
    session.is_alive()


@contents.case
def that_is_wrong_many_times_is_answered_each_time(context):
    session = context.open()
    session.send_raw(*[frame(TEXT, b"x")] * 50)
    for _ in range(50):
        session.expect_error("bad_json")
    session.is_alive()


@contents.case
def that_is_wrong_does_not_stop_pings(context):
    session = context.open()
    session.send_raw(frame(TEXT, b"x"), frame(PING, b"p"))
    session.expect_error("bad_json")
    session.expect_pong(b"p")
