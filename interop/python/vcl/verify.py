"""Verification of session logs (SPEC 11.2)."""

from __future__ import annotations

import hashlib

from . import ed25519
from .chain import genesis, leaf
from .errors import Malformed
from .lane_check import LaneCheck
from .logfile import (
    Content,
    End,
    Entry,
    EpochEntry,
    Frames,
    Gap,
    Message,
    Session,
    Signed,
    contents,
    split,
)
from .report import DirectionFacts, FileFacts, Problem, SessionFacts, first_differing
from .schedule import session_id
from .statement_check import StatementCheck


def verify_log(data: bytes) -> FileFacts:
    """Verifies the bytes of a file."""
    facts = FileFacts()
    frames = split(data)
    current: SessionCheck | None = None
    for entry, content in contents(frames.entries):
        if isinstance(content, Session):
            if current is not None:
                current.finish()
            current = SessionCheck(content, entry, facts.sessions)
            facts.sessions.append(current.facts)
        elif current is None or current.is_over:
            facts.problems.append(
                Problem("stray-entry", "unreadable", "an entry in no session", entry.offset)
            )
        else:
            current.take(entry, content)
    if current is not None:
        current.finish()
    _check_framing(frames, facts)
    _compare_twins(facts)
    return facts


def _check_framing(frames: Frames, facts: FileFacts) -> None:
    if frames.end == "broken" or not facts.sessions:
        problem = Problem("unreadable", "unreadable", "no session log from here on", frames.offset)
    elif frames.end == "cut":
        problem = Problem("cut", "prefix", "the file ends inside an entry", frames.offset)
    else:
        return
    facts.problems.append(problem)


def _compare_twins(facts: FileFacts) -> None:
    """A file may hold two logs of the same session."""
    first: dict[bytes, SessionFacts] = {}
    for session in facts.sessions:
        twin = first.setdefault(session.sid, session)
        if twin is session:
            continue
        for _, _, offset in first_differing(twin, session):
            facts.problems.append(Problem("equivocation", "altered", "signed otherwise", offset))


class SessionCheck:
    """Goes through the entries of one session."""

    def __init__(self, session: Session, entry: Entry, earlier: list[SessionFacts]) -> None:
        sid = session_id(session.version, session.keys[0], session.keys[1], session.th)
        self.facts = SessionFacts(
            sid=sid,
            recorder=session.recorder,
            evidence=session.evidence,
            payloads=session.payloads,
            keys=session.keys,
            started_ms=session.started_ms,
            directions=(DirectionFacts(session.signers[0]), DirectionFacts(session.signers[1])),
        )
        self.is_over = False
        self._session = session
        self._checksum = hashlib.sha256(entry.checked)
        self._lanes = [
            [
                LaneCheck(self.facts.directions[d].lanes[lane], genesis(sid, d, lane))
                for lane in (0, 1)
            ]
            for d in (0, 1)
        ]
        self._eths = {0: session.th}
        self._statements = StatementCheck(self.facts, self._lanes, self._eths)
        self._check_keys(entry)
        self._check_previous(entry, earlier)

    def take(self, entry: Entry, content: Content | Malformed) -> None:
        """Takes the next entry."""
        self._checksum.update(entry.checked)
        if isinstance(content, Malformed):
            self._problem("malformed-entry", "unreadable", str(content), entry)
        elif isinstance(content, Message):
            self._take_message(content, entry)
        elif isinstance(content, Gap):
            self._lanes[content.direction][1].take_gap(content.n, content.leaf, entry.offset)
        elif isinstance(content, EpochEntry):
            self._take_epoch(content, entry)
        elif isinstance(content, Signed):
            self._statements.take(content, entry)
        elif isinstance(content, End):
            self._take_end(content, entry)

    def finish(self) -> None:
        """There are no more entries of this session."""
        for lanes in self._lanes:
            for lane in lanes:
                lane.finish()
                self.facts.has_tail |= lane.has_tail

    def _problem(self, code: str, status: str, message: str, entry: Entry) -> None:
        self.facts.problems.append(Problem(code, status, message, entry.offset))

    def _check_keys(self, entry: Entry) -> None:
        session = self._session
        if not all(ed25519.valid_key(key) for key in session.keys + session.signers):
            self._problem("keys", "altered", "a key that nobody may have", entry)
        same = [key == signer for key, signer in zip(session.keys, session.signers)]
        if not (all(same) if session.evidence == 0 else not any(same)):
            self._problem("keys", "altered", "signers that do not go with the evidence", entry)

    def _check_previous(self, entry: Entry, earlier: list[SessionFacts]) -> None:
        if self._session.previous is None:
            return
        sid, own, seen = self._session.previous
        state = "absent"
        for session in earlier:
            if session.sid == sid:
                hashes = [direction.last_hash for direction in session.directions]
                mine, other = session.recorder, 1 - session.recorder
                state = "joined" if (hashes[mine], hashes[other]) == (own, seen) else "gap"
        self.facts.previous = (sid, state)
        if state == "gap":
            self._problem("previous-session", "prefix", "something is missing before", entry)

    def _take_message(self, message: Message, entry: Entry) -> None:
        if (message.payload is not None) != self._session.payloads:
            self._problem("payload-form", "altered", "a message of the other form", entry)
        computed = None
        if message.payload is not None and message.salt is not None:
            computed = leaf(message.lane, message.kind, message.n, message.salt, message.payload)
        self._lanes[message.direction][message.lane].take_message(message, computed, entry.offset)

    def _take_epoch(self, content: EpochEntry, entry: Entry) -> None:
        if content.epoch != len(self._eths):
            self._problem("epoch", "altered", f"epoch {content.epoch} out of turn", entry)
            return
        self._eths[content.epoch] = content.eth
        self.facts.epochs = len(self._eths)

    def _take_end(self, end: End, entry: Entry) -> None:
        self.is_over = True
        self.facts.end = (end.close_code, bool(end.remote))
        if self._checksum.digest() != end.checksum:
            self._problem("checksum", "altered", "the checksum is another", entry)
        seen = [count for direction in end.seen for count in direction]
        signed = [lane.facts.through for lanes in self._lanes for lane in lanes]
        if any(count < through for count, through in zip(seen, signed)):
            self._problem("tail", "altered", "END counts fewer messages than are signed", entry)
        self.facts.has_tail |= any(count > through for count, through in zip(seen, signed))
