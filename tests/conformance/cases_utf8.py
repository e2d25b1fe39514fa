"""Text is UTF-8: RFC 6455, section 8.1, with RFC 3629."""

from check import check, equal
from frames import CONTINUATION, PING, PONG, TEXT, fragments, frame
from session import Closed, event
from suite import Group

valid = Group("utf8-valid")
invalid = Group("utf8-invalid")
cuts = Group("utf8-cut")

VALID = [
    ("ascii", "a~ "), ("delete", "\x7f"), ("first_of_2", "\x80"),
    ("latin", "é"), ("last_of_2", "\u07ff"), ("first_of_3", "\u0800"),
    ("euro", "€"), ("before_surrogates", "\ud7ff"),
    ("behind_surrogates", "\ue000"), ("replacement", "\ufffd"),
    ("noncharacter_fffe", "\ufffe"), ("last_of_3", "\uffff"),
    ("noncharacter_fdd0", "\ufdd0"), ("byte_order_mark", "\ufeff"),
    ("first_of_4", "\U00010000"), ("emoji", "😀"),
    ("noncharacter_1ffff", "\U0001ffff"), ("last_of_all", "\U0010ffff"),
    ("combining", "e\u0301\u0327"), ("right_to_left", "\u202eabc\u202c"),
    ("greek", "κόσμε"), ("family", "👨\u200d👩\u200d👧"),
    ("all_lengths", "aé€😀" * 10)]

# What makes each of them wrong is in the name.
INVALID = [
    ("continuation_80", b"\x80"), ("continuation_bf", b"\xbf"),
    ("two_continuations", b"\x80\xbf"), ("c3_alone", b"\xc3"),
    ("e2_alone", b"\xe2"), ("e2_82_alone", b"\xe2\x82"),
    ("f0_alone", b"\xf0"), ("f0_9f_alone", b"\xf0\x9f"),
    ("f0_9f_98_alone", b"\xf0\x9f\x98"), ("c3_twice", b"\xc3\xc3\xa9"),
    ("e2_then_latin", b"\xe2\xc3\xa9"),
    ("one_continuation_too_many", b"\xc3\xa9\xa9"),
    ("overlong_nul", b"\xc0\x80"), ("overlong_slash", b"\xc0\xaf"),
    ("overlong_7f", b"\xc1\xbf"), ("overlong_nul_of_3", b"\xe0\x80\x80"),
    ("overlong_7ff", b"\xe0\x9f\xbf"),
    ("overlong_nul_of_4", b"\xf0\x80\x80\x80"),
    ("overlong_ffff", b"\xf0\x8f\xbf\xbf"),
    ("surrogate_d800", b"\xed\xa0\x80"),
    ("surrogate_dbff", b"\xed\xaf\xbf"), ("surrogate_dc00", b"\xed\xb0\x80"),
    ("surrogate_dfff", b"\xed\xbf\xbf"),
    ("surrogate_pair", b"\xed\xa0\xbd\xed\xb8\x80"),
    ("110000", b"\xf4\x90\x80\x80"), ("13ffff", b"\xf4\xbf\xbf\xbf"),
    ("f5", b"\xf5\x80\x80\x80"), ("f7", b"\xf7\xbf\xbf\xbf"),
    ("five_bytes", b"\xf8\x88\x80\x80\x80"),
    ("six_bytes", b"\xfc\x84\x80\x80\x80\x80"), ("fe", b"\xfe"),
    ("ff", b"\xff"), ("utf16", b"\xff\xfea\0")]


def holding(raw, before=b"", behind=b""):
    """A ping event with these bytes in a string."""
    return event(p="@").replace(b"@", before + raw + behind)


# --- valid

@valid.each(VALID)
def is_understood(context, text):
    session = context.open()
    sent = event(p=text)
    session.send(TEXT, sent)
    session.expect_echo(sent)


@valid.each(VALID)
def is_understood_in_fragments_of_one_byte(context, text):
    session = context.open()
    sent = event(p=text)
    session.send_raw(*fragments(TEXT, [bytes([b]) for b in sent]))
    session.expect_echo(sent)


@valid.case
def is_understood_in_a_long_message(context):
    session = context.open()
    sent = event(p="aé€😀" * 9000)
    session.send(TEXT, sent)
    session.expect_echo(sent)


@valid.each([0, 1, 2, 3])
def is_understood_where_the_servers_reads_end(context, shift):
    # A read takes 16,384 bytes, or less: characters lie across its end.
    session = context.open()
    sent = event(p="x" * shift + "😀" * 20000)
    session.send(TEXT, sent)
    session.expect_echo(sent)


# --- invalid

@invalid.each([(f"{name}_{where}", raw, before, behind)
               for name, raw in INVALID
               for where, before, behind in (
                   ("first", b"", b"text"), ("inside", b"te", b"xt"),
                   ("behind_characters", "é€😀".encode(), b"x"))])
def is_refused_with_1007(context, raw, before, behind):
    session = context.open()
    session.send(TEXT, holding(raw, before, behind))
    session.expect_failure(1007)


@invalid.each(INVALID)
def is_refused_as_the_whole_message(context, raw):
    session = context.open()
    session.send(TEXT, raw)
    session.expect_failure(1007)


@invalid.each(INVALID)
def is_refused_at_the_end_of_a_message(context, raw):
    session = context.open()
    session.send(TEXT, event(p="x") + raw)
    session.expect_failure(1007)


@invalid.each(range(8))
def continuation_is_refused_at_every_position(context, position):
    session = context.open()
    text = b"position"
    session.send(TEXT, holding(text[:position] + b"\x80" + text[position:]))
    session.expect_failure(1007)


@invalid.each([("c3", b"\xc3"), ("e2_82", b"\xe2\x82"),
               ("f0_9f_98", b"\xf0\x9f\x98")])
def end_is_not_mended_by_the_next_message(context, raw):
    session = context.open()
    session.send_raw(frame(TEXT, event(p="x") + raw),
                     frame(TEXT, b"\x80" + event(n=1)))
    session.expect_failure(1007)


@invalid.case
def message_is_refused_behind_a_good_one(context):
    session = context.open()
    session.is_alive()
    session.send(TEXT, holding(b"\xff"))
    session.expect_failure(1007)


@invalid.case
def message_leaves_other_sessions_alone(context):
    witness = context.witness
    session = context.open()
    session.send(TEXT, b"\xff")
    session.expect_failure(1007)
    witness.is_alive()


@invalid.case
def end_is_refused_in_a_long_message(context):
    session = context.open()
    session.send(TEXT, event(p="x" * 70000) + b"\xe2\x82")
    session.expect_failure(1007)


# --- cut

CHARACTERS = [("2_bytes", "é"), ("3_bytes", "€"), ("4_bytes", "😀"),
              ("largest", "\U0010ffff"), ("before_surrogates", "\ud7ff")]
CUTS = [(f"{name}_behind_{at}", text.encode(), at)
        for name, text in CHARACTERS for at in range(1, len(text.encode()))]


def split_inside(raw, at):
    """An event that holds the bytes, in two halves that part them."""
    sent = holding(raw)
    middle = sent.index(raw) + at
    return sent, sent[:middle], sent[middle:]


@cuts.each(CUTS)
def over_two_fragments_is_one_character(context, raw, at):
    session = context.open()
    sent, first, last = split_inside(raw, at)
    session.send_raw(*fragments(TEXT, [first, last]))
    session.expect_echo(sent)


@cuts.each(CUTS)
def over_fragments_with_a_ping_between_is_one_character(context, raw, at):
    session = context.open()
    sent, first, last = split_inside(raw, at)
    session.send(TEXT, first, fin=False)
    session.send(PING, b"\xff")
    session.expect_pong(b"\xff")
    session.send(CONTINUATION, last)
    session.expect_echo(sent)


@cuts.each(CUTS)
def over_fragments_with_a_pong_between_is_one_character(context, raw, at):
    session = context.open()
    sent, first, last = split_inside(raw, at)
    session.send_raw(frame(TEXT, first, fin=False), frame(PONG, b"17"),
                     frame(CONTINUATION, last))
    session.expect_echo(sent)


@cuts.each(CUTS)
def over_fragments_with_an_empty_one_between_is_one_character(
        context, raw, at):
    session = context.open()
    sent, first, last = split_inside(raw, at)
    session.send_raw(*fragments(TEXT, [first, b"", last]))
    session.expect_echo(sent)


@cuts.each(CUTS)
def over_two_segments_is_one_character(context, raw, at):
    session = context.open()
    sent, first, _ = split_inside(raw, at)
    data = frame(TEXT, sent)
    middle = len(data) - len(sent) + len(first)
    session.peer.dribble(data[:middle], context.witness, middle)
    session.send_raw(data[middle:])
    session.expect_echo(sent)


@cuts.each(CHARACTERS)
def over_segments_of_one_byte_is_one_character(context, text):
    session = context.open()
    sent = holding(text.encode())
    session.peer.dribble(frame(TEXT, sent), context.witness)
    session.expect_echo(sent)


BAD_CUTS = [(f"{name}_behind_{at}", raw, at)
            for name, raw in (("overlong", b"\xe0\x9f\xbf"),
                              ("surrogate", b"\xed\xa0\x80"),
                              ("110000", b"\xf4\x90\x80\x80"),
                              ("overlong_of_4", b"\xf0\x8f\xbf\xbf"),
                              ("latin_and_continuation", b"\xc3\xa9\xa9"),
                              ("ascii_inside", b"\xe2\x82a"))
            for at in range(1, len(raw))]


@cuts.each(BAD_CUTS)
def over_two_fragments_is_refused_when_invalid(context, raw, at):
    session = context.open()
    _, first, last = split_inside(raw, at)
    session.send_raw(*fragments(TEXT, [first, last]))
    session.expect_failure(1007)


@cuts.each(BAD_CUTS)
def over_two_segments_is_refused_when_invalid(context, raw, at):
    session = context.open()
    sent, first, _ = split_inside(raw, at)
    data = frame(TEXT, sent)
    middle = len(data) - len(sent) + len(first)
    session.peer.dribble(data[:middle], context.witness, middle)
    context.witness.turn()  # one more, for a Close that may be due already
    session.send_raw(data[middle:])
    session.expect_failure(1007)


@cuts.each([("c3", b"\xc3"), ("e2_82", b"\xe2\x82"),
            ("f0_9f_98", b"\xf0\x9f\x98")])
def off_by_the_last_fragment_is_refused(context, raw):
    session = context.open()
    session.send_raw(*fragments(TEXT, [b"x", b"y" + raw]))
    session.expect_failure(1007)


@cuts.each([("c3", b"\xc3"), ("e2_82", b"\xe2\x82"),
            ("f0_9f_98", b"\xf0\x9f\x98")])
def off_by_an_empty_last_fragment_is_refused(context, raw):
    session = context.open()
    session.send_raw(*fragments(TEXT, [event(p="x") + raw, b""]))
    context.witness.turn()
    context.witness.turn()
    session.send(PING, b"behind")
    while True:
        try:
            got = session.next_frame()
        except Closed as closed:
            equal(closed.code, 1007, "the close code")
            return
        check(got.opcode != PONG, "the connection goes on")


@cuts.each([("c3", b"\xc3"), ("e2_82", b"\xe2\x82"),
            ("f0_9f_98", b"\xf0\x9f\x98")])
def off_in_one_message_says_nothing_about_the_next(context, raw):
    # Begun on one connection, the rest comes on another.
    one, two = context.open(), context.open()
    one.send(TEXT, raw, fin=False)
    two.send(TEXT, b"\x80" + event(n=1))
    two.expect_failure(1007)
    context.witness.is_alive()
