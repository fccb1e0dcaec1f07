"""Statements rebuilt from what a capture holds, and compared with session logs (SPEC 8, 11)."""

from __future__ import annotations

from . import ed25519
from .chain import (
    FINAL,
    NO_STATEMENT,
    build_statement,
    genesis,
    leaf,
    next_link,
    salt,
    salt_key,
)
from .crypto import sha256
from .errors import Disagreement, expect
from .frames import Frame
from .logfile import Gap, Message, Signed, contents, split
from .logfile import Session as LogSession
from .schedule import session_id
from .session import Session


class Evidence:
    """The chains of both directions of a session, computed from its datagrams."""

    def __init__(self, session: Session) -> None:
        if session.exporter is None:
            raise Disagreement("without ephemeral secrets there are no salts, hence no leaves")
        self._session = session
        self._exporter = session.exporter
        self.leaves = [[self._leaves(d, lane) for lane in (0, 1)] for d in (0, 1)]
        self.statements: list[list[tuple[bytes, bytes]]] = [[], []]
        self._links = [[[genesis(session.sid, d, lane)] for lane in (0, 1)] for d in (0, 1)]
        self._build_all()

    def _leaves(self, direction: int, lane: int) -> dict[int, bytes]:
        key = salt_key(self._exporter, direction, lane)
        messages = self._session.lanes[direction][lane]
        leaves = {
            n: leaf(lane, message.kind, n, salt(key, n), bytes(message.data))
            for n, message in messages.messages.items()
            if message.is_whole and message.kind is not None
        }
        for n, (_, given) in messages.gaps.items():
            expect(f"the leaf of GAP {n}", leaves.setdefault(n, given), given)
        return leaves

    def _build_all(self) -> None:
        """Each statement needs those it has seen, so the directions take turns."""
        waiting = [list(statements) for statements in self._session.statements]
        while any(waiting):
            before = sum(map(len, waiting))
            for direction in (0, 1):
                while waiting[direction] and self._can_build(direction, waiting[direction][0]):
                    self._build(direction, waiting[direction].pop(0))
            if sum(map(len, waiting)) == before:
                raise Disagreement("a statement has seen one that is not in the capture")

    def _can_build(self, direction: int, statement: Frame) -> bool:
        return statement.fields["seen"] <= len(self.statements[1 - direction])

    def _build(self, direction: int, statement: Frame) -> None:
        fields = dict(statement.fields)
        own, peers = self.statements[direction], self.statements[1 - direction]
        expect("the number of a statement", fields["k"], len(own))
        seen_hash = sha256(peers[fields["seen"] - 1][0]) if fields["seen"] else NO_STATEMENT
        raw = build_statement(
            {
                **fields,
                "sid": self._session.sid,
                "direction": direction,
                "previous": sha256(own[-1][0]) if own else NO_STATEMENT,
                "rLink": self._link(direction, 0, fields["rThrough"]),
                "lLink": self._link(direction, 1, fields["lThrough"]),
                "seenHash": seen_hash,
                "eth": self._session.eths[fields["epoch"]],
            }
        )
        signer = self._session.signers[direction]
        if not ed25519.verify(signer, raw, fields["signature"]):
            raise Disagreement(f"the signature of statement {fields['k']} of {direction} is wrong")
        own.append((raw, fields["signature"]))

    def _link(self, direction: int, lane: int, through: int) -> bytes:
        links, leaves = self._links[direction][lane], self.leaves[direction][lane]
        while len(links) <= through:
            n = len(links) - 1
            if n not in leaves:
                raise Disagreement(f"message {n} of lane {lane} is signed, but was not captured")
            links.append(next_link(links[n], leaves[n]))
        return links[through]

    @property
    def is_final(self) -> bool:
        """Whether both directions end with FINAL."""
        return all(
            bool(statements) and statements[-1].fields["flags"] & FINAL == FINAL
            for statements in self._session.statements
        )

    def compare_with_log(self, data: bytes) -> int:
        """Compares with the entries of a log about this session; gives how many were compared."""
        compared = 0
        is_ours = False
        statements = [iter(each) for each in self.statements]
        for _, content in contents(split(data).entries):
            if isinstance(content, LogSession):
                sid = session_id(content.version, *content.keys, content.th)
                is_ours = sid == self._session.sid
                if is_ours:
                    expect("signers", list(content.signers), self._session.signers)
            elif is_ours:
                compared += self._compare_entry(content, statements)
        return compared

    def _compare_entry(self, content: object, statements: list) -> int:
        if isinstance(content, Signed):
            direction = content.raw[48]
            expect("a statement", (content.raw, content.signature), next(statements[direction]))
            return 1
        if isinstance(content, (Message, Gap)):
            leaves = self.leaves[content.direction][content.lane]
            expect(f"leaf of message {content.n}", leaves.get(content.n), content.leaf)
            if isinstance(content, Message):
                self._compare_message(content)
            return 1
        return 0

    def _compare_message(self, entry: Message) -> None:
        message = self._session.lanes[entry.direction][entry.lane].messages.get(entry.n)
        if message is None or not message.is_whole:
            return
        expect("kind and length", (message.kind, len(message.data)), (entry.kind, entry.length))
        if entry.payload is not None:
            expect("payload", bytes(message.data), entry.payload)
