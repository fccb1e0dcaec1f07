"""The statements of a session log: order, what they name, signatures (SPEC 8.3, 11.2)."""

from __future__ import annotations

from collections.abc import Sequence

from . import ed25519
from .chain import FINAL, NO_STATEMENT, OPEN, Statement, parse_statement
from .errors import Malformed
from .lane_check import LaneCheck
from .logfile import Entry, Signed
from .report import DirectionFacts, Problem, SessionFacts


class StatementCheck:
    """Goes through the statements of both directions."""

    def __init__(
        self,
        facts: SessionFacts,
        lanes: Sequence[Sequence[LaneCheck]],
        eths: dict[int, bytes],
    ) -> None:
        self._facts = facts
        self._lanes = lanes
        self._eths = eths
        self._last: list[Statement | None] = [None, None]
        self._bad_since = [0, 0]

    def take(self, signed: Signed, entry: Entry) -> None:
        """Takes the next statement."""
        try:
            statement = parse_statement(signed.raw)
        except Malformed as reason:
            self._problem("statement", str(reason), entry)
            return
        facts = self._facts.directions[statement.direction]
        code = self._why_not_good(statement, facts, signed)
        if code is not None:
            self._bad_since[statement.direction] += 1
            self._problem(code, "not a statement of this session with a valid signature", entry)
        elif self._is_next(statement, facts, entry):
            self._count(statement, facts, entry)

    def _why_not_good(
        self, statement: Statement, facts: DirectionFacts, signed: Signed
    ) -> str | None:
        if statement.sid != self._facts.sid:
            return "statement"
        is_valid = ed25519.verify(facts.signer, signed.raw, signed.signature)
        return None if is_valid else "signature"

    def _is_next(self, statement: Statement, facts: DirectionFacts, entry: Entry) -> bool:
        """Whether the number is above all before; one that is left out had to be bad."""
        last = self._last[statement.direction]
        number = -1 if last is None else last.k
        if statement.k <= number:
            known = facts.hashes.get(statement.k)
            is_same = known is None or known[0] == statement.hash
            self._problem("statement" if is_same else "equivocation", "a number again", entry)
            return False
        if statement.k - number - 1 > self._bad_since[statement.direction]:
            self._problem("statement", "statements before it are missing", entry)
        return True

    def _count(self, statement: Statement, facts: DirectionFacts, entry: Entry) -> None:
        for code, reason in self._disorder(statement, facts):
            self._problem(code, reason, entry)
        lanes = self._lanes[statement.direction]
        is_final = bool(statement.flags & FINAL)
        covered = [
            lane.cover(through, link, is_final, entry.offset)
            for lane, through, link in zip(lanes, statement.through, statement.links)
        ]
        if not all(covered):
            self._problem("equivocation", "it contradicts an earlier statement", entry)
        facts.statements += 1
        facts.final = is_final
        facts.hashes[statement.k] = (statement.hash, entry.offset)
        facts.last_hash = statement.hash
        self._facts.times_ms.append(statement.time_ms)
        self._last[statement.direction] = statement
        self._bad_since[statement.direction] = 0

    def _disorder(self, statement: Statement, facts: DirectionFacts) -> list[tuple[str, str]]:
        """What of SPEC 8.3 a signed statement does not keep."""
        last = self._last[statement.direction]
        is_open = bool(statement.flags & OPEN)
        before = facts.hashes.get(statement.k - 1, (None, 0))[0]
        if statement.k == 0:
            before = NO_STATEMENT
        eth = self._eths.get(statement.epoch)
        checks = (
            ("statement", is_open != (statement.k == 0), "OPEN is number 0 and no other"),
            ("statement", is_open and statement.through != (0, 0), "OPEN covers messages"),
            ("statement", facts.final, "a statement follows FINAL"),
            ("equivocation", before not in (None, statement.previous), "another previous one"),
            ("statement", last is not None and statement.seen < last.seen, "seen goes back"),
            ("statement", not self._has_seen(statement), "another statement seen"),
            ("epoch", last is not None and statement.epoch < last.epoch, "the epoch goes back"),
            ("epoch", eth != statement.eth, "another epoch, or one that is not in the log"),
        )
        return [(code, reason) for code, is_wrong, reason in checks if is_wrong]

    def _has_seen(self, statement: Statement) -> bool:
        """Whether the statement that it has seen stands in the log, in front of it."""
        if statement.seen == 0:
            return statement.seen_hash == NO_STATEMENT
        peers = self._facts.directions[1 - statement.direction].hashes
        known = peers.get(statement.seen - 1)
        return known is not None and known[0] == statement.seen_hash

    def _problem(self, code: str, message: str, entry: Entry) -> None:
        self._facts.problems.append(Problem(code, "altered", message, entry.offset))
