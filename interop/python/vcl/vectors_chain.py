"""chain.json: SPEC 8.1 to 8.3 and a log (11.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from nacl import bindings

from . import chain, ed25519
from .errors import expect
from .verify import verify_log


def chain_checks(values: dict[str, Any]) -> Iterator[tuple[str, Callable[[], None]]]:
    """The checks of the file."""
    exporter, sid = bytes.fromhex(values["exporter"]), bytes.fromhex(values["sid"])
    for number, vector in enumerate(values["salts"]):
        yield f"salt {number}", lambda vector=vector: _salt(exporter, vector)
    for number, vector in enumerate(values["leaves"]):
        yield f"leaf {number}", lambda vector=vector: _leaf(vector)
    for number, vector in enumerate(values["genesis"]):
        yield f"genesis {number}", lambda vector=vector: _genesis(sid, vector)
    yield "links", lambda: _links(values["chain"])
    for number, vector in enumerate(values["statements"]):
        yield f"statement {number}", lambda vector=vector: _statement(values, vector)
    yield "log", lambda: expect("verdict", verify_log(bytes.fromhex(values["log"])).status, "whole")


def _salt(exporter: bytes, vector: dict[str, Any]) -> None:
    key = chain.salt_key(exporter, vector["direction"], vector["lane"])
    expect("salt", chain.salt(key, vector["n"]).hex(), vector["salt"])


def _leaf(vector: dict[str, Any]) -> None:
    if "payload" in vector:
        payload = bytes.fromhex(vector["payload"])
    else:
        payload = bytes([vector["payloadFill"]]) * vector["payloadLength"]
    salt = bytes.fromhex(vector["salt"])
    computed = chain.leaf(vector["lane"], vector["kind"], vector["n"], salt, payload)
    expect("leaf", computed.hex(), vector["leaf"])


def _genesis(sid: bytes, vector: dict[str, Any]) -> None:
    computed = chain.genesis(sid, vector["direction"], vector["lane"])
    expect("link 0", computed.hex(), vector["link"])


def _links(vector: dict[str, Any]) -> None:
    links = [bytes.fromhex(vector["links"][0])]
    for leaf in vector["leaves"]:
        links.append(chain.next_link(links[-1], bytes.fromhex(leaf)))
    expect("links", [link.hex() for link in links], vector["links"])


def _statement(values: dict[str, Any], vector: dict[str, Any]) -> None:
    signer = values[("client", "server")[vector["direction"]]]
    raw, signature = bytes.fromhex(vector["statement"]), bytes.fromhex(vector["signature"])
    statement = chain.parse_statement(raw)
    expect("direction", statement.direction, vector["direction"])
    expect("sid", statement.sid.hex(), values["sid"])
    expect("hash", statement.hash.hex(), vector["hash"])
    _, secret_key = bindings.crypto_sign_seed_keypair(bytes.fromhex(signer["seed"]))
    expect("signature", bindings.crypto_sign(raw, secret_key)[:64], signature)
    public_key = bytes.fromhex(signer["publicKey"])
    expect("verdict", ed25519.verify(public_key, raw, signature), True)
    expect("rebuilt", _rebuild(statement), raw)


def _rebuild(statement: chain.Statement) -> bytes:
    return chain.build_statement(
        {
            "sid": statement.sid,
            "direction": statement.direction,
            "flags": statement.flags,
            "k": statement.k,
            "previous": statement.previous,
            "rThrough": statement.through[0],
            "rLink": statement.links[0],
            "lThrough": statement.through[1],
            "lLink": statement.links[1],
            "seen": statement.seen,
            "seenHash": statement.seen_hash,
            "epoch": statement.epoch,
            "eth": statement.eth,
            "timeMs": statement.time_ms,
        }
    )
