"""The header Sec-WebSocket-Key: RFC 6455, section 4.2.1."""

import base64

import handshake
from check import equal
from handshake import RFC_KEY, request
from suite import Group
from upgrade import accepted, refused

keys = Group("handshake-key")

BLANKS = [("spaces_before", "   ", ""), ("spaces_behind", "", "   "),
          ("tab_before", "\t", ""), ("tab_behind", "", "\t")]


def encoded(raw):
    return base64.b64encode(raw).decode()


@keys.case
def missing_is_refused(context):
    refused(context, request(without=["sec-websocket-key"]), (400,))


@keys.each([("nothing", ""), ("of_1_byte", encoded(b"x")),
            ("of_3_bytes", encoded(b"abc")),
            ("of_15_bytes", encoded(bytes(15))),
            ("of_17_bytes", encoded(bytes(17))),
            ("of_18_bytes", encoded(bytes(18))),
            ("of_32_bytes", encoded(bytes(32))),
            ("of_1000_bytes", encoded(bytes(1000))),
            ("without_padding", RFC_KEY[:-2]),
            ("with_half_the_padding", RFC_KEY[:-1]),
            ("with_too_much_padding", RFC_KEY + "="),
            ("with_padding_in_front", "==" + RFC_KEY[:-2]),
            ("with_padding_inside", "dGhlIHNhbXB=ZSBub25jZQ=="),
            ("with_a_dash", "dGhlIHNhbXBsZSBub25j-Q=="),
            ("with_an_underscore", "dGhlIHNhbXBsZSBub25j_Q=="),
            ("with_a_space", "dGhlIHNh XBsZSBub25jZQ=="),
            ("with_an_asterisk", "dGhlIHNhbXBsZSBub25j*Q=="),
            ("with_another_alphabet", "dGhlIHNhbXBsZSBub25j\xe4Q=="),
            ("of_24_plain_letters", "a" * 24)])
def that_is_not_16_bytes_in_base64_is_refused(context, value):
    refused(context, request(key=value), (400,))


@keys.each([("same", RFC_KEY), ("other", encoded(bytes(16)))])
def twice_is_refused(context, second):
    refused(context, request(add=[f"Sec-WebSocket-Key: {second}"]),
            (400,))


@keys.each(BLANKS)
def blanks_around_do_not_count(context, before, behind):
    session = accepted(context, request(key=f"{before}{RFC_KEY}{behind}"))
    equal(session.answer.get("sec-websocket-accept"), handshake.RFC_ACCEPT,
          "the accept value")
