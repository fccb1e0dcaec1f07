"""Leaves, links and statements (SPEC 8.1 to 8.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from .crypto import chacha_block, expand_label, sha256
from .errors import Malformed
from .reader import Reader

STATEMENT_BYTES = 254
STATEMENT_MAGIC = b"VCL1 checkpoint\x00"
OPEN, FINAL = 1, 2
NO_STATEMENT = bytes(32)


def salt_key(exporter: bytes, direction: int, lane: int) -> bytes:
    """The key whose ChaCha20 blocks are the salts of a lane."""
    return expand_label(exporter, "salt", bytes([direction, lane]))


def salt(key: bytes, n: int) -> bytes:
    """The salt of message n under a salt key."""
    high, low = divmod(n // 4, 2**32)
    block = chacha_block(key, low, struct.pack("<L", high) + bytes(8))
    return block[16 * (n % 4) : 16 * (n % 4) + 16]


def leaf(lane: int, kind: int, n: int, salt_of_n: bytes, payload: bytes) -> bytes:
    """The leaf of a message."""
    head = struct.pack(">BBHQQ", 0, lane, kind, n, len(payload))
    return sha256(head, salt_of_n, payload)


def genesis(sid: bytes, direction: int, lane: int) -> bytes:
    """`link[0]`."""
    return sha256(b"VCL1 genesis", sid, bytes([direction, lane]))


def next_link(link: bytes, leaf_of_n: bytes) -> bytes:
    """`link[n+1]` of `link[n]` and `leaf[n]`."""
    return sha256(b"\x01", link, leaf_of_n)


@dataclass(frozen=True)
class Statement:
    """The 254 bytes of a statement, taken apart; `raw` are those bytes."""

    sid: bytes
    direction: int
    flags: int
    k: int
    previous: bytes
    through: tuple[int, int]
    links: tuple[bytes, bytes]
    seen: int
    seen_hash: bytes
    epoch: int
    eth: bytes
    time_ms: int
    raw: bytes

    @property
    def hash(self) -> bytes:
        """What the next statement calls it by."""
        return sha256(self.raw)


def parse_statement(raw: bytes) -> Statement:
    """Takes a statement apart; what it says is not checked."""
    reader = Reader(raw)
    if reader.take(16) != STATEMENT_MAGIC:
        raise Malformed("a statement that does not begin as one")
    sid, direction, flags, k, previous = (
        reader.take(32), reader.u8(), reader.u8(), reader.u64(), reader.take(32),
    )  # fmt: skip
    r_through, r_link = reader.u64(), reader.take(32)
    l_through, l_link = reader.u64(), reader.take(32)
    seen, seen_hash = reader.u64(), reader.take(32)
    epoch, eth, time_ms = reader.u32(), reader.take(32), reader.u64()
    reader.end()
    if direction > 1 or flags > OPEN | FINAL:
        raise Malformed("a statement of an unknown direction, or with unknown flags")
    return Statement(
        sid, direction, flags, k, previous, (r_through, l_through), (r_link, l_link),
        seen, seen_hash, epoch, eth, time_ms, raw,
    )  # fmt: skip


def build_statement(fields: dict[str, Any]) -> bytes:
    """The 254 bytes, of what both sides know."""
    return b"".join(
        (
            STATEMENT_MAGIC,
            fields["sid"],
            bytes([fields["direction"], fields["flags"]]),
            struct.pack(">Q", fields["k"]),
            fields["previous"],
            struct.pack(">Q", fields["rThrough"]),
            fields["rLink"],
            struct.pack(">Q", fields["lThrough"]),
            fields["lLink"],
            struct.pack(">Q", fields["seen"]),
            fields["seenHash"],
            struct.pack(">L", fields["epoch"]),
            fields["eth"],
            struct.pack(">Q", fields["timeMs"]),
        )
    )
