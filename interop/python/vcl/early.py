"""Tickets and early data (SPEC 4.7), and early.json."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .crypto import expand_label, extract, open_with_nonce
from .errors import Malformed, expect
from .reader import Reader

_ID_BYTES = 16
_MAX_MESSAGES = 64
_MAX_BYTES = 8_192


def ticket_secret(exporter: bytes, ticket: bytes) -> bytes:
    """The secret of a ticket, from the exporter of the session in which it was given."""
    return expand_label(exporter, "ticket", ticket)


def early_key(secret: bytes, hello_hash: bytes) -> bytes:
    """The key of the one early flight of a hello."""
    return expand_label(extract(bytes(32), secret), "early", hello_hash)


def open_early(secret: bytes, hello_hash: bytes, flight: bytes) -> list[tuple[int, bytes]] | None:
    """The messages of a flight, each with its kind; None when it does not open."""
    key = early_key(secret, hello_hash)
    plaintext = open_with_nonce(key, bytes(24), b"", flight[_ID_BYTES:])
    return None if plaintext is None else _messages(plaintext)


def _messages(plaintext: bytes) -> list[tuple[int, bytes]]:
    reader = Reader(plaintext)
    messages: list[tuple[int, bytes]] = []
    while reader.rest:
        kind = reader.u16()
        messages.append((kind, reader.take(reader.u32())))
    if len(messages) > _MAX_MESSAGES or sum(len(one) for _, one in messages) > _MAX_BYTES:
        raise Malformed("more early data than there may be")
    return messages


def early_checks(values: dict[str, Any]) -> Iterator[tuple[str, Callable[[], None]]]:
    """The checks of early.json."""
    for vector in values["flights"]:
        yield vector["name"], lambda vector=vector: _check(vector)


def _check(vector: dict[str, Any]) -> None:
    def binary(name: str) -> bytes:
        return bytes.fromhex(vector[name])

    secret = ticket_secret(binary("exporter"), binary("id"))
    expect("ticket secret", secret, binary("secret"))
    expect("early key", early_key(secret, binary("helloHash")), binary("key"))
    flight = binary("flight")
    expect("id in the flight", flight[:_ID_BYTES], binary("id"))
    expected = [(one["kind"], bytes.fromhex(one["payload"])) for one in vector["messages"]]
    expect("messages", open_early(secret, binary("helloHash"), flight), expected)
    expect("another hello", open_early(secret, bytes(32), flight), None)
