"""permessage-deflate, RFC 7692: the client's compressor, its decompressor for
the server's messages, and what an answer to an offer may say."""

import zlib

from check import check, equal

TAIL = b"\0\0\xff\xff"
NAME = "permessage-deflate"
FLAGS = ("server_no_context_takeover", "client_no_context_takeover")
BITS = ("server_max_window_bits", "client_max_window_bits")


class Deflater:
    """Compresses messages; with `takeover` later ones refer to earlier."""

    def __init__(self, *, bits=15, takeover=True, level=6,
                 strategy=zlib.Z_DEFAULT_STRATEGY):
        # zlib takes 8 for 9 and would then use a window too large.
        self.options = (level, zlib.DEFLATED, -max(bits, 9), 8, strategy)
        self.takeover = takeover
        self.stream = zlib.compressobj(*self.options)

    def message(self, data):
        if not self.takeover:
            self.stream = zlib.compressobj(*self.options)
        flushed = (self.stream.compress(data)
                   + self.stream.flush(zlib.Z_SYNC_FLUSH))
        return flushed[:-len(TAIL)]

    def final(self, data):
        """With a last block, which RFC 7692 allows, and an empty one."""
        stream = zlib.compressobj(*self.options)
        return stream.compress(data) + stream.flush(zlib.Z_FINISH) + b"\0"


class Inflater:
    """Reads the server's messages as strictly as it has promised them."""

    def __init__(self, *, bits=15, takeover=True):
        self.bits = max(bits, 9)
        self.takeover = takeover
        self.stream = zlib.decompressobj(-self.bits)

    def __call__(self, data):
        if not self.takeover:
            self.stream = zlib.decompressobj(-self.bits)
        return self.stream.decompress(data + TAIL)


def parse(answer):
    """[(extension, {parameter: value or None})] of an answer."""
    found = []
    for element in ", ".join(answer.all("sec-websocket-extensions")).split(
            ","):
        name, *rest = [part.strip() for part in element.split(";")]
        parameters = {}
        for part in rest:
            key, equals, value = part.partition("=")
            check(key.strip() not in parameters, f"{key} is there twice")
            parameters[key.strip()] = (value.strip().strip('"') if equals
                                       else None)
        if name:
            found.append((name, parameters))
    return found


def agreed_of(answer):
    """The parameters agreed on, or None without the extension."""
    found = parse(answer)
    check(len(found) < 2, f"{len(found)} extensions")
    if not found:
        return None
    name, parameters = found[0]
    equal(name, NAME, "the extension")
    return parameters


def _check_bits(name, agreed, offered):
    value = agreed.get(name)
    check(value is not None and value in {str(n) for n in range(8, 16)},
          f"{name} is {value!r}")
    limit = offered.get(name)
    check(limit is None or int(value) <= int(limit),
          f"{name} is {value}, more than {limit}")


def check_agreement(agreed, offered):
    """Whether the parameters of an answer suit those of the offer."""
    for name in agreed:
        check(name in FLAGS + BITS, f"nobody knows {name}")
    for name in FLAGS:
        check(agreed.get(name) is None, f"{name} has a value")
    for name in BITS:
        if name in agreed:
            _check_bits(name, agreed, offered)
    for name in ("server_no_context_takeover", "server_max_window_bits"):
        check(name not in offered or name in agreed,
              f"{name} was offered and not confirmed")
    check("client_max_window_bits" not in agreed
          or "client_max_window_bits" in offered,
          "client_max_window_bits was not offered")


def deflater(agreed, **options):
    return Deflater(bits=int(agreed.get("client_max_window_bits", 15)),
                    takeover="client_no_context_takeover" not in agreed,
                    **options)


def inflater(agreed):
    return Inflater(bits=int(agreed.get("server_max_window_bits", 15)),
                    takeover="server_no_context_takeover" not in agreed)
