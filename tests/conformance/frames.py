"""WebSocket frames, RFC 6455 section 5: any that can be written, right or
wrong, and only right ones when they come from the server."""

import dataclasses
import os
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
RSV1, RSV2, RSV3 = 4, 2, 1
CONTROL_MAX = 125


class BadFrame(AssertionError):
    """The server has sent what no server may send."""


@dataclasses.dataclass
class Frame:
    fin: bool
    rsv: int
    opcode: int
    payload: bytes


def masked(data, key):
    """The data XORed with the four bytes of the key, over and over."""
    if not data:
        return b""
    stream = (key * (len(data) // 4 + 1))[:len(data)]
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")
    return mixed.to_bytes(len(data), "big")


def width_of(length):
    """Bits of the shortest form of a length."""
    return 7 if length < 126 else 16 if length < 65536 else 64


def frame(opcode, payload=b"", *, fin=True, rsv=0, mask=True, key=None,
          length=None, width=None):
    """One frame. `length` may differ from the payload's, `width` may be a
    longer form than it needs, `mask=False` leaves masking out."""
    length = len(payload) if length is None else length
    width = width_of(length) if width is None else width
    bit = 0x80 if mask else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if width == 7:
        head += bytes([bit | length])
    elif width == 16:
        head += bytes([bit | 126]) + struct.pack("!H", length)
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", length)
    if not mask:
        return head + payload
    key = os.urandom(4) if key is None else key
    return head + key + masked(payload, key)


def fragments(opcode, pieces, *, rsv=0):
    """The frames of one message in these pieces."""
    last = len(pieces) - 1
    return [frame(opcode if i == 0 else CONTINUATION, piece, fin=i == last,
                  rsv=rsv if i == 0 else 0)
            for i, piece in enumerate(pieces)]


def close_payload(code, reason=b""):
    return struct.pack("!H", code) + reason


def _read_length(peer, short):
    if short < 126:
        return short
    form, least = ("!H", 126) if short == 126 else ("!Q", 65536)
    length, = struct.unpack(form, peer.read(struct.calcsize(form)))
    if length < least or length >> 63:
        raise BadFrame(f"{length} is not written in its shortest form")
    return length


def read_frame(peer, allowed_rsv=0):
    """The server's next frame, or BadFrame if a client would have to refuse
    it: masked, with a reserved bit or opcode, a fragmented control frame."""
    first, second = peer.read(2)
    fin, rsv, opcode = bool(first & 0x80), first >> 4 & 7, first & 15
    what = f"frame {first:02x} {second:02x}"
    if second & 0x80:
        raise BadFrame(f"{what} is masked")
    if rsv & ~allowed_rsv:
        raise BadFrame(f"{what} has a reserved bit")
    if opcode not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
        raise BadFrame(f"{what} has a reserved opcode")
    if opcode >= CLOSE and (not fin or rsv or second > CONTROL_MAX):
        raise BadFrame(f"{what} is no control frame")
    return Frame(fin, rsv, opcode, peer.read(_read_length(peer, second)))
