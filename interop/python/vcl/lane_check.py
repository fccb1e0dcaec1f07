"""One lane of a session log: entries against the links that are signed (SPEC 8.2, 11.2)."""

from __future__ import annotations

from dataclasses import dataclass

from .chain import next_link
from .logfile import Message
from .report import Alteration, LaneFacts

MAX_AHEAD = 131_072
HISTORY = 16_384


@dataclass
class Known:
    """What the entries about one message say."""

    leaf: bytes
    has_message: bool = False
    has_gap: bool = False
    suspect: Suspect | None = None


@dataclass
class Suspect:
    """A MESSAGE whose leaf and payload disagree; `leaf` is that of the payload."""

    leaf: bytes
    offset: int
    is_reported: bool = False


class LaneCheck:
    """Keeps what is known of messages, and the link up to those that are signed."""

    def __init__(self, facts: LaneFacts, link: bytes) -> None:
        self.facts = facts
        self._link = link
        self._known: dict[int, Known] = {}
        self._floor = 0
        self._end = 0
        self._final_through: int | None = None

    @property
    def has_tail(self) -> bool:
        """Whether there are entries beyond the last good statement."""
        return self._end > self.facts.through

    def take_message(self, message: Message, payload_leaf: bytes | None, offset: int) -> None:
        """Takes MESSAGE; `payload_leaf` is None where no payload was kept."""
        self.facts.messages += 1
        self.facts.bytes += message.length
        n = message.n
        if not self._may_stand(n, offset):
            return
        known = self._known.get(n)
        if known and known.has_message and known.suspect is None:
            self._alter("duplicate" if known.leaf == message.leaf else "conflict", n, n, offset)
        elif known and known.has_gap and known.leaf != message.leaf:
            self._alter("conflict", n, n, offset)
        else:
            self._put_message(message, payload_leaf, offset)

    def take_gap(self, n: int, leaf: bytes, offset: int) -> None:
        """Takes GAP."""
        self.facts.gaps += 1
        if not self._may_stand(n, offset):
            return
        known = self._known.get(n)
        if known and known.leaf != leaf:
            self._alter("conflict", n, n, offset)
        elif known and known.has_gap:
            self._alter("duplicate", n, n, offset)
        else:
            self._know(n, leaf).has_gap = True

    def cover(self, through: int, link: bytes, is_final: bool, offset: int) -> bool:
        """Compares with the link of a statement and goes on from that one in any case.

        Gives False when the statement contradicts an earlier one.
        """
        start = self.facts.through
        if through < start or (through == start and link != self._link):
            return False
        runs = self._runs_missing(start, through)
        for first, last in runs:
            self._alter("missing", first, last, offset)
        if not runs and link not in (self._fold(through, False), self._fold(through, True)):
            self._alter("links", start, through - 1, offset)
        self._report_suspects(through)
        self.facts.through = through
        self._link = link
        self._end = max(self._end, through)
        self._forget_below(through - HISTORY)
        if is_final:
            self._final_through = through
            if self.has_tail:
                self._alter("beyond-final", through, self._end - 1, offset)
        return True

    def finish(self) -> None:
        """There are no more entries."""
        self._report_suspects(self._end)

    def _put_message(self, message: Message, payload_leaf: bytes | None, offset: int) -> None:
        n = message.n
        is_late = n < self.facts.through
        known = self._know(n, message.leaf)
        known.has_message = True
        length = None if message.payload is None else len(message.payload)
        if length is None or (payload_leaf == message.leaf and length == message.length):
            self._report_suspect(n)
            known.suspect = None
            return
        assert payload_leaf is not None
        if is_late or known.suspect is not None:
            self._alter("entry", n, n, offset)
            known.suspect = known.suspect or Suspect(payload_leaf, offset, True)
        else:
            known.suspect = Suspect(payload_leaf, offset)

    def _know(self, n: int, leaf: bytes) -> Known:
        known = self._known.setdefault(n, Known(leaf))
        if n >= self.facts.through:
            known.leaf = leaf
        self._end = max(self._end, n + 1)
        return known

    def _may_stand(self, n: int, offset: int) -> bool:
        through = self.facts.through
        if self._final_through is not None and n >= self._final_through:
            self._alter("beyond-final", n, n, offset)
        elif n >= through + MAX_AHEAD:
            self._alter("misplaced", n, n, offset)
        elif n < through and n not in self._known:
            self._alter("duplicate" if n < self._floor else "misplaced", n, n, offset)
        else:
            return True
        return False

    def _runs_missing(self, start: int, through: int) -> list[tuple[int, int]]:
        """The runs of numbers without an entry; beyond the last entry is a run of its own."""
        runs: list[tuple[int, int]] = []
        middle = max(start, min(through, self._end))
        for n in range(start, middle):
            if n in self._known:
                continue
            if runs and runs[-1][1] == n - 1:
                runs[-1] = (runs[-1][0], n)
            else:
                runs.append((n, n))
        if through > middle:
            runs.append((middle, through - 1))
        return runs

    def _fold(self, through: int, by_payload: bool) -> bytes:
        link = self._link
        for n in range(self.facts.through, through):
            known = self._known[n]
            by_suspect = by_payload and known.suspect is not None
            link = next_link(link, known.suspect.leaf if by_suspect else known.leaf)
        return link

    def _report_suspects(self, through: int) -> None:
        for n in sorted(self._known):
            if n < through:
                self._report_suspect(n)

    def _report_suspect(self, n: int) -> None:
        suspect = self._known[n].suspect
        if suspect is not None and not suspect.is_reported:
            suspect.is_reported = True
            self._alter("entry", n, n, suspect.offset)

    def _forget_below(self, n: int) -> None:
        if n > self._floor:
            self._floor = n
            self._known = {at: known for at, known in self._known.items() if at >= n}

    def _alter(self, kind: str, first: int, last: int, offset: int) -> None:
        self.facts.alterations.append(Alteration(kind, first, last, offset))
