"""The header Sec-WebSocket-Version: RFC 6455, sections 4.2.1 and 4.4."""

from check import check
from handshake import request
from suite import Group
from upgrade import accepted, refused

versions = Group("handshake-version")


def wants_13(context, data):
    answer = refused(context, data, (426,))
    check("13" in answer.words("sec-websocket-version"),
          "Sec-WebSocket-Version does not say 13")
    return answer


@versions.case
def missing_is_answered_with_426_and_the_right_one(context):
    wants_13(context, request(without=["sec-websocket-version"]))


@versions.each([("nothing", ""), "0", "7", "8", "12", "14", "99", "130", "1",
                "13.0", "013", "-13", "+13", "0x0d", "13a", "thirteen",
                ("list_13_8", "13, 8"), ("list_8_13", "8, 13"),
                ("list_13_13", "13, 13"), ("very_long", "13" * 500)])
def other_than_13_is_answered_with_426_and_the_right_one(context, value):
    wants_13(context, request(sec_websocket_version=value))


@versions.each([("same", "13"), ("other", "8")])
def twice_is_refused(context, second):
    answer = refused(context, request(
        add=[f"Sec-WebSocket-Version: {second}"]), (400, 426))
    check(answer.status == 400
          or "13" in answer.words("sec-websocket-version"),
          "Sec-WebSocket-Version does not say 13")


@versions.case
def mismatch_names_the_upgrade_that_is_required(context):
    # RFC 9110, 15.5.22: a 426 must have Upgrade, and 7.8: Upgrade goes with
    # the connection option of that name.
    answer = wants_13(context, request(sec_websocket_version="12"))
    check("websocket" in answer.words("upgrade"), "Upgrade is missing")
    check("upgrade" in answer.words("connection"),
          "Connection does not say Upgrade")


BLANKS = [("spaces_before", "   ", ""), ("spaces_behind", "", "   "),
          ("tab_before", "\t", ""), ("tab_behind", "", "\t")]


@versions.each(BLANKS)
def blanks_around_do_not_count(context, before, behind):
    accepted(context, request(sec_websocket_version=f"{before}13{behind}"))
