"""permessage-deflate: RFC 7692.

Where the server does not offer it, each case offers what it would otherwise
use, and checks that this is not agreed on and that RSV1 is refused.
"""

import functools
import os
import zlib

from check import check, equal, one_of
from deflate import NAME, Deflater, agreed_of, check_agreement, deflater
from frames import (BINARY, CLOSE, CONTINUATION, PING, PONG, RSV1, RSV2, TEXT,
                    close_payload, fragments, frame)
from handshake import request
from session import Closed, event, event_of_size
from suite import Group

offers = Group("deflate-negotiation")
messages = Group("deflate-messages")
contexts = Group("deflate-context")
errors = Group("deflate-errors")
bombs = Group("deflate-bombs")

WITH_BITS = NAME + "; client_max_window_bits"


def open_with(context, *headers):
    """A session that can read what was agreed on, `session.agreed`."""
    session = context.upgrade(request(
        add=[f"Sec-WebSocket-Extensions: {header}" for header in headers]))
    session.agreed = agreed_of(session.answer)
    session.read_welcome()
    return session


def refuses_deflate(session):
    equal(session.answer.all("sec-websocket-extensions"), [],
          "the extension")
    session.send(TEXT, Deflater().message(event(n=1)), rsv=RSV1)
    session.expect_failure(1002)


# --- what cases are made of

def offering(*headers):
    """Turns a case into one that takes a session opened with these."""
    def decorate(function):
        @functools.wraps(function)
        def run(context, *arguments):
            session = open_with(context, *headers)
            if "deflate" not in context.target.features:
                return refuses_deflate(session)
            return function(context, session, *arguments)
        return run
    return decorate


def compressing(*headers):
    """As offering(), with the agreement made, and a compressor for it."""
    def decorate(function):
        @offering(*headers)
        @functools.wraps(function)
        def run(context, session, *arguments):
            check(session.agreed is not None, "the offer was declined")
            return function(context, session, deflater(session.agreed),
                            *arguments)
        return run
    return decorate


def echo(session, compressor, sent=None):
    sent = event(n=1, p="echo") if sent is None else sent
    session.send(TEXT, compressor.message(sent), rsv=RSV1)
    session.expect_echo(sent)


# --- negotiation

def talk(session, offered):
    """What was agreed on suits the offer, and works; False: declined."""
    if session.agreed is None:
        session.is_alive()
        return False
    check_agreement(session.agreed, offered)
    compressor = deflater(session.agreed)
    for _ in range(3):
        echo(session, compressor, event(p="over and over " * 500))
    session.is_alive()
    return True


@offers.case(needs="deflate")
@offering(NAME)
def plain_is_accepted(context, session):
    check(talk(session, {}), "it was declined")


ALLOWED = [
    ("client_bits", {"client_max_window_bits": None}),
    ("client_bits_15", {"client_max_window_bits": "15"}),
    ("client_bits_12", {"client_max_window_bits": "12"}),
    ("client_bits_9", {"client_max_window_bits": "9"}),
    ("client_bits_8", {"client_max_window_bits": "8"}),
    ("server_bits_15", {"server_max_window_bits": "15"}),
    ("server_bits_10", {"server_max_window_bits": "10"}),
    ("server_bits_9", {"server_max_window_bits": "9"}),
    ("server_bits_8", {"server_max_window_bits": "8"}),
    ("server_no_context", {"server_no_context_takeover": None}),
    ("client_no_context", {"client_no_context_takeover": None}),
    ("no_context", {"server_no_context_takeover": None,
                    "client_no_context_takeover": None}),
    ("everything", {"server_no_context_takeover": None,
                    "client_no_context_takeover": None,
                    "server_max_window_bits": "11",
                    "client_max_window_bits": "11"})]


def text_of(offered):
    return "; ".join([NAME, *[key if value is None else f"{key}={value}"
                              for key, value in offered.items()]])


@offers.each(ALLOWED, needs="deflate")
def parameters_are_kept_or_declined(context, offered):
    @offering(text_of(offered))
    def case(context, session):
        talk(session, offered)
    case(context)


@offers.each([("spaces", NAME + " ;  client_max_window_bits = 10"),
              ("no_spaces", NAME + ";client_max_window_bits=10"),
              ("quoted", NAME + '; client_max_window_bits="10"')],
             needs="deflate")
def parameters_are_understood_in_any_form(context, text):
    @offering(text)
    def case(context, session):
        talk(session, {"client_max_window_bits": "10"})
    case(context)


@offers.each([
    ("client_bits_7", "client_max_window_bits=7"),
    ("client_bits_16", "client_max_window_bits=16"),
    ("client_bits_0", "client_max_window_bits=0"),
    ("client_bits_08", "client_max_window_bits=08"),
    ("client_bits_word", "client_max_window_bits=many"),
    ("client_bits_sign", "client_max_window_bits=+10"),
    ("client_bits_empty", 'client_max_window_bits=""'),
    ("server_bits_missing", "server_max_window_bits"),
    ("server_bits_7", "server_max_window_bits=7"),
    ("server_bits_16", "server_max_window_bits=16"),
    ("server_bits_1000", "server_max_window_bits=1000"),
    ("server_bits_09", "server_max_window_bits=09"),
    ("server_context_value", "server_no_context_takeover=1"),
    ("client_context_value", "client_no_context_takeover=true"),
    ("unknown", "unknown"), ("unknown_value", "unknown=1"),
    ("twice", "client_max_window_bits=10; client_max_window_bits=10"),
    ("twice_different", "server_max_window_bits=10; "
                        "server_max_window_bits=11"),
    ("flag_twice", "server_no_context_takeover; server_no_context_takeover"),
    ("good_and_bad", "client_max_window_bits; unknown")], needs="deflate")
def parameters_that_are_wrong_are_declined(context, text):
    @offering(f"{NAME}; {text}")
    def case(context, session):
        equal(session.agreed, None, "what was agreed on")
        session.is_alive()
    case(context)


@offers.each([
    ("unknown_parameter_first", [f"{NAME}; unknown, {NAME}"]),
    ("other_extension_first", [f"x-other; a=1, {NAME}"]),
    ("other_extension_last", [f"{NAME}, x-other"]),
    ("two_headers", ["x-other", NAME]),
    ("wrong_bits_first", [f"{NAME}; server_max_window_bits=99, {NAME}"])],
    needs="deflate")
def later_offers_are_looked_at(context, headers):
    @offering(*headers)
    def case(context, session):
        check(talk(session, {}), "all were declined")
    case(context)


@offers.each([("strict_first", [f"{NAME}; server_max_window_bits=10, {NAME}"]),
              ("same_twice", [f"{NAME}, {NAME}"])], needs="deflate")
def one_of_several_offers_is_taken(context, headers):
    @offering(*headers)
    def case(context, session):
        check(session.agreed is not None, "all were declined")
        echo(session, deflater(session.agreed))
    case(context)


@offers.each(["permessage-deflat", "permessage-deflate2", "deflate-frame",
              "x-webkit-deflate-frame", "perframe-deflate"], needs="deflate")
def of_another_name_are_declined(context, name):
    session = open_with(context, name)
    refuses_deflate(session)


# --- messages

@messages.each([0, 40, 125, 126, 1000, 65535, 65536, 99_999, 100_000],
               needs="deflate")
@compressing(WITH_BITS)
def of_any_size_are_understood(context, session, compressor, size):
    if size == 0:
        session.send(TEXT, b"\0", rsv=RSV1)
        session.expect_error("bad_json")
        session.is_alive()
        return
    echo(session, compressor, event_of_size(size))


@messages.case(needs="deflate")
@compressing(NAME)
def may_be_left_uncompressed(context, session, compressor):
    for _ in range(3):
        session.is_alive()
        echo(session, compressor)


@messages.each([("stored", {"level": 0}), ("fast", {"level": 1}),
                ("best", {"level": 9}),
                ("fixed_codes", {"strategy": zlib.Z_FIXED}),
                ("huffman_only", {"strategy": zlib.Z_HUFFMAN_ONLY}),
                ("run_lengths", {"strategy": zlib.Z_RLE})], needs="deflate")
@compressing(WITH_BITS)
def of_any_kind_of_block_are_understood(context, session, _, options):
    compressor = Deflater(takeover=False, bits=9, **options)
    for size in (50, 500, 50_000):
        echo(session, compressor, event_of_size(size))


@messages.case(needs="deflate")
@compressing(WITH_BITS)
def with_a_final_block_are_understood(context, session, compressor):
    sent = event_of_size(300)
    session.send(TEXT, Deflater(bits=9).final(sent), rsv=RSV1)
    session.expect_echo(sent)


@messages.case(needs="deflate")
@compressing(WITH_BITS)
def of_several_flushed_blocks_are_understood(context, session, compressor):
    sent = event_of_size(3000)
    stream = zlib.compressobj(6, zlib.DEFLATED, -9)
    data = b"".join(stream.compress(sent[i:i + 300])
                    + stream.flush(zlib.Z_SYNC_FLUSH)
                    for i in range(0, 3000, 300))
    session.send(TEXT, data[:-4], rsv=RSV1)
    session.expect_echo(sent)


@messages.each([1, 2, 5, 50], needs="deflate")
@compressing(WITH_BITS)
def in_fragments_are_understood(context, session, compressor, size):
    sent = event(p="fragments of what is compressed " * 20)
    data = compressor.message(sent)
    session.send_raw(*fragments(TEXT, [data[i:i + size] for i in
                                       range(0, len(data), size)], rsv=RSV1))
    session.expect_echo(sent)
    echo(session, compressor)


@messages.each([("first", 0), ("last", -1), ("inside", 1)], needs="deflate")
@compressing(WITH_BITS)
def with_an_empty_fragment_are_understood(context, session, compressor, at):
    sent = event_of_size(500)
    data = compressor.message(sent)
    pieces = [data[:50], data[50:]]
    pieces.insert(len(pieces) if at < 0 else at, b"")
    session.send_raw(*fragments(TEXT, pieces, rsv=RSV1))
    session.expect_echo(sent)
    echo(session, compressor)


@messages.case(needs="deflate")
@compressing(WITH_BITS)
def chopped_into_bytes_are_understood(context, session, compressor):
    sent = event(p="chopped " * 20)
    data = frame(TEXT, compressor.message(sent), rsv=RSV1)
    session.peer.dribble(data, context.witness)
    session.expect_echo(sent)


@messages.case(needs="deflate")
@compressing(WITH_BITS)
def with_a_ping_between_fragments_are_understood(context, session,
                                                 compressor):
    sent = event_of_size(500)
    data = compressor.message(sent)
    session.send(TEXT, data[:20], fin=False, rsv=RSV1)
    session.send(PING, b"between")
    session.expect_pong(b"between")
    session.send(CONTINUATION, data[20:])
    session.expect_echo(sent)


@messages.case(needs="deflate")
@compressing(WITH_BITS)
def in_one_segment_are_told_apart(context, session, compressor):
    events = [event(n=i, p="told apart " * 9) for i in range(50)]
    session.send_raw(*[frame(TEXT, compressor.message(sent), rsv=RSV1)
                       for sent in events])
    for sent in events:
        session.expect_echo(sent)


@messages.case(needs="deflate")
@compressing(WITH_BITS)
def that_do_not_compress_are_understood(context, session, compressor):
    sent = event(p=os.urandom(20_000).hex())
    echo(session, compressor, sent)
    echo(session, compressor, sent)


@messages.each([("2_bytes", "é"), ("3_bytes", "€"), ("4_bytes", "😀")],
               needs="deflate")
@compressing(WITH_BITS)
def with_characters_of_several_bytes_are_understood(context, session,
                                                    compressor, character):
    # The pieces in which a server inflates end anywhere.
    for shift in range(4):
        echo(session, compressor, event(p="x" * shift + character * 5000))


# --- context

@contexts.case(needs="deflate")
@compressing(WITH_BITS)
def is_taken_over_from_message_to_message(context, session, compressor):
    sent = event(p=os.urandom(300).hex())
    for _ in range(50):
        echo(session, compressor, sent)


@contexts.case(needs="deflate")
@compressing(WITH_BITS)
def survives_messages_that_are_not_compressed(context, session, compressor):
    sent = event(p=os.urandom(300).hex())
    for _ in range(5):
        echo(session, compressor, sent)
        session.is_alive()


@contexts.case(needs="deflate")
@compressing(WITH_BITS)
def need_not_be_used(context, session, compressor):
    sent = event(p=os.urandom(300).hex())
    for _ in range(5):
        echo(session, Deflater(takeover=False, bits=9), sent)


@contexts.case(needs="deflate")
@compressing(NAME + "; client_no_context_takeover")
def of_the_client_need_not_be_kept(context, session, compressor):
    sent = event(p=os.urandom(300).hex())
    for _ in range(5):
        echo(session, compressor, sent)


@contexts.case(needs="deflate")
@offering(NAME + "; server_no_context_takeover")
def of_the_server_is_not_kept_when_so_agreed(context, session):
    if session.agreed is None:
        return
    check("server_no_context_takeover" in session.agreed,
          "it was not confirmed")
    # session.inflate begins anew with each message.
    for _ in range(10):
        session.echo(p="the same again " * 40)


@contexts.each(range(8, 16), needs="deflate")
def window_of_the_server_is_kept(context, bits):
    @offering(f"{NAME}; server_max_window_bits={bits}")
    def case(context, session):
        if session.agreed is None:
            return
        check_agreement(session.agreed, {"server_max_window_bits": str(bits)})
        # session.inflate fails at references beyond that window.
        far = os.urandom(600).hex()
        for _ in range(5):
            session.echo(p=far + "x" * 30_000 + far)
    case(context)


@contexts.each(range(9, 16), needs="deflate")
def window_of_the_client_is_kept(context, bits):
    @offering(f"{NAME}; client_max_window_bits={bits}")
    def case(context, session):
        if session.agreed is None:
            return
        compressor = deflater(session.agreed)
        far = os.urandom(600).hex()
        for _ in range(5):
            echo(session, compressor, event(p=far + "x" * 30_000 + far))
    case(context)


@contexts.case(needs="deflate")
@compressing(WITH_BITS)
def of_one_session_is_not_anothers(context, session, compressor):
    other = open_with(context, WITH_BITS)
    other_compressor = deflater(other.agreed)
    for i in range(10):
        echo(session, compressor, event(p=f"one {i} " * 50))
        echo(other, other_compressor, event(p=f"other {i} " * 50))


# --- errors

@errors.each([("ping", PING), ("pong", PONG)], needs="deflate")
@compressing(NAME)
def rsv1_on_a_control_frame_is_refused(context, session, _, opcode):
    session.send(opcode, b"x", rsv=RSV1)
    session.expect_failure(1002)


@errors.case(needs="deflate")
@compressing(NAME)
def rsv1_on_a_close_is_refused(context, session, _):
    session.send_raw(frame(CLOSE, close_payload(1000), rsv=RSV1))
    session.expect_failure(1002)


@errors.each([("of_a_compressed_message", RSV1), ("of_a_plain_message", 0)],
             needs="deflate")
@compressing(NAME)
def rsv1_on_a_continuation_is_refused(context, session, compressor, first):
    sent = event(n=1)
    data = compressor.message(sent) if first else sent
    session.send_raw(frame(TEXT, data[:5], fin=False, rsv=first),
                     frame(CONTINUATION, data[5:], rsv=RSV1))
    session.expect_failure(1002)


@errors.each([("rsv2", RSV2), ("rsv3", 1), ("rsv1_and_rsv2", RSV1 | RSV2),
              ("all", 7)], needs="deflate")
@compressing(NAME)
def other_reserved_bits_are_refused(context, session, compressor, bits):
    session.send(TEXT, compressor.message(event(n=1)), rsv=bits)
    session.expect_failure(1002)


@errors.each([("ones", b"\xff" * 20), ("bad_block", b"\x06"),
              ("bad_stored_length", b"\x00\x05\x00\x00\x00hello"),
              ("bad_distance", b"\x4b\x04\x22\x00"),
              ("text", b"hello, not compressed at all")], needs="deflate")
@compressing(NAME)
def data_that_is_no_deflate_is_refused(context, session, _, data):
    session.send(TEXT, data, rsv=RSV1)
    session.expect_failure(1002, 1003, 1007)


@errors.case(needs="deflate")
@compressing(WITH_BITS)
def data_that_is_cut_off_is_no_message(context, session, compressor):
    data = compressor.message(event(p=os.urandom(500).hex()))
    session.send(TEXT, data[:len(data) // 2], rsv=RSV1)
    session.expect_failure(1002, 1007)


@errors.each([("ff", b"\xff"), ("half", b"\xe2\x82"),
              ("overlong", b"\xc0\xaf"), ("surrogate", b"\xed\xa0\x80")],
             needs="deflate")
@compressing(WITH_BITS)
def text_that_inflates_to_no_utf8_is_refused(context, session, compressor,
                                             raw):
    session.send(TEXT, compressor.message(event(p="x") + raw), rsv=RSV1)
    session.expect_failure(1007)


@errors.each([0, 5, 5000], needs="deflate")
@compressing(WITH_BITS)
def binary_is_refused_with_1003(context, session, compressor, size):
    session.send(BINARY, compressor.message(bytes(size)), rsv=RSV1)
    session.expect_close(1003)


# --- bombs: the limit is on what comes out

@bombs.each([("one_byte_more", 100_001), ("twice", 200_000),
             ("ten_million", 10_000_000), ("a_hundred_million", 100_000_000)],
            needs="deflate")
@compressing(WITH_BITS)
def beyond_the_limit_are_refused(context, session, compressor, size):
    session.send(TEXT, compressor.message(b" " * size), rsv=RSV1)
    session.expect_close(1009)


@bombs.case(needs="deflate")
@compressing(WITH_BITS)
def in_fragments_are_refused(context, session, compressor):
    data = compressor.message(b" " * 10_000_000)
    session.send_raw(*fragments(TEXT, [data[i:i + 500] for i in
                                       range(0, len(data), 500)], rsv=RSV1))
    session.expect_close(1009)


@bombs.case(needs="deflate")
@compressing(WITH_BITS)
def take_no_memory(context, session, compressor):
    process = context.target.process
    data = Deflater(bits=9, level=9).message(b" " * 50_000_000)
    before = process.memory_kb() if process else 0
    for _ in range(20):
        bomb = open_with(context, WITH_BITS)
        bomb.send(TEXT, data, rsv=RSV1)
        bomb.expect_close(1009)
    if process:
        grown = process.memory_kb() - before
        check(grown < 50_000, f"the server has grown by {grown} KB")
    session.is_alive()


@bombs.case(needs="deflate")
@compressing(WITH_BITS)
def leave_others_alone(context, session, compressor):
    witness = context.witness
    session.send(TEXT, compressor.message(b" " * 50_000_000), rsv=RSV1)
    witness.is_alive()
    session.expect_close(1009)
    witness.is_alive()
