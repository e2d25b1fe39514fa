"""What a case says when it does not find what it expects."""


class Failure(AssertionError):
    """The server does not do what the case is named after."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def equal(found, wanted, what):
    check(found == wanted, f"{what} is {found!r}, not {wanted!r}")


def one_of(found, wanted, what):
    check(found in wanted, f"{what} is {found!r}, not one of {wanted!r}")
