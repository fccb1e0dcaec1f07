"""A second truth: a log that says something else and is signed all the same (SPEC 11.2).

Whoever holds the keys of both sides can write one. It is whole by itself; only the comparison with
the other log shows that the signers have said two different things.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from nacl import bindings

from .chain import (
    NO_STATEMENT,
    Statement,
    build_statement,
    genesis,
    leaf,
    next_link,
    parse_statement,
)
from .crypto import sha256
from .logfile import (
    END,
    GAP,
    MAGIC,
    MESSAGE,
    SESSION,
    STATEMENT,
    Entry,
    Gap,
    Message,
    Session,
    decode,
    split,
)
from .schedule import session_id


@dataclass(frozen=True)
class Change:
    """Which message of the first session is another: its first byte is changed."""

    direction: int
    lane: int
    n: int


def diverge(log: bytes, seeds: tuple[bytes, bytes], change: Change) -> bytes:
    """The first session of a log with payloads, signed anew from the change on."""
    writer = _Writer(seeds, change)
    for entry in split(log).entries:
        if entry.kind == SESSION and writer.has_begun:
            break
        writer.take(entry)
    return bytes(writer.out)


class _Writer:
    def __init__(self, seeds: tuple[bytes, bytes], change: Change) -> None:
        self.out = bytearray(MAGIC)
        self.has_begun = False
        self._secrets = [bindings.crypto_sign_seed_keypair(seed)[1] for seed in seeds]
        self._change = change
        self._checksum = hashlib.sha256()
        self._links: dict[tuple[int, int], list[bytes]] = {}
        self._leaves: dict[tuple[int, int], dict[int, bytes]] = {}
        self._hashes: list[list[bytes]] = [[], []]

    def take(self, entry: Entry) -> None:
        body = entry.body
        if entry.kind == SESSION:
            self._begin(entry)
        elif entry.kind == MESSAGE:
            body = self._message(entry)
        elif entry.kind == GAP:
            gap = decode(entry)
            assert isinstance(gap, Gap)
            self._leaves[gap.direction, 1][gap.n] = gap.leaf
        elif entry.kind == STATEMENT:
            body = self._statement(parse_statement(body[:-64]))
        elif entry.kind == END:
            whole = _framed(entry.kind, body)
            self._checksum.update(whole[:-32])
            body = body[:-32] + self._checksum.digest()
        whole = _framed(entry.kind, body)
        self._checksum.update(Entry(entry.offset, entry.kind, body, whole).checked)
        self.out += whole

    def _begin(self, entry: Entry) -> None:
        session = decode(entry)
        assert isinstance(session, Session)
        self.has_begun = True
        sid = session_id(session.version, *session.keys, session.th)
        for place in ((0, 0), (0, 1), (1, 0), (1, 1)):
            self._links[place] = [genesis(sid, *place)]
            self._leaves[place] = {}

    def _message(self, entry: Entry) -> bytes:
        message, body = decode(entry), entry.body
        assert isinstance(message, Message)
        place = (message.direction, message.lane)
        leaf_of_n = message.leaf
        if Change(*place, message.n) == self._change:
            assert message.salt is not None and message.payload is not None
            payload = bytes([message.payload[0] ^ 1]) + message.payload[1:]
            leaf_of_n = leaf(message.lane, message.kind, message.n, message.salt, payload)
            body = body[:20] + leaf_of_n + message.salt + payload
        self._leaves[place][message.n] = leaf_of_n
        return body

    def _statement(self, old: Statement) -> bytes:
        own, peers = self._hashes[old.direction], self._hashes[1 - old.direction]
        raw = build_statement(
            {
                "sid": old.sid,
                "direction": old.direction,
                "flags": old.flags,
                "k": old.k,
                "previous": own[-1] if own else NO_STATEMENT,
                "rThrough": old.through[0],
                "rLink": self._link(old.direction, 0, old.through[0]),
                "lThrough": old.through[1],
                "lLink": self._link(old.direction, 1, old.through[1]),
                "seen": old.seen,
                "seenHash": peers[old.seen - 1] if old.seen else NO_STATEMENT,
                "epoch": old.epoch,
                "eth": old.eth,
                "timeMs": old.time_ms,
            }
        )
        own.append(sha256(raw))
        return raw + bindings.crypto_sign(raw, self._secrets[old.direction])[:64]

    def _link(self, direction: int, lane: int, through: int) -> bytes:
        links, leaves = self._links[direction, lane], self._leaves[direction, lane]
        while len(links) <= through:
            links.append(next_link(links[-1], leaves[len(links) - 1]))
        return links[through]


def _framed(kind: int, body: bytes) -> bytes:
    return (len(body) + 1).to_bytes(4, "big") + bytes([kind]) + body
