"""Messages put together from their pieces (SPEC 6.1, 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .errors import Malformed, expect
from .frames import nearest


@dataclass
class Assembly:
    """A message as far as it has arrived."""

    kind: int | None = None
    total: int | None = None
    data: bytearray = field(default_factory=bytearray)
    has: bytearray = field(default_factory=bytearray)

    @property
    def is_whole(self) -> bool:
        """Whether every byte and the kind are there."""
        return self.total is not None and self.kind is not None and all(self.has[: self.total]) \
            and len(self.has) == self.total  # fmt: skip

    def put(self, fields: dict[str, Any]) -> None:
        """Takes a piece; what is there already must be the same."""
        offset, data = fields["offset"], fields["data"]
        if fields["total"] is not None:
            self._once("total", fields["total"])
            self._once("kind", fields["kind"])
        end = offset + len(data)
        if len(self.data) < end:
            grown = end - len(self.data)
            self.data += bytes(grown)
            self.has += bytes(grown)
        for index, byte in enumerate(data, offset):
            if self.has[index] and self.data[index] != byte:
                raise Malformed("message bytes were sent twice and differ")
        self.data[offset:end] = data
        self.has[offset:end] = b"\x01" * len(data)
        if self.total is not None and len(self.data) > self.total:
            raise Malformed("a piece beyond the total")

    def _once(self, name: str, value: int) -> None:
        known = getattr(self, name)
        if known is not None:
            expect(f"{name} of a message sent again", value, known)
        setattr(self, name, value)


class LaneMessages:
    """The messages of one lane and direction."""

    def __init__(self, lane: int) -> None:
        self._lane = lane
        self._base = 0
        self.messages: dict[int, Assembly] = {}
        self.gaps: dict[int, tuple[int, bytes]] = {}

    def put(self, fields: dict[str, Any]) -> None:
        """Takes a MESSAGE frame."""
        n = nearest(self._base, fields["low16"])
        self.messages.setdefault(n, Assembly()).put(fields)
        self._advance(n)

    def put_gap(self, fields: dict[str, Any]) -> None:
        """Takes a GAP."""
        value = (fields["length"], fields["leaf"])
        expect("a GAP sent twice", self.gaps.setdefault(fields["n"], value), value)
        self._advance(fields["n"])

    def _advance(self, n: int) -> None:
        if self._lane == 1:
            self._base = max(self._base, n + 1)
            return
        while self._base in self.messages and self.messages[self._base].is_whole:
            self._base += 1
