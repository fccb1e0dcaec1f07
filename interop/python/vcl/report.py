"""What verification finds, and what becomes of it: verdicts and facts (SPEC 11.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

EXIT_CODES = {"whole": 0, "altered": 1, "prefix": 2, "unsigned-tail": 3, "unreadable": 4}
FROM_BEST = ("whole", "prefix", "unsigned-tail", "unreadable", "altered")
MAX_FINDINGS = 256


def worst(statuses: list[str]) -> str:
    """The worst of several verdicts."""
    return max(statuses, key=FROM_BEST.index, default="whole")


@dataclass(frozen=True)
class Alteration:
    """A run of messages of a lane that provably contains an alteration."""

    kind: str
    first: int
    last: int
    offset: int


@dataclass(frozen=True)
class Problem:
    """A finding that is not about messages."""

    code: str
    status: str
    message: str
    offset: int


@dataclass
class LaneFacts:
    """What a log holds of a lane."""

    messages: int = 0
    bytes: int = 0
    through: int = 0
    gaps: int = 0
    alterations: list[Alteration] = field(default_factory=list)


@dataclass
class DirectionFacts:
    """What a log holds of a direction; `hashes` are those of its good statements by number."""

    signer: bytes
    statements: int = 0
    final: bool = False
    lanes: tuple[LaneFacts, LaneFacts] = field(default_factory=lambda: (LaneFacts(), LaneFacts()))
    hashes: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    last_hash: bytes = bytes(32)


@dataclass
class SessionFacts:
    """What a log holds of a session."""

    sid: bytes
    recorder: int
    evidence: int
    payloads: bool
    keys: tuple[bytes, bytes]
    started_ms: int
    directions: tuple[DirectionFacts, DirectionFacts]
    epochs: int = 1
    times_ms: list[int] = field(default_factory=list)
    end: tuple[int, bool] | None = None
    previous: tuple[bytes, str] | None = None
    has_tail: bool = False
    problems: list[Problem] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The verdict on this session."""
        statuses = [problem.status for problem in self.problems]
        lanes = [lane for direction in self.directions for lane in direction.lanes]
        if any(lane.alterations for lane in lanes):
            statuses.append("altered")
        if self.has_tail:
            statuses.append("unsigned-tail")
        if self.end is None or not all(direction.final for direction in self.directions):
            statuses.append("prefix")
        return worst(statuses)


@dataclass
class FileFacts:
    """The verdict on a file."""

    sessions: list[SessionFacts] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The worst of the sessions and of what concerns none of them."""
        return worst(
            [session.status for session in self.sessions]
            + [problem.status for problem in self.problems]
        )


def first_differing(a: SessionFacts, b: SessionFacts) -> list[tuple[int, int, int]]:
    """By direction, the first number for which one signer signed two statements.

    Gives triples of direction, number, and where the statement stands in the log of `b`.
    """
    found = []
    for direction, (mine, theirs) in enumerate(zip(a.directions, b.directions)):
        common = sorted(mine.hashes.keys() & theirs.hashes.keys())
        differing = [k for k in common if mine.hashes[k][0] != theirs.hashes[k][0]]
        if mine.signer == theirs.signer and differing:
            found.append((direction, differing[0], theirs.hashes[differing[0]][1]))
    return found


def file_document(facts: FileFacts) -> dict[str, Any]:
    """A report for programs."""
    return {
        "status": facts.status,
        "exitCode": EXIT_CODES[facts.status],
        "sessions": [_session_document(session) for session in facts.sessions],
        "problems": [_problem_document(problem) for problem in facts.problems],
    }


def _session_document(session: SessionFacts) -> dict[str, Any]:
    client, server = session.keys
    end = session.end
    document = {
        "sid": session.sid.hex(),
        "status": session.status,
        "clientKey": client.hex(),
        "serverKey": server.hex(),
        "recorder": ("client", "server")[session.recorder],
        "evidence": ("identity", "session")[session.evidence],
        "payloads": "kept" if session.payloads else "redacted",
        "startedTimeMs": session.started_ms,
        "firstTimeMs": session.times_ms[0] if session.times_ms else None,
        "lastTimeMs": session.times_ms[-1] if session.times_ms else None,
        "epochs": session.epochs,
        "end": None if end is None else {"closeCode": end[0], "remote": end[1]},
        "directions": [_direction_document(direction) for direction in session.directions],
        "problems": [_problem_document(problem) for problem in session.problems[:MAX_FINDINGS]],
    }
    if session.previous is not None:
        sid, state = session.previous
        document["previous"] = {"sid": sid.hex(), "state": state}
    return document


def _direction_document(direction: DirectionFacts) -> dict[str, Any]:
    return {
        "signer": direction.signer.hex(),
        "statements": direction.statements,
        "final": direction.final,
        "lanes": [_lane_document(lane) for lane in direction.lanes],
    }


def _lane_document(lane: LaneFacts) -> dict[str, Any]:
    alterations = sorted(lane.alterations, key=lambda each: (each.first, each.last))
    return {
        "messages": lane.messages,
        "bytes": lane.bytes,
        "through": lane.through,
        "gaps": lane.gaps,
        "alterations": [
            {
                "kind": each.kind,
                "fromMessage": each.first,
                "toMessage": each.last,
                "fileOffset": each.offset,
            }
            for each in alterations[:MAX_FINDINGS]
        ],
    }


def _problem_document(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "message": problem.message, "fileOffset": problem.offset}
