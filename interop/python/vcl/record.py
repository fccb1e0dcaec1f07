"""Records: masks, packet numbers, AEAD (SPEC 2.1, 3.2, 3.3, 5.2)."""

from __future__ import annotations

from dataclasses import dataclass

from .crypto import expand_label, mask, nonce_of, open_with_nonce, xor
from .errors import Malformed

MIN_RECORD_BYTES = 29
CID_BYTES = 8
PN_OFFSET = 1 + CID_BYTES
SAMPLE_OFFSET = PN_OFFSET + 4
OUTER_MASK_BYTES = 13
PACKET_NUMBERS = 2**48


def undo_outer_mask(omask: bytes, datagram: bytes) -> bytes | None:
    """The record with its header mask only; None when it is too short for a record."""
    if len(datagram) < MIN_RECORD_BYTES:
        return None
    sample = datagram[SAMPLE_OFFSET : SAMPLE_OFFSET + 16]
    pad = mask(omask, sample)[:OUTER_MASK_BYTES]
    return xor(datagram, pad) + datagram[OUTER_MASK_BYTES:]


def connection_id_of(record: bytes) -> bytes:
    """The connection id of a record whose outer mask is undone."""
    return record[1:PN_OFFSET]


@dataclass(frozen=True)
class Header:
    """What the header of a record says."""

    epoch_bits: int
    early: bool
    reserved: int
    truncated: int
    pn_length: int
    raw: bytes


def undo_header_mask(hp: bytes, record: bytes) -> Header:
    """The header of a record whose outer mask is undone."""
    pad = mask(hp, record[SAMPLE_OFFSET : SAMPLE_OFFSET + 16])
    first = record[0] ^ pad[0]
    length = (first >> 6) + 1
    number = xor(record[PN_OFFSET : PN_OFFSET + length], pad[1:])
    return Header(
        epoch_bits=first >> 4 & 3,
        early=bool(first & 8),
        reserved=first & 7,
        truncated=int.from_bytes(number, "big"),
        pn_length=length,
        raw=bytes([first]) + connection_id_of(record) + number,
    )


def recover_number(largest: int, truncated: int, length: int) -> int:
    """The packet number below 2^48 nearest to the one expected next (SPEC 3.2)."""
    expected = largest + 1
    window = 1 << (8 * length)
    candidate = expected & ~(window - 1) | truncated
    if candidate <= expected - window // 2 and candidate < PACKET_NUMBERS - window:
        return candidate + window
    is_beyond = candidate > expected + window // 2 or candidate >= PACKET_NUMBERS
    if is_beyond and candidate >= window:
        return candidate - window
    return candidate


@dataclass
class PacketKeys:
    """What one direction's data secret of an epoch gives."""

    secret: bytes

    def __post_init__(self) -> None:
        self.key = expand_label(self.secret, "key")
        self._salts: dict[int, bytes] = {}

    def salt(self, path: int) -> bytes:
        """The salt of a path."""
        if path not in self._salts:
            context = path.to_bytes(4, "big")
            self._salts[path] = expand_label(self.secret, "salt", context, 16)
        return self._salts[path]

    def open(self, header: Header, record: bytes, path: int, number: int) -> bytes | None:
        """The plaintext, or None when the tag does not fit."""
        sealed = record[len(header.raw) :]
        plaintext = open_with_nonce(self.key, nonce_of(self.salt(path), number), header.raw, sealed)
        if plaintext is not None and (header.early or header.reserved):
            raise Malformed("a record with a reserved bit set")
        return plaintext


def header_protection_key(secret_of_epoch_0: bytes) -> bytes:
    """`hp` of a direction."""
    return expand_label(secret_of_epoch_0, "hp")
