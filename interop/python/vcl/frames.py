"""Frames of a record (SPEC 6), decoded strictly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .errors import Malformed
from .reader import MAX_VALUE, Reader, below

MAX_REASON_BYTES = 128
PACKET_NUMBERS = 2**48
SEQUENCES = 2**32


@dataclass(frozen=True)
class Frame:
    """A frame: its name, and its fields by the names of SPEC 6."""

    name: str
    fields: dict[str, Any] = field(default_factory=dict)


def parse_frames(plaintext: bytes) -> list[Frame]:
    """All frames of a record in their order, without PADDING."""
    reader = Reader(plaintext)
    frames = []
    while reader.rest > 0:
        frame = parse_frame(reader)
        if frame.name != "PADDING":
            frames.append(frame)
    return frames


def parse_frame(reader: Reader) -> Frame:
    """The next frame."""
    kind = reader.varint()
    if 0x20 <= kind <= 0x3F:
        return Frame("MESSAGE", _message(kind, reader))
    if 0x40 <= kind <= 0x7F:
        return Frame("GREASE", {"type": kind, "data": reader.sized_by_varint()})
    if kind not in _FRAMES:
        raise Malformed(f"frame type {kind:#x}")
    name, fields = _FRAMES[kind]
    return Frame(name, fields(reader))


def lane(reader: Reader) -> int:
    """A lane number."""
    return below(reader.u8(), 2, "lane")


def _message(kind: int, reader: Reader) -> dict[str, Any]:
    """A MESSAGE frame (SPEC 6.1); `offset` and `total` are None where they do not stand in it."""
    whole, sized, typed, first = (bool(kind & bit) for bit in (2, 4, 8, 16))
    if whole and first:
        raise Malformed("a MESSAGE that is whole and a first piece")
    if typed and not (whole or first):
        raise Malformed("a later piece with a kind")
    low16 = reader.u16()
    application_kind = reader.u16() if typed else 0
    offset = 0 if whole or first else reader.varint()
    total = reader.varint() if first else None
    data = reader.sized_by_varint() if sized else reader.take_rest()
    if not (whole or first) and offset == 0:
        raise Malformed("a later piece at offset 0")
    if offset + len(data) > MAX_VALUE:
        raise Malformed("a piece that ends at 2^53 or beyond")
    if total is not None and total <= len(data):
        raise Malformed("a first piece that is all of its message")
    return {
        "lane": kind & 1,
        "low16": low16,
        "kind": application_kind,
        "whole": whole,
        "first": first,
        "sized": sized,
        "offset": offset,
        "total": len(data) if whole else total,
        "data": data,
    }


def _ack(reader: Reader) -> dict[str, Any]:
    """ACK as in RFC 9000 section 19.3, with a path; ranges as (smallest, largest) from the top."""
    path = below(reader.varint(), SEQUENCES, "path")
    largest = below(reader.varint(), PACKET_NUMBERS, "acknowledged packet number")
    delay = reader.varint()
    count = below(reader.varint(), 64, "count of ranges")
    ranges = [_range(largest, reader.varint())]
    for _ in range(count):
        gap = reader.varint()
        top = ranges[-1][0] - gap - 2
        if top < 0:
            raise Malformed("an ACK range below 0")
        ranges.append(_range(top, reader.varint()))
    return {"path": path, "delay": delay, "ranges": ranges}


def _range(largest: int, length: int) -> tuple[int, int]:
    if length > largest:
        raise Malformed("an ACK range below 0")
    return (largest - length, largest)


def _control(reader: Reader) -> dict[str, Any]:
    offset, data = reader.varint(), reader.sized_by_varint()
    if offset + len(data) > MAX_VALUE:
        raise Malformed("CONTROL bytes that end at 2^53 or beyond")
    return {"offset": offset, "data": data}


def _credit(reader: Reader) -> dict[str, Any]:
    return {"lane": lane(reader), "bytes": reader.varint(), "messages": reader.varint()}


def _new_connection_id(reader: Reader) -> dict[str, Any]:
    return {
        "sequence": below(reader.varint(), SEQUENCES, "sequence"),
        "retirePriorTo": below(reader.varint(), SEQUENCES, "retire_prior_to"),
        "cid": reader.take(8),
    }


def _close(reader: Reader) -> dict[str, Any]:
    code, frame_type, application_code = reader.u16(), reader.varint(), reader.u32()
    length = reader.varint()
    if length > MAX_REASON_BYTES:
        raise Malformed("a reason of more than 128 bytes")
    try:
        reason = reader.take(length).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("a reason that is not UTF-8") from error
    return {
        "code": code,
        "frameType": frame_type,
        "applicationCode": application_code,
        "reason": reason,
    }


def _ack_frequency(reader: Reader) -> dict[str, Any]:
    return {
        "sequence": reader.varint(),
        "packets": reader.varint(),
        "maxDelayMs": reader.varint(),
    }


def _path_attach(reader: Reader) -> dict[str, Any]:
    carrier = reader.u8()
    if not 1 <= carrier <= 4:
        raise Malformed(f"carrier {carrier}")
    return {"carrier": carrier}


def _sequence(reader: Reader) -> dict[str, Any]:
    return {"sequence": below(reader.varint(), SEQUENCES, "sequence")}


_FRAMES: dict[int, tuple[str, Callable[[Reader], dict[str, Any]]]] = {
    0x00: ("PADDING", lambda reader: {}),
    0x01: ("PING", lambda reader: {"id": reader.varint()}),
    0x02: ("PONG", lambda reader: {"id": reader.varint()}),
    0x03: ("ACK", _ack),
    0x04: ("CONTROL", _control),
    0x05: ("CREDIT", _credit),
    0x06: ("BLOCKED", _credit),
    0x07: ("VERIFIED", lambda reader: {"statements": reader.varint()}),
    0x08: ("NEW_CONNECTION_ID", _new_connection_id),
    0x09: ("RETIRE_CONNECTION_ID", _sequence),
    0x0A: ("PATH_CHALLENGE", lambda reader: {"data": reader.take(8)}),
    0x0B: ("PATH_RESPONSE", lambda reader: {"data": reader.take(8)}),
    0x0C: ("CLOSE", _close),
    0x0D: ("HANDSHAKE_DONE", lambda reader: {}),
    0x0E: ("ACK_FREQUENCY", _ack_frequency),
    0x0F: ("PATH_ATTACH", _path_attach),
}


def nearest(base: int, low16: int) -> int:
    """The message number nearest to the base that has these low 16 bits (SPEC 6.1)."""
    first = (base & ~0xFFFF | low16) - 0x10000
    candidates = [first + step * 0x10000 for step in range(3) if first + step * 0x10000 >= 0]
    return min(candidates, key=lambda n: (abs(n - base), -n))
