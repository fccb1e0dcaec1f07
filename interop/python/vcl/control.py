"""The control stream and its messages (SPEC 6.3, 6.5, 6.10, 6.11, 8.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import Malformed
from .frames import SEQUENCES, Frame, lane
from .handshake import X25519_GROUP, read_shares
from .reader import Reader, below

MAX_BODY_BYTES = 16_384
IGNORED_FROM = 0x40


class ByteStream:
    """Puts pieces of a stream in order; bytes sent twice must agree here, to find bugs."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._waiting: dict[int, bytes] = {}

    def put(self, offset: int, piece: bytes) -> None:
        """Takes a piece in."""
        known = self._waiting.get(offset, b"")
        if len(piece) > len(known):
            self._waiting[offset] = piece
        for start in sorted(self._waiting):
            if start > len(self.data):
                return
            self._append(start, self._waiting.pop(start))

    def _append(self, start: int, piece: bytes) -> None:
        overlap = len(self.data) - start
        if self.data[start : start + len(piece)] != piece[:overlap]:
            raise Malformed("stream bytes were sent twice and differ")
        self.data += piece[overlap:]

    @property
    def is_complete(self) -> bool:
        """Whether no piece waits for one before it."""
        return not self._waiting


def parse_messages(stream: bytes) -> tuple[list[Frame], int]:
    """The complete messages at the start of a stream, and how many bytes they take."""
    reader = Reader(stream)
    messages: list[Frame] = []
    used = 0
    while True:
        try:
            kind, length = reader.u8(), reader.varint()
        except Malformed:
            return messages, used
        if length > MAX_BODY_BYTES:
            raise Malformed("a control message of more than 16,384 bytes")
        if length > reader.rest:
            return messages, used
        messages.append(parse_message(kind, reader.take(length)))
        used = reader.position


def parse_message(kind: int, body: bytes) -> Frame:
    """One control message."""
    if kind >= IGNORED_FROM:
        return Frame("GREASE", {"type": kind, "data": body})
    if kind not in _MESSAGES:
        raise Malformed(f"control message type {kind}")
    name, fields = _MESSAGES[kind]
    reader = Reader(body)
    message = Frame(name, {**fields(reader), "body": body})
    reader.end()
    return message


def _statement(reader: Reader) -> dict[str, Any]:
    return {
        "flags": below(reader.u8(), 4, "flags"),
        "k": reader.varint(),
        "rThrough": reader.varint(),
        "lThrough": reader.varint(),
        "seen": reader.varint(),
        "epoch": below(reader.varint(), SEQUENCES, "epoch"),
        "timeMs": reader.u64(),
        "signature": reader.take(64),
    }


def _lossy(reader: Reader) -> int:
    if lane(reader) != 1:
        raise Malformed("a control message about the reliable lane")
    return 1


def _gap(reader: Reader) -> dict[str, Any]:
    return {
        "lane": _lossy(reader),
        "n": reader.varint(),
        "length": reader.varint(),
        "leaf": reader.take(32),
    }


def _leaf_wanted(reader: Reader) -> dict[str, Any]:
    wanted_lane, count = _lossy(reader), reader.varint()
    if count > 256:
        raise Malformed("LEAF_WANTED of more than 256 numbers")
    return {"lane": wanted_lane, "numbers": [reader.varint() for _ in range(count)]}


def _rekey(reader: Reader) -> dict[str, Any]:
    epoch = below(reader.varint(), SEQUENCES, "epoch")
    shares = read_shares(reader)
    if shares[0][0] != X25519_GROUP:
        raise Malformed("a rekey message that does not begin with an X25519 share")
    return {"epoch": epoch, "shares": shares}


def _ticket(reader: Reader) -> dict[str, Any]:
    return {"id": reader.take(16), "lifetimeSeconds": below(reader.u32(), 86_401, "lifetime")}


def _early(reader: Reader) -> dict[str, Any]:
    return {"id": reader.take(16), "count": below(reader.u8(), 65, "count")}


_MESSAGES: dict[int, tuple[str, Callable[[Reader], dict[str, Any]]]] = {
    1: ("STATEMENT", _statement),
    2: ("GAP", _gap),
    3: ("LEAF_WANTED", _leaf_wanted),
    4: ("REKEY_INIT", _rekey),
    5: ("REKEY_RESP", _rekey),
    6: ("REKEY_WANTED", lambda reader: {"epoch": below(reader.varint(), SEQUENCES, "epoch")}),
    7: ("SIGNER", lambda reader: {"key": reader.take(32)}),
    8: ("TICKET", _ticket),
    9: ("EARLY", _early),
}
