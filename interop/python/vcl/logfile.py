"""The entries of a session log file (SPEC 11.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Union

from .chain import STATEMENT_BYTES
from .errors import Malformed
from .reader import Reader, below

MAGIC = b"VCLLOG\x00\x01"
VERSION_1 = 0x00000001
MAX_ENTRY_BYTES = 2**25
SESSION, MESSAGE, GAP, STATEMENT, EPOCH, END = 1, 2, 3, 4, 5, 6
MESSAGE_HEAD_BYTES = 52
SALT_BYTES = 16


@dataclass(frozen=True)
class Session:
    """SESSION."""

    version: int
    recorder: int
    evidence: int
    payloads: bool
    keys: tuple[bytes, bytes]
    signers: tuple[bytes, bytes]
    th: bytes
    started_ms: int
    previous: tuple[bytes, bytes, bytes] | None


@dataclass(frozen=True)
class Message:
    """MESSAGE; `salt` and `payload` are None in the redacted form."""

    direction: int
    lane: int
    kind: int
    n: int
    length: int
    leaf: bytes
    salt: bytes | None
    payload: bytes | None


@dataclass(frozen=True)
class Gap:
    """GAP."""

    direction: int
    lane: int
    n: int
    length: int
    leaf: bytes


@dataclass(frozen=True)
class Signed:
    """STATEMENT."""

    raw: bytes
    signature: bytes


@dataclass(frozen=True)
class EpochEntry:
    """EPOCH."""

    epoch: int
    eth: bytes


@dataclass(frozen=True)
class End:
    """END; `seen` by direction and lane."""

    close_code: int
    remote: int
    seen: tuple[tuple[int, int], tuple[int, int]]
    checksum: bytes


Content = Union[Session, Message, Gap, Signed, EpochEntry, End]


@dataclass(frozen=True)
class Entry:
    """An entry where it stands: `whole` is length, type and body."""

    offset: int
    kind: int
    body: bytes
    whole: bytes

    @property
    def checked(self) -> bytes:
        """What of the entry the checksum of its session covers."""
        if self.kind == MESSAGE:
            return self.whole[: 5 + MESSAGE_HEAD_BYTES]
        return self.whole[:-32] if self.kind == END else self.whole


@dataclass(frozen=True)
class Frames:
    """The framing of a file: its entries, and why there are no more of them.

    `end` is whole, cut or broken; `offset` is where what is cut or broken begins.
    """

    entries: list[Entry]
    end: str
    offset: int


def split(data: bytes) -> Frames:
    """Cuts a file into entries without looking into them."""
    if data[: len(MAGIC)] != MAGIC:
        return Frames([], "broken", 0)
    entries: list[Entry] = []
    position = len(MAGIC)
    while position < len(data):
        if len(data) - position < 4:
            return Frames(entries, "cut", position)
        length = int.from_bytes(data[position : position + 4], "big")
        if not 1 <= length <= MAX_ENTRY_BYTES:
            return Frames(entries, "broken", position)
        whole = data[position : position + 4 + length]
        if len(whole) < 4 + length:
            return Frames(entries, "cut", position)
        entries.append(Entry(position, whole[4], whole[5:], whole))
        position += 4 + length
    return Frames(entries, "whole", position)


def contents(entries: list[Entry]) -> Iterator[tuple[Entry, Content | Malformed]]:
    """Decodes the entries; one that is not well formed gives the reason instead."""
    for entry in entries:
        try:
            yield entry, decode(entry)
        except Malformed as reason:
            yield entry, reason


def decode(entry: Entry) -> Content:
    """Decodes the body of an entry."""
    decoder = _DECODERS.get(entry.kind)
    if decoder is None:
        raise Malformed(f"an entry of type {entry.kind}")
    reader = Reader(entry.body)
    content = decoder(reader)
    reader.end()
    return content


def _session(reader: Reader) -> Session:
    version = reader.u32()
    if version != VERSION_1:
        raise Malformed(f"a session of version {version:#x}")
    recorder, evidence, payloads = (below(reader.u8(), 2, "a choice") for _ in range(3))
    keys = (reader.take(32), reader.take(32))
    signers = (reader.take(32), reader.take(32))
    th, started_ms = reader.take(32), reader.u64()
    has_previous = below(reader.u8(), 2, "count of previous sessions")
    previous = (reader.take(32), reader.take(32), reader.take(32)) if has_previous else None
    return Session(
        version, recorder, evidence, bool(payloads), keys, signers, th, started_ms, previous
    )


def _message(reader: Reader) -> Message:
    direction, lane = (below(reader.u8(), 2, "direction or lane") for _ in range(2))
    kind, n, length, leaf = reader.u16(), reader.u64(), reader.u64(), reader.take(32)
    if reader.rest == 0:
        return Message(direction, lane, kind, n, length, leaf, None, None)
    salt = reader.take(SALT_BYTES)
    return Message(direction, lane, kind, n, length, leaf, salt, reader.take_rest())


def _gap(reader: Reader) -> Gap:
    direction, lane = (below(reader.u8(), 2, "direction or lane") for _ in range(2))
    if lane != 1:
        raise Malformed("a GAP in the reliable lane")
    return Gap(direction, lane, reader.u64(), reader.u64(), reader.take(32))


def _signed(reader: Reader) -> Signed:
    return Signed(reader.take(STATEMENT_BYTES), reader.take(64))


def _epoch(reader: Reader) -> EpochEntry:
    return EpochEntry(reader.u32(), reader.take(32))


def _end(reader: Reader) -> End:
    close_code, remote = reader.u16(), below(reader.u8(), 2, "remote")
    r0, l0, r1, l1 = (reader.u64() for _ in range(4))
    return End(close_code, remote, ((r0, l0), (r1, l1)), reader.take(32))


_DECODERS: dict[int, Callable[[Reader], Content]] = {
    SESSION: _session,
    MESSAGE: _message,
    GAP: _gap,
    STATEMENT: _signed,
    EPOCH: _epoch,
    END: _end,
}
