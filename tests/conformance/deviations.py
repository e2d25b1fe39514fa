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


NO_CLOSE = ("libwebsockets 4.1.6 ends such a connection without a Close "
            "frame, which RFC 6455, 7.1.7 says SHOULD be sent")
MASK = ("libwebsockets 4.1.6 does not ask whether a frame is masked, and no "
        "callback can; 5.0 does")

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
]


def find(path):
    """The deviation for a case, or None."""
    function = path.split(".")[0]
    for deviation in DEVIATIONS:
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
