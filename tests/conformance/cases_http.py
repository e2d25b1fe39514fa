"""The opening handshake as an HTTP request: targets, header syntax, sizes and
how the bytes arrive. RFC 9112, and RFC 6455, section 4.2."""

import handshake
from check import check, equal, one_of
from frames import CLOSE, PING, TEXT, close_payload, frame
from handshake import request, target
from session import Session, event, event_of_size
from suite import Group
from upgrade import PLAIN_GET, accepted, refused

targets = Group("handshake-target")
origins = Group("handshake-origin")
syntax = Group("handshake-syntax")
sizes = Group("handshake-size")
arrival = Group("handshake-arrival")

TOO_LARGE = (400, 413, 414, 431)


# --- the target

@targets.each(["/", "/w", "/wss", "/WS", "/ws/", "/ws/x", "/x/ws",
               ("parent", "/ws/../../etc/passwd"), ("encoded_slash", "/ws%2F"),
               ("nul", "/ws%00")])
def of_another_path_is_refused(context, path):
    refused(context, request(uri=target(path=path)), (400, 404))


@targets.case
def is_the_same_when_a_letter_is_encoded(context):
    accepted(context, request(uri=target(path="/%77s")))


@targets.each([("asterisk", "*"), ("no_slash", "ws"), ("fragment", "/ws#top"),
               ("authority", "host:80")])
def of_no_valid_form_is_refused(context, uri):
    refused(context, request(uri=uri), (400, 404))


def user_of(context, text):
    return context.upgrade(request(
        uri=f"/ws?user_id={text}&token=t")).read_welcome()["user_id"]


@targets.each([("letter", "%61bc", "abc"), ("lower_hex", "%c3%a9", "é"),
               ("upper_hex", "%C3%A9", "é"), ("four_bytes",
                                              "%F0%9F%98%80", "😀"),
               ("percent", "100%25", "100%"), ("ampersand", "a%26b", "a&b"),
               ("equals", "a%3Db", "a=b"), ("twice", "%2541", "%41"),
               ("plain_marks", "a-b._~", "a-b._~"), ("at", "a@b", "a@b")])
def query_is_percent_decoded_once(context, text, wanted):
    equal(user_of(context, text), wanted, "the user")


@targets.each([("not_hex", "a%zzb"), ("cut", "a%4"), ("nul", "a%00b"),
               ("overlong", "%C0%AF"), ("surrogate", "%ED%A0%80"),
               ("half", "%C3"), ("newline", "a%0D%0Ab"),
               ("control", "a\x01b"), ("encoded_control", "a%01b")])
def query_that_decodes_to_no_name_is_no_name(context, text):
    """Refused at once, or told why and closed; never a user so called."""
    answer, peer = context.ask(request(uri=f"/ws?user_id={text}&token=t"))
    one_of(answer.status, (101, 400, 403), "the status")
    if answer.status == 101:
        Session(peer, answer).expect_close(*range(4400, 4500))


@targets.case
def query_may_be_empty(context):
    one_of(context.ask(request(uri="/ws?"))[0].status, (101,), "the status")


@targets.case
def query_may_be_missing(context):
    one_of(context.ask(request(uri="/ws"))[0].status, (101,), "the status")


@targets.case
def query_may_have_arguments_that_nobody_knows(context):
    accepted(context, request(uri=target(query="a=1&b&c=&=d&&e=%20")))


# --- Origin: RFC 6455, 10.2

@origins.case
def missing_is_accepted_from_clients_that_are_no_browsers(context):
    accepted(context, request())


@origins.case
def of_any_kind_is_accepted_without_an_allow_list(context):
    accepted(context, request(add=["Origin: https://any.example"]))


@origins.case(needs="origins")
def on_the_allow_list_is_accepted(context):
    accepted(context, request(add=["Origin: https://app.example"]))


@origins.case(needs="origins")
def missing_is_accepted_even_with_an_allow_list(context):
    accepted(context, request())


@origins.each(["https://evil.example", "http://app.example",
               "https://app.example:8443", "https://app.example.evil.example",
               "https://xapp.example", "https://sub.app.example", "null",
               ("nothing", ""), ("slash", "https://app.example/"),
               ("list", "https://app.example https://evil.example"),
               ("user", "https://app.example@evil.example")],
              needs="origins")
def not_on_the_allow_list_is_refused_with_403(context, origin):
    refused(context, request(add=[f"Origin: {origin}"]), (403,))


@origins.case(needs="origins")
def twice_is_refused(context):
    refused(context, request(add=["Origin: https://app.example",
                                  "Origin: https://evil.example"]),
            (400, 403))


# --- syntax

@syntax.each([("lower", bytes.lower), ("upper", bytes.upper)])
def of_header_names_has_no_case(context, change):
    first, rest = request().split(b"\r\n", 1)
    lines = [change(name) + b":" + value for name, _, value in
             (line.partition(b":") for line in rest.split(b"\r\n")[:-2])]
    accepted(context, b"\r\n".join([first, *lines, b"", b""]))


@syntax.each([("none", b":"), ("three_spaces", b":   "), ("tab", b":\t")])
def allows_any_blanks_before_values(context, colon):
    accepted(context, request().replace(b": ", colon))


@syntax.each([("space", " "), ("tab", "\t")])
def allows_blanks_behind_values(context, blank):
    accepted(context, request(
        host="localhost" + blank, upgrade="websocket" + blank,
        connection="Upgrade" + blank, add=["X-Name: value" + blank]))


@syntax.case
def allows_headers_in_any_order(context):
    first, *lines = request().split(b"\r\n")[:-2]
    accepted(context, b"\r\n".join([first, *lines[::-1], b"", b""]))


@syntax.case
def allows_an_empty_line_in_front(context):
    accepted(context, b"\r\n" + request())


@syntax.case
def allows_bytes_above_127_in_values(context):
    accepted(context, request(add=["X-Name: caf\xe9 \xff"]))


@syntax.case
def allows_empty_values_of_other_headers(context):
    accepted(context, request(add=["X-Nothing:", "X-Blank:   "]))


@syntax.case
def allows_or_refuses_bare_line_feeds(context):
    answer, _ = context.ask(request(end="\n"))
    one_of(answer.status, (101, 400), "the status")


@syntax.each([("of_host", "Host : localhost", ["host"]),
              ("of_another", "X-Name : value", []),
              ("of_another_tab", "X-Name\t: value", [])])
def forbids_blanks_before_the_colon(context, line, without):
    # RFC 9112, 5.1: a server must answer with 400.
    refused(context, request(without=without, add=[line]), (400,))


@syntax.each([("space", " folded"), ("tab", "\tfolded")])
def forbids_folded_lines(context, fold):
    # RFC 9112, 5.2: 400, or each fold becomes a blank.
    answer, _ = context.ask(request(add=["X-Long: begins", fold]))
    one_of(answer.status, (101, 400), "the status")


@syntax.case
def does_not_find_headers_in_folded_lines(context):
    answer, _ = context.ask(request(
        without=["sec-websocket-version"],
        add=["X-Long: begins", " Sec-WebSocket-Version: 13"]))
    one_of(answer.status, (400, 426), "the status")


@syntax.each([("no_colon", "nonsense"), ("no_name", ": nonsense"),
              ("space_in_name", "X Name: y"), ("paren", "X(Name): y"),
              ("nul_in_name", "X\0Name: y"), ("non_ascii_name", "X\xe4: y")])
def forbids_lines_that_are_no_headers(context, line):
    refused(context, request(add=[line]), (400,))


@syntax.each([("nul", "\0"), ("carriage_return", "\r")])
def forbids_control_characters_in_values(context, character):
    # RFC 9110, 5.5: refused, or a blank in their place.
    answer, _ = context.ask(request(
        host=f"local{character}host"))
    equal(answer.status, 400, "the status")


@syntax.each([("two_spaces", b"GET  "), ("space_in_front", b" GET "),
              ("tab", b"GET\t")])
def of_the_request_line_is_kept_or_refused(context, begin):
    answer, _ = context.ask(request().replace(b"GET ", begin, 1))
    one_of(answer.status, (101, 400, 403, 501), "the status")


@syntax.each([("text", b"hello\r\n\r\n"), ("empty_lines", b"\r\n" * 50
                                           + b"x\r\n\r\n"),
              ("tls", bytes.fromhex("16030100a5010000a10303") + bytes(64)),
              ("frames", frame(TEXT, b"hello") * 3 + b"\r\n\r\n"),
              ("http2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")])
def of_something_else_is_refused_or_the_end(context, data):
    peer = context.connect()
    peer.send(data)
    rest = peer.read_to_end()
    check(rest == b"" or rest[:10] in (b"HTTP/1.1 4", b"HTTP/1.1 5",
                                       b"HTTP/1.0 4", b"HTTP/1.0 5"),
          f"answered {rest[:100]!r}")
    context.witness.is_alive()


# --- sizes

@sizes.case
def of_fifty_small_headers_are_accepted(context):
    accepted(context, request(add=[f"X-{i}: {i}" for i in range(50)]))


@sizes.case
def of_a_two_kilobyte_cookie_is_accepted(context):
    accepted(context, request(add=["Cookie: a=" + "x" * 2000]))


@sizes.each([("cookie", ["Cookie: a=" + "x" * 5000]),
             ("one_header", ["X-Long: " + "x" * 8192]),
             ("one_name", ["X" * 5000 + ": y"]),
             ("many_headers", [f"X-Header-{i}: value" for i in range(1000)]),
             ("authorization", ["Authorization: Bearer " + "x" * 6000])])
def beyond_the_limit_are_refused_with_a_status(context, lines):
    # RFC 9110, 5.4: a server must answer with a 4xx status.
    refused(context, request(add=lines), TOO_LARGE)


@sizes.each([("3000_bytes", 3000), ("8000_bytes", 8000),
             ("70000_bytes", 70000)])
def of_a_target_beyond_the_limit_are_refused_with_414(context, size):
    # RFC 9112, 3: a server must answer with 414.
    refused(context, request(uri="/ws?user_id=a&x=" + "x" * size),
            (414,))


@sizes.case
def beyond_the_limit_do_no_harm_to_others(context):
    witness = context.witness
    peer = context.connect()
    peer.send(b"GET /ws HTTP/1.1\r\n" + b"X-Flood: yes\r\n" * 20000)
    peer.read_to_end()
    witness.is_alive()


# --- how it arrives

@arrival.case
def byte_by_byte_is_accepted(context):
    peer = context.connect()
    peer.dribble(request(), context.witness)
    equal(handshake.read_answer(peer).status, 101, "the status")


@arrival.each([("7_bytes", 7), ("64_bytes", 64), ("100_bytes", 100)])
def in_pieces_is_accepted(context, size):
    peer = context.connect()
    peer.dribble(request(), context.witness, size)
    equal(handshake.read_answer(peer).status, 101, "the status")


@arrival.each([1, 2, 3])
def cut_inside_the_empty_line_is_accepted(context, missing):
    data = request()
    peer = context.connect()
    peer.dribble(data[:-missing], context.witness, len(data))
    peer.send(data[-missing:])
    equal(handshake.read_answer(peer).status, 101, "the status")


def with_frames(context, *frames):
    """A session whose first frames came in one piece with its handshake."""
    session = context.upgrade(request() + b"".join(frames))
    session.read_welcome()
    return session


@arrival.case
def with_a_frame_behind_is_answered_in_order(context):
    sent = event(n=1)
    with_frames(context, frame(TEXT, sent)).expect_echo(sent)


@arrival.case
def with_many_frames_behind_is_answered_in_order(context):
    events = [event(n=i) for i in range(50)]
    session = with_frames(context, *[frame(TEXT, e) for e in events])
    for sent in events:
        session.expect_echo(sent)


@arrival.each([1000, 4096, 20000, 60000, 99999])
def with_a_large_frame_behind_is_answered(context, size):
    sent = event_of_size(size)
    with_frames(context, frame(TEXT, sent)).expect_echo(sent)


@arrival.case
def with_half_a_frame_behind_waits_for_the_rest(context):
    sent = event(n=1)
    data = frame(TEXT, sent)
    session = with_frames(context, data[:9])
    context.witness.is_alive()
    session.send_raw(data[9:])
    session.expect_echo(sent)


@arrival.case
def with_a_ping_behind_is_answered(context):
    with_frames(context, frame(PING, b"early")).expect_pong(b"early")


@arrival.case
def with_a_close_behind_is_closed(context):
    session = context.upgrade(
        request() + frame(CLOSE, close_payload(1000)))
    session.sent_close = True
    welcome_or_close = session.peer.read_to_end()
    check(b"\x88\x02\x03\xe8" in welcome_or_close, "no Close came back")


@arrival.case
def with_a_bad_frame_behind_is_failed(context):
    session = context.upgrade(request() + frame(3, b"x"))
    session.read_welcome()
    session.expect_failure(1002)


@arrival.case
def with_a_second_handshake_behind_is_failed(context):
    # What follows the first are frames, and "GE" is none.
    session = context.upgrade(request() + request())
    session.read_welcome()
    session.expect_failure(1002)


@arrival.case
def behind_another_request_in_one_piece_is_accepted_or_the_end(context):
    peer = context.connect()
    peer.send(PLAIN_GET + request())
    equal(handshake.read_answer(peer).status, 200, "the first status")
    rest = handshake.read_answer(peer)
    equal(rest.status, 101, "the second status")


@arrival.case
def of_a_refused_one_leaves_its_frames_unread(context):
    data = request(key="short") + frame(TEXT, event(n=1))
    refused(context, data, (400,))


@arrival.case
def with_an_end_behind_does_no_harm(context):
    peer = context.connect()
    peer.send(request())
    peer.finish()
    peer.read_to_end()
    context.witness.is_alive()


@arrival.each([("nothing", 0), ("half", 60), ("all", 10000)])
def with_a_reset_behind_does_no_harm(context, size):
    witness = context.witness
    peer = context.connect()
    peer.send(request()[:size])
    peer.reset()
    witness.is_alive()


@arrival.each([("nothing", 0), ("half_a_line", 10), ("half", 60),
               ("all_but_the_end", -1)])
def that_never_ends_is_cut_off(context, size):
    peer = context.connect()
    peer.send(request()[:size])
    rest = peer.read_to_end()
    check(rest == b"" or rest.startswith(b"HTTP/1.1 408"),
          f"answered {rest[:100]!r}")
