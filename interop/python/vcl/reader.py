"""Reading integers and byte strings (SPEC 1)."""

from __future__ import annotations

from .errors import Malformed

MAX_VALUE = 2**53 - 1


class Reader:
    """A position in bytes; every read that goes beyond their end is refused."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    @property
    def rest(self) -> int:
        """How many bytes have not been read."""
        return len(self._data) - self.position

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        if length > self.rest:
            raise Malformed(f"cut short: {length} bytes wanted, {self.rest} there")
        start = self.position
        self.position += length
        return self._data[start : self.position]

    def take_rest(self) -> bytes:
        """All that has not been read."""
        return self.take(self.rest)

    def unsigned(self, length: int) -> int:
        """A big-endian integer of fixed width; none exceeds 2^53 - 1."""
        value = int.from_bytes(self.take(length), "big")
        if value > MAX_VALUE:
            raise Malformed("a value above 2^53 - 1")
        return value

    def u8(self) -> int:
        """One byte."""
        return self.unsigned(1)

    def u16(self) -> int:
        """Two bytes."""
        return self.unsigned(2)

    def u32(self) -> int:
        """Four bytes."""
        return self.unsigned(4)

    def u64(self) -> int:
        """Eight bytes."""
        return self.unsigned(8)

    def varint(self) -> int:
        """An integer of RFC 9000 section 16; a longer form than needed is accepted."""
        first = self.u8()
        value = first & 0x3F
        for byte in self.take((1 << (first >> 6)) - 1):
            value = value << 8 | byte
        if value > MAX_VALUE:
            raise Malformed("a value above 2^53 - 1")
        return value

    def sized_by_varint(self) -> bytes:
        """`<varint>` bytes."""
        return self.take(self.varint())

    def sized_by_u16(self) -> bytes:
        """`<u16>` bytes."""
        return self.take(self.u16())

    def end(self) -> None:
        """Refuses bytes that follow the last field."""
        if self.rest > 0:
            raise Malformed(f"{self.rest} bytes too many")


def below(value: int, limit: int, what: str) -> int:
    """The value, refused when it is not below the limit."""
    if value >= limit:
        raise Malformed(f"{what} {value} is not below {limit}")
    return value


def varint(value: int) -> bytes:
    """The shortest encoding of a value."""
    for length, prefix in ((1, 0), (2, 1), (4, 2), (8, 3)):
        if value < 1 << (8 * length - 2):
            return (value | prefix << (8 * length - 2)).to_bytes(length, "big")
    raise ValueError("too large for a varint")
