"""Whether an upgrade is accepted or refused, as most handshake cases ask."""

from check import check, one_of

# A request after which the connection stays open.
PLAIN_GET = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


def refused(context, data, statuses, *, head=False):
    """Refused with one of these statuses, and then the connection ends:
    whoever sends frames behind a handshake sees that they were for nothing."""
    answer, peer = context.ask(data, head=head)
    one_of(answer.status, statuses, "the status")
    rest = peer.read_to_end()
    check(not rest, f"{rest[:80]!r} came behind the answer")
    return answer


def accepted(context, data):
    """The open session, which works."""
    session = context.open(data)
    session.is_alive()
    return session
