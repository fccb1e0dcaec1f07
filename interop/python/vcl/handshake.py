"""Envelopes and handshake messages (SPEC 3.1, 4.1, 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .crypto import open_with_nonce
from .errors import Malformed
from .reader import Reader

CH, SH, COOKIE, ID, AUTH, FIN, SEALED = 1, 2, 3, 4, 5, 6, 7
CLIENT_HELLO, SERVER_FLIGHT, CLIENT_FINISH, RETRY = 1, 2, 3, 4
MIN_ENVELOPE_BYTES, MAX_ENVELOPE_BYTES, MIN_HELLO_BYTES = 300, 520, 420
X25519_GROUP = 0x001D
REFUSED_VERSION = 12


@dataclass(frozen=True)
class Envelope:
    """What an envelope holds."""

    kind: int
    attempt: bytes
    flight: bytes


def open_envelope(okey: bytes, datagram: bytes) -> Envelope | None:
    """Opens an envelope; None when it is none under this key."""
    if not MIN_ENVELOPE_BYTES <= len(datagram) <= MAX_ENVELOPE_BYTES:
        return None
    plaintext = open_with_nonce(okey, datagram[:24], b"", datagram[24:])
    if plaintext is None:
        return None
    reader = Reader(plaintext)
    kind, attempt = reader.u8(), reader.take(8)
    offset, total, length = reader.u16(), reader.u16(), reader.u16()
    flight = reader.take(length)
    if not CLIENT_HELLO <= kind <= RETRY or offset != 0 or length != total:
        raise Malformed("an envelope of an unknown kind, or a part of a flight")
    if any(reader.take_rest()):
        raise Malformed("an envelope whose trailing bytes are not 0")
    if kind == CLIENT_HELLO and len(datagram) < MIN_HELLO_BYTES:
        raise Malformed("a client hello below 420 bytes")
    return Envelope(kind, attempt, flight)


@dataclass(frozen=True)
class Message:
    """A handshake message: its type, its body, and the two with the header as in the transcript."""

    kind: int
    body: bytes
    whole: bytes


_FLIGHTS = {
    CLIENT_HELLO: ((CH,), (CH, COOKIE)),
    SERVER_FLIGHT: ((SH, SEALED),),
    CLIENT_FINISH: ((SEALED,),),
    RETRY: ((COOKIE,),),
}
SEALED_FLIGHT = (ID, AUTH, FIN)


def parse_flight(kind: int, flight: bytes) -> list[Message]:
    """The messages of a flight, which must be those of its kind."""
    messages = parse_messages(flight)
    if tuple(message.kind for message in messages) not in _FLIGHTS[kind]:
        raise Malformed(f"a flight of kind {kind} with other messages than it may have")
    return messages


def parse_messages(data: bytes) -> list[Message]:
    """Messages one after the other."""
    reader = Reader(data)
    messages = []
    while reader.rest > 0:
        start = reader.position
        kind, body = reader.u8(), reader.sized_by_u16()
        messages.append(Message(kind, body, data[start : reader.position]))
    return messages


@dataclass(frozen=True)
class ClientHello:
    """CH."""

    random: bytes
    time_ms: int
    cid: bytes
    versions: list[int]
    suites: list[int]
    shares: list[tuple[int, bytes]]
    params: dict[str, Any]


@dataclass(frozen=True)
class ServerHello:
    """SH."""

    random: bytes
    refuse: int
    version: int
    suite: int
    cid: bytes
    group: int
    share: bytes
    params: dict[str, Any]


def parse_client_hello(body: bytes) -> ClientHello:
    """Decodes the body of CH."""
    reader = Reader(body)
    hello = ClientHello(
        random=reader.take(32),
        time_ms=reader.u64(),
        cid=reader.take(8),
        versions=_distinct(reader, lambda: reader.u32()),
        suites=_distinct(reader, lambda: reader.u16()),
        shares=read_shares(reader),
        params=parse_params(reader.sized_by_u16()),
    )
    reader.end()
    return hello


def parse_server_hello(body: bytes) -> ServerHello:
    """Decodes the body of SH."""
    reader = Reader(body)
    hello = ServerHello(
        random=reader.take(32),
        refuse=reader.u16(),
        version=reader.u32(),
        suite=reader.u16(),
        cid=reader.take(8),
        group=reader.u16(),
        share=reader.sized_by_u16(),
        params=parse_params(reader.sized_by_u16()),
    )
    reader.end()
    if hello.refuse not in (0, 1, 10, 12, 13):
        raise Malformed(f"refuse {hello.refuse}")
    return hello


def check_choice(client: ClientHello, server: ServerHello) -> None:
    """Refuses a server that takes what version 1 does not have, or what was not offered."""
    if server.suite != 1 or server.group != X25519_GROUP or len(server.share) != 32:
        raise Malformed("a server hello of another suite, group or share than version 1 has")
    if server.refuse != REFUSED_VERSION and server.version not in client.versions:
        raise Malformed("a server hello of a version that was not offered")
    if client.params["evidence"] != server.params["evidence"]:
        raise Malformed("a server hello of other evidence")


def parse_identity(body: bytes) -> bytes:
    """Decodes the body of ID; its extensions are ignored. Gives the public key."""
    reader = Reader(body)
    key = reader.take(32)
    extensions = Reader(reader.sized_by_u16())
    reader.end()
    while extensions.rest > 0:
        extensions.u16()
        extensions.sized_by_u16()
    return key


def read_shares(reader: Reader) -> list[tuple[int, bytes]]:
    """`shares` of SPEC 4.1: pairs of a group and its share, none of a group twice."""
    shares = [(reader.u16(), reader.sized_by_u16()) for _ in range(reader.u8())]
    _check_distinct([group for group, _ in shares])
    if any(group == X25519_GROUP and len(share) != 32 for group, share in shares):
        raise Malformed("an X25519 share that has not 32 bytes")
    return shares


def _distinct(reader: Reader, read: Callable[[], int]) -> list[int]:
    values = [read() for _ in range(reader.u8())]
    _check_distinct(values)
    return values


def _check_distinct(values: list[int]) -> None:
    if not values or len(set(values)) < len(values):
        raise Malformed("a list that is empty or names something twice")


_NUMBERS = {
    1: ("idle_timeout", 0, 2**32, 60_000),
    2: ("max_datagram", 512, 65_535, 1_232),
    3: ("max_message", 1, 25_165_824, 16_777_216),
    4: ("initial_credit_r", 0, 2**30, 76_800),
    5: ("initial_credit_l", 0, 2**30, 76_800),
    6: ("initial_messages", 1, 16_384, 16_384),
    7: ("max_ack_delay", 0, 1_000, 25),
    8: ("max_cids", 2, 8, 8),
    9: ("max_paths", 1, 8, 8),
    10: ("max_checkpoint_rate", 10, 2_000, 2_000),
    11: ("max_uncovered", 64, 65_536, 16_384),
    12: ("evidence", 0, 1, 0),
    13: ("signing", 0, 1, 0),
    14: ("delivery", 0, 1, 0),
    15: ("pq", 0, 2, 0),
    17: ("disguise", 0, 0, 0),
}


def parse_params(data: bytes) -> dict[str, Any]:
    """Parameters (SPEC 4.2) with their defaults; unknown ones are ignored."""
    values: dict[str, Any] = {name: default for name, _, _, default in _NUMBERS.values()}
    values |= {"carriers": b"\x01", "psk": b""}
    reader = Reader(data)
    seen = set()
    while reader.rest > 0:
        number, value = reader.varint(), reader.sized_by_varint()
        if number in seen:
            raise Malformed(f"parameter {number} twice")
        seen.add(number)
        if number in _NUMBERS:
            values[_NUMBERS[number][0]] = _number(number, value)
        elif number == 16:
            values["carriers"] = _carriers(value)
        elif number == 18:
            values["psk"] = _psk(value)
    return values


def _number(number: int, value: bytes) -> int:
    name, least, most, _ = _NUMBERS[number]
    reader = Reader(value)
    result = reader.varint()
    reader.end()
    if not least <= result <= most:
        raise Malformed(f"{name} is {result}")
    return result


def _carriers(value: bytes) -> bytes:
    if not 1 <= len(value) <= 16:
        raise Malformed("a list of no or more than 16 carriers")
    return value


def _psk(value: bytes) -> bytes:
    is_ticket = value[:1] == b"\x02" and len(value) == 17
    if not (value in (b"", b"\x01") or is_ticket):
        raise Malformed("a pre-shared key parameter of another form")
    return value
