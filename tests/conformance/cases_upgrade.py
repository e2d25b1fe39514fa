"""The header Upgrade: RFC 6455, section 4.2.1, and RFC 9110, section 7.8."""

import handshake
from check import check, equal, one_of
from handshake import request
from suite import Group
from upgrade import PLAIN_GET, accepted, refused

upgrades = Group("handshake-upgrade")


@upgrades.each(["WebSocket", "WEBSOCKET", "wEBsOCKET"])
def is_compared_without_case(context, value):
    accepted(context, request(upgrade=value))


@upgrades.case
def missing_on_our_path_is_answered_with_426(context):
    answer, _ = context.ask(request(
        without=["upgrade", "connection", "sec-websocket-key",
                 "sec-websocket-version"]))
    equal(answer.status, 426, "the status")
    check("websocket" in answer.words("upgrade"), "Upgrade is missing")
    check("13" in answer.words("sec-websocket-version"),
          "Sec-WebSocket-Version does not say 13")


@upgrades.case
def required_comes_with_its_connection_option(context):
    # RFC 9110, 7.8: who sends Upgrade must also send it in Connection.
    answer, _ = context.ask(request(without=["upgrade", "connection"]))
    equal(answer.status, 426, "the status")
    check("upgrade" in answer.words("connection"),
          "Connection does not say Upgrade")


@upgrades.case
def missing_is_refused_even_with_all_the_rest(context):
    refused(context, request(without=["upgrade"]), (400, 426))


@upgrades.each([("nothing", ""), "foo", "websocke", "websockets",
                "websocket/13", "TLS/1.0", "HTTP/2.0",
                ("two_words", "web socket"), ("long", "w" * 300)])
def to_anything_else_is_refused(context, value):
    refused(context, request(upgrade=value), (400, 403, 426))


@upgrades.case
def to_anything_else_is_refused_in_http_1_1(context):
    answer, _ = context.ask(request(upgrade="foo"))
    equal(answer.version, "HTTP/1.1", "the version")


@upgrades.case
def to_http_2_in_clear_text_is_refused(context):
    refused(context, request(
        upgrade="h2c", connection="Upgrade, HTTP2-Settings",
        add=["HTTP2-Settings: AAMAAABkAAQAAP__"]), (400, 403, 426))


@upgrades.each([("first", "websocket, x-foo/2"), ("last", "x-foo, websocket"),
                ("close", "x-foo,websocket,x-bar")])
def in_a_list_is_found(context, value):
    # Section 4.2.1: a header "containing the value"; RFC 9110, 7.8: a list.
    accepted(context, request(upgrade=value))


@upgrades.case
def after_another_request_on_the_same_connection_works(context):
    answer, peer = context.ask(PLAIN_GET)
    equal(answer.status, 200, "the status")
    peer.send(request())
    equal(handshake.read_answer(peer).status, 101, "the status")


@upgrades.each(["foo", "h2c", "websockets"])
def to_anything_else_is_refused_after_another_request(context, value):
    # libwebsockets 4.1.6 reads freed memory here unless it is stopped.
    answer, peer = context.ask(PLAIN_GET)
    equal(answer.status, 200, "the status")
    peer.send(request(upgrade=value))
    one_of(handshake.read_answer(peer).status, (400, 403, 426), "the status")
    peer.read_to_end()
    context.witness.is_alive()


@upgrades.case
def on_the_path_of_something_else_is_not_found(context):
    refused(context, request(uri="/health/live"), (404,))


@upgrades.each(["Content-Length: 5", "Content-Length: -1",
                "Content-Length: 18446744073709551615",
                "Content-Length: 0x10", "Transfer-Encoding: chunked",
                "Transfer-Encoding: gzip, chunked"])
def with_a_body_is_refused(context, line):
    refused(context, request(add=[line]), (400, 411, 413, 501))


@upgrades.case
def with_a_body_of_no_bytes_is_accepted(context):
    accepted(context, request(add=["Content-Length: 0"]))
