"""The key schedule of a session (SPEC 4.3, 5.1, 5.3)."""

from __future__ import annotations

from dataclasses import dataclass

from .crypto import ZEROS_32, expand_label, extract, mac, nonce_of, open_with_nonce, sha256
from .errors import Malformed
from .handshake import AUTH, SEALED_FLIGHT, Message, parse_identity, parse_messages
from . import ed25519

AUTH_CONTEXTS = {"c": b"VCL1 client auth", "s": b"VCL1 server auth"}


def early_secret(psk: bytes) -> bytes:
    """`early`, of a pre-shared key or none."""
    return extract(ZEROS_32, psk or ZEROS_32)


def handshake_secret(early: bytes, shared: bytes) -> bytes:
    """`hs`."""
    return extract(expand_label(early, "derived"), shared)


def traffic_secret(hs: bytes, side: str, hello_hash: bytes) -> bytes:
    """`hs_c` or `hs_s`; side is c or s."""
    return expand_label(hs, f"{side} hs", hello_hash)


def session_id(version: int, client_key: bytes, server_key: bytes, th: bytes) -> bytes:
    """`sid`."""
    return sha256(b"VCL1 session", version.to_bytes(4, "big"), client_key, server_key, th)


@dataclass(frozen=True)
class Identity:
    """What a sealed flight proves, and its three messages as they stand in the transcript."""

    key: bytes
    messages: tuple[Message, Message, Message]

    @property
    def transcript(self) -> bytes:
        """ID, AUTH and FIN."""
        return b"".join(message.whole for message in self.messages)


def open_sealed(
    side: str, secret: bytes, hello_hash: bytes, sealed: bytes, before: bytes
) -> Identity:
    """Opens SEALED and verifies key, AUTH and FIN.

    `side` is c or s, `before` the transcript in front of the sender's ID.
    """
    salt = expand_label(secret, "salt", bytes(4), 16)
    key = expand_label(secret, "key")
    plaintext = open_with_nonce(key, nonce_of(salt, 0), hello_hash, sealed)
    if plaintext is None:
        raise Malformed("SEALED does not open")
    messages = parse_messages(plaintext)
    if tuple(message.kind for message in messages) != SEALED_FLIGHT:
        raise Malformed("SEALED holds other messages than ID, AUTH and FIN")
    identity, auth, fin = messages
    public_key = parse_identity(identity.body)
    _check_auth(side, public_key, auth, before + identity.whole)
    wanted = mac(expand_label(secret, "finished"), sha256(before, identity.whole, auth.whole))
    if fin.body != wanted:
        raise Malformed("FIN is not the one of this transcript")
    return Identity(public_key, (identity, auth, fin))


def _check_auth(side: str, public_key: bytes, auth: Message, transcript: bytes) -> None:
    signed = b"\x20" * 64 + AUTH_CONTEXTS[side] + b"\x00" + sha256(transcript)
    if auth.kind != AUTH or not ed25519.verify(public_key, signed, auth.body):
        raise Malformed("AUTH is not signed by the key of ID")


@dataclass(frozen=True)
class Epoch:
    """`S[e]` and `eth[e]` of a key epoch."""

    number: int
    state: bytes
    eth: bytes

    def data_secret(self, direction: int) -> bytes:
        """`secret[d,e]`."""
        return expand_label(self.state, "s data" if direction else "c data", self.eth)

    @property
    def shared_with_application(self) -> bytes:
        """`shared`."""
        return expand_label(self.state, "shared", self.eth)

    def next(self, shared: bytes, init_body: bytes, resp_body: bytes) -> Epoch:
        """The epoch that a rekey exchange leads to."""
        state = extract(expand_label(self.state, "ratchet", self.eth), shared)
        eth = sha256(b"VCL1 rekey", self.eth, init_body, resp_body)
        return Epoch(self.number + 1, state, eth)


def first_epoch(hs: bytes, th: bytes) -> Epoch:
    """Epoch 0."""
    return Epoch(0, extract(expand_label(hs, "derived"), ZEROS_32), th)


def exporter_of(epoch_0: Epoch) -> bytes:
    """`exporter`."""
    return expand_label(epoch_0.state, "exporter", epoch_0.eth)
