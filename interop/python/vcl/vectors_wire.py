"""wire.json: the varints of SPEC 1, 3.2, 3.3, frames, message numbers and control messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .control import parse_messages
from .crypto import mask, xor
from .errors import Disagreement, Malformed, expect
from .frames import nearest, parse_frames
from .reader import Reader, varint
from .record import (
    OUTER_MASK_BYTES,
    SAMPLE_OFFSET,
    connection_id_of,
    recover_number,
    undo_header_mask,
    undo_outer_mask,
)


def wire_checks(values: dict[str, Any]) -> Iterator[tuple[str, Callable[[], None]]]:
    """The checks of the file."""
    for group, check in _GROUPS.items():
        for number, vector in enumerate(values[group]):
            yield f"{group} {number}", lambda check=check, vector=vector: check(vector)


def _varint(vector: dict[str, Any]) -> None:
    expect("decoded", Reader(bytes.fromhex(vector["hex"])).varint(), vector["value"])
    expect("encoded", varint(vector["value"]).hex(), vector["hex"])


def _long_varint(vector: dict[str, Any]) -> None:
    expect("decoded", Reader(bytes.fromhex(vector["hex"])).varint(), vector["value"])


def _refused_varint(vector: str) -> None:
    try:
        value = Reader(bytes.fromhex(vector)).varint()
    except Malformed:
        return
    raise Disagreement(f"a varint above 2^53 - 1 gave {value}")


def _packet_number(vector: dict[str, Any]) -> None:
    number = recover_number(vector["largest"], vector["truncated"], vector["lengthBytes"])
    expect("packet number", number, vector["pn"])


def _nearest(vector: dict[str, Any]) -> None:
    expect("n", nearest(vector["base"], vector["low16"]), vector["n"])


def _frame(vector: dict[str, Any]) -> None:
    [frame] = parse_frames(bytes.fromhex(vector["hex"]))
    expect("frame", frame.name, vector["name"])
    wanted = dict(vector["fields"])
    if frame.name == "GREASE":
        return
    if frame.name == "MESSAGE":
        _compare_message(frame.fields, wanted)
    elif frame.name == "ACK":
        expect("path", frame.fields["path"], wanted["pathId"])
        expect("ranges", [list(each) for each in frame.fields["ranges"]], wanted["ranges"])
        expect("delay", frame.fields["delay"] * 8 / 1000, wanted["delayMs"])
    else:
        expect("fields", _readable(frame.fields), wanted)


def _compare_message(fields: dict[str, Any], wanted: dict[str, Any]) -> None:
    """The frame has the low bits of n, and the total only where it begins a message."""
    expect("n", fields["low16"], wanted["n"] & 0xFFFF)
    for name in ("lane", "kind", "offset"):
        expect(name, fields[name], wanted[name])
    expect("bytes", fields["data"].hex(), wanted["data"])
    expect("length", fields["sized"], wanted["withLength"])
    if fields["total"] is not None:
        expect("total", fields["total"], wanted["total"])


def _control_message(vector: dict[str, Any]) -> None:
    raw = bytes.fromhex(vector["message"])
    [message], used = parse_messages(raw)
    expect("bytes used", used, len(raw))
    fields = dict(message.fields)
    expect("body", fields.pop("body").hex(), vector["body"])
    if "shares" in fields:
        fields["shares"] = [{"group": group, "share": share} for group, share in fields["shares"]]
    expect("message", message.name, vector["name"])
    expect("fields", _readable(fields), vector["fields"])


def _record(vector: dict[str, Any]) -> None:
    """Both masks are undone, and put on again."""
    omask, hp = bytes.fromhex(vector["omask"]), bytes.fromhex(vector["hp"])
    record = undo_outer_mask(omask, bytes.fromhex(vector["masked"]))
    assert record is not None
    expect("without the outer mask", record.hex(), vector["headerMasked"])
    expect("connection id", connection_id_of(record).hex(), vector["cid"])
    header = undo_header_mask(hp, record)
    sealed = header.raw + record[len(header.raw) :]
    expect("without masks", sealed.hex(), vector["sealed"])
    expect("epoch bits", header.epoch_bits, vector["epoch"] % 4)
    expect("length of the number", header.pn_length, vector["pnLength"])
    expect("number", header.truncated, vector["pn"] % 256**header.pn_length)
    pad = mask(omask, record[SAMPLE_OFFSET : SAMPLE_OFFSET + 16])[:OUTER_MASK_BYTES]
    masked = xor(record, pad) + record[OUTER_MASK_BYTES:]
    expect("masked again", masked.hex(), vector["masked"])


def _readable(value: Any) -> Any:
    """Bytes in hex, everywhere in a value."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: _readable(each) for name, each in value.items()}
    return [_readable(each) for each in value] if isinstance(value, list) else value


_GROUPS: dict[str, Callable[[Any], None]] = {
    "varints": _varint,
    "longVarints": _long_varint,
    "refusedVarints": _refused_varint,
    "packetNumbers": _packet_number,
    "nearest": _nearest,
    "frames": _frame,
    "controlMessages": _control_message,
    "records": _record,
}
