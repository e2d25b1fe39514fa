"""Where the server is known to differ from an RFC, why, and how.

Such a case is run as it stands and must fail in the way told here: if it
fails in another way, or passes, that is noticed and this table kept true.
"""

import dataclasses
import re


@dataclasses.dataclass
class Deviation:
    cases: list    # GROUP/FUNCTION, or GROUP/FUNCTION.LABEL for one of each()
    observed: str  # a regular expression for what the failed case says
    reason: str
    only: str = ""  # "ws", "tls" or "deflate"; "": everywhere


LENIENT = ("libwebsockets 4.1.6 reads requests leniently and tells nobody of "
           "the raw text")
SILENT = ("libwebsockets 4.1.6 ends such a connection before any callback, "
          "without an answer")
NO_CLOSE = ("libwebsockets 4.1.6 ends such a connection without a Close "
            "frame, which RFC 6455, 7.1.7 says SHOULD be sent")
MASK = ("libwebsockets 4.1.6 does not ask whether a frame is masked, and no "
        "callback can; 5.0 does")
EARLY = ("a client must not send frames before the answer (RFC 6455, 4.1); "
         "libwebsockets 4.1.6 writes its answer over bytes 384 to 515 of what "
         "came in one piece with the request")

DEVIATIONS = [
    # --- frames
    Deviation(["framing-mask/missing_is_refused",
               "framing-mask/missing_from_a_fragment_is_refused"],
              r"instead of a Close there is .*pong|"
              r"the close code is (1000|1003), not", MASK),
    Deviation(["framing-length/with_the_highest_bit_of_64_is_refused",
               "framing-length/of_an_empty_ping_in_a_longer_form_is_refused",
               "control-ping/of_more_than_125_bytes_is_refused",
               "control-ping/of_more_than_125_bytes_is_refused_by_its_header",
               "control-pong/with_more_than_125_bytes_is_refused",
               "close-reason/that_is_too_long_is_refused"],
              r"no Close frame: (ended|reset)", NO_CLOSE),
    Deviation(["control-ping/of_a_flood_is_answered_at_least_the_last"],
              r"answered \[0\S*, not the last",
              "libwebsockets 4.1.6 drops the Pings that come while a Pong is "
              "waiting to be sent, where RFC 6455, 5.5.3 would have it drop "
              "the Pong"),
    # --- permessage-deflate
    Deviation(["deflate-errors/rsv1_on_a_control_frame_is_refused.ping",
               "framing-reserved/bits_of_a_ping_are_refused.4",
               "framing-reserved/bits_of_a_pong_are_refused.4"],
              r"Late: ",
              "libwebsockets 4.1.6 lets RSV1 pass on every frame once there "
              "is an extension, and keeps Pings and empty Pongs to itself",
              only="deflate"),
    # --- close
    Deviation(["close-code/that_was_registered_later_comes_back"],
              r"the close code is 1002, not one of \(101[234],\)",
              "libwebsockets 4.1.6 does not know the codes 1012 to 1014, "
              "which were registered after RFC 6455"),
    Deviation(["close-tcp/is_ended_by_the_server_first_when_it_fails"
               ".reserved_bit"],
              r"Late: ",
              "libwebsockets 4.1.6 reads the client's Close behind a frame "
              "with a reserved bit as the rest of that, and waits 5 s for "
              "another"),
    # --- handshake: in clear text the server reads it itself
    Deviation(["handshake-arrival/with_a_bad_frame_behind_is_failed",
               "handshake-arrival/with_a_second_handshake_behind_is_failed"],
              r"no Close frame: (ended|reset)", NO_CLOSE, only="tls"),
    Deviation(["handshake-origin/not_on_the_allow_list_is_refused_with_403"
               ".nothing"],
              r"the status is 101, not one of \(403,\)",
              "libwebsockets 4.1.6 does not tell an empty header from one "
              "that is missing; browsers never send an empty Origin",
              only="tls"),
    Deviation(["handshake-arrival/with_a_large_frame_behind_is_answered",
               "handshake-arrival/with_many_frames_behind_is_answered_in_order"
               ], r"Ended: |Closed: closed with 100[27]|is no pong", EARLY,
              only="tls"),
    Deviation(["handshake-size/beyond_the_limit_are_refused_with_a_status",
               "handshake-size/of_a_target_beyond_the_limit_are_refused_with"
               "_414.8000_bytes",
               "handshake-size/of_a_target_beyond_the_limit_are_refused_with"
               "_414.70000_bytes",
               "handshake-syntax/forbids_folded_lines",
               "handshake-syntax/forbids_lines_that_are_no_headers.no_colon",
               "handshake-syntax/forbids_lines_that_are_no_headers.no_name",
               "handshake-syntax/allows_an_empty_line_in_front",
               "handshake-target/of_another_path_is_refused.nul",
               "handshake-target/query_that_decodes_to_no_name_is_no_name.nul",
               "handshake-method/connect_is_refused"],
              r"Ended: (ended|reset) ", SILENT, only="tls"),
    Deviation(["handshake-protocol/ours_is_chosen.with_empty_elements",
               "handshake-connection/with_upgrade_in_it_is_accepted"
               ".empty_elements"],
              r"Ended: (ended|reset) ",
              "libwebsockets 4.1.6 ends the connection at a list that begins "
              "with a comma", only="tls"),
    Deviation(["handshake-method/unknown_is_refused.get",
               "handshake-method/unknown_is_refused.Get",
               "handshake-syntax/forbids_blanks_before_the_colon.of_another",
               "handshake-syntax/forbids_blanks_before_the_colon"
               ".of_another_tab",
               "handshake-syntax/forbids_lines_that_are_no_headers"
               ".space_in_name",
               "handshake-syntax/forbids_lines_that_are_no_headers.paren",
               "handshake-syntax/forbids_lines_that_are_no_headers"
               ".nul_in_name",
               "handshake-syntax/forbids_lines_that_are_no_headers"
               ".non_ascii_name"],
              r"the status is 101, not one of", LENIENT, only="tls"),
    Deviation(["handshake-syntax/forbids_control_characters_in_values"
               ".carriage_return"], r"the status is 101, not 400",
              "libwebsockets 4.1.6 leaves such characters out", only="tls"),
    Deviation(["handshake-key/blanks_around_do_not_count.spaces_behind",
               "handshake-key/blanks_around_do_not_count.tab_before",
               "handshake-key/blanks_around_do_not_count.tab_behind"],
              r"the status is 400, not 101",
              "libwebsockets 4.1.6 counts these blanks in the accept value, "
              "so such a key is refused rather than answered wrongly",
              only="tls"),
    Deviation(["handshake-upgrade/in_a_list_is_found",
               "handshake-syntax/allows_any_blanks_before_values.tab",
               "handshake-syntax/allows_blanks_behind_values"],
              r"the status is 403, not 101",
              "libwebsockets 4.1.6 upgrades only when Upgrade is nothing but "
              "\"websocket\", and answers 403 otherwise", only="tls"),
    Deviation(["handshake-upgrade/to_anything_else_is_refused_in_http_1_1"],
              r"the version is 'HTTP/1.0'",
              "libwebsockets 4.1.6 writes this answer, and that version, "
              "itself", only="tls"),
]


def find(path, ways):
    """The deviation for a case over these of "ws", "tls" and "deflate", or
    None."""
    function = path.split(".")[0]
    for deviation in DEVIATIONS:
        if deviation.only and deviation.only not in ways:
            continue
        if path in deviation.cases or function in deviation.cases:
            return deviation
    return None


def is_as_told(deviation, said):
    return re.search(deviation.observed, said) is not None


def names_without_case(paths):
    """What is in the table but not in the suite."""
    known = set(paths) | {path.split(".")[0] for path in paths}
    return sorted(name for deviation in DEVIATIONS
                  for name in deviation.cases if name not in known)
