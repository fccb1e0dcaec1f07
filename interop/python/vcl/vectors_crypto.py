"""crypto.json: SPEC 2.1 to 2.4, and the salts of 8.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from nacl import bindings

from . import chain, crypto, ed25519
from .errors import Disagreement, Malformed, expect


def crypto_checks(values: dict[str, Any]) -> Iterator[tuple[str, Callable[[], None]]]:
    """The checks of the file."""
    for group, check in _GROUPS.items():
        for number, vector in enumerate(values[group]["vectors"]):
            yield f"{group} {number}", lambda check=check, vector=vector: check(vector)
    key = bytes.fromhex(values["salts"]["key"])
    for vector in values["salts"]["vectors"]:
        yield f"salt {vector['n']}", lambda vector=vector: _salt(key, vector)


def _hex(vector: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(vector[name]) for name in names]


def _chacha_block(vector: dict[str, Any]) -> None:
    key, nonce, block = _hex(vector, "key", "nonce", "block")
    expect("block", crypto.chacha_block(key, vector["counter"], nonce), block)


def _mask(vector: dict[str, Any]) -> None:
    key, sample, mask = _hex(vector, "key", "sample", "mask")
    expect("mask", crypto.mask(key, sample)[: len(mask)], mask)


def _salt(key: bytes, vector: dict[str, Any]) -> None:
    expect("salt", chain.salt(key, vector["n"]), bytes.fromhex(vector["salt"]))


def _xchacha(vector: dict[str, Any]) -> None:
    key, nonce, aad, plaintext, sealed = _hex(
        vector, "key", "nonce", "aad", "plaintext", "ciphertext"
    )
    expect("sealed", crypto.seal_with_nonce(key, nonce, aad, plaintext), sealed)
    expect("opened", crypto.open_with_nonce(key, nonce, aad, sealed), plaintext)


def _aead(vector: dict[str, Any]) -> None:
    key, salt, header, plaintext, sealed = _hex(
        vector, "key", "salt", "header", "plaintext", "sealed"
    )
    nonce = crypto.nonce_of(salt, vector["counter"])
    expect("sealed", crypto.seal_with_nonce(key, nonce, header, plaintext), sealed)


def _sha256(vector: dict[str, Any]) -> None:
    message, digest = _hex(vector, "message", "digest")
    expect("digest", crypto.sha256(message), digest)


def _hmac(vector: dict[str, Any]) -> None:
    key, message, tag = _hex(vector, "key", "message", "tag")
    expect("tag", crypto.mac(key, message), tag)


def _hkdf(vector: dict[str, Any]) -> None:
    ikm, salt, info, prk, okm = _hex(vector, "ikm", "salt", "info", "prk", "okm")
    expect("prk", crypto.extract(salt, ikm), prk)
    expect("okm", crypto.expand(prk, info, vector["length"]), okm)


def _expand_label(vector: dict[str, Any]) -> None:
    secret, context, output = _hex(vector, "secret", "context", "output")
    computed = crypto.expand_label(secret, vector["label"], context, vector["length"])
    expect("output", computed, output)


def _x25519(vector: dict[str, Any]) -> None:
    secret, public_key, shared = _hex(vector, "secret", "publicKey", "shared")
    expect("shared", crypto.x25519(secret, public_key), shared)


def _x25519_public_key(vector: dict[str, Any]) -> None:
    secret, public_key = _hex(vector, "secret", "publicKey")
    expect("public key", bindings.crypto_scalarmult_base(secret), public_key)


def _x25519_low_order(vector: str) -> None:
    try:
        shared = crypto.x25519(bytes(range(32)), bytes.fromhex(vector))
    except Malformed:
        return
    raise Disagreement(f"a point of low order gave {shared.hex()}")


def _ed25519(vector: dict[str, Any]) -> None:
    seed, public_key, message, signature = _hex(
        vector, "seed", "publicKey", "message", "signature"
    )
    computed, secret_key = bindings.crypto_sign_seed_keypair(seed)
    expect("public key", computed, public_key)
    expect("signature", bindings.crypto_sign(message, secret_key)[:64], signature)
    expect("verdict", ed25519.verify(public_key, message, signature), True)


def _ed25519_verdict(vector: dict[str, Any]) -> None:
    """Under a key that is refused the verdict on a signature means nothing."""
    public_key, message, signature = _hex(vector, "publicKey", "message", "signature")
    expect("verdict on the key", ed25519.valid_key(public_key), vector["validKey"])
    verdict = vector["validKey"] and vector["valid"]
    expect("verdict of libsodium", ed25519.verify(public_key, message, signature), verdict)
    if vector["validKey"]:
        computed = ed25519.equation_holds(public_key, message, signature)
        expect("verdict of the equation", computed, verdict)


_GROUPS: dict[str, Callable[[Any], None]] = {
    "chachaBlock": _chacha_block,
    "mask": _mask,
    "xchacha": _xchacha,
    "aead": _aead,
    "sha256": _sha256,
    "hmac": _hmac,
    "hkdf": _hkdf,
    "expandLabel": _expand_label,
    "x25519": _x25519,
    "x25519PublicKeys": _x25519_public_key,
    "x25519LowOrder": _x25519_low_order,
    "ed25519": _ed25519,
    "ed25519Verdicts": _ed25519_verdict,
}
