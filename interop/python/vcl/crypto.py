"""AEAD, key derivation and masks (SPEC 2.1, 2.2, 2.4, 2.5)."""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass

from nacl import bindings
from nacl.exceptions import CryptoError

from .errors import Malformed

TAG_BYTES = 16
ZEROS_32 = bytes(32)


def sha256(*parts: bytes) -> bytes:
    """SHA-256 of the parts one after the other."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def mac(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.new(key, data, hashlib.sha256).digest()


def extract(salt: bytes, secret: bytes) -> bytes:
    """HKDF-Extract (RFC 5869 section 2.2)."""
    return mac(salt, secret)


def expand(secret: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869 section 2.3)."""
    output = block = b""
    while len(output) < length:
        block = mac(secret, block + info + bytes([len(output) // 32 + 1]))
        output += block
    return output[:length]


def expand_label(secret: bytes, label: str, context: bytes = b"", length: int = 32) -> bytes:
    """`EL` of SPEC 2.2."""
    name = b"vcl1 " + label.encode("ascii")
    info = struct.pack(">HB", length, len(name)) + name + bytes([len(context)]) + context
    return expand(secret, info, length)


def open_with_nonce(key: bytes, nonce: bytes, aad: bytes, sealed: bytes) -> bytes | None:
    """Opens XChaCha20-Poly1305; None when the tag does not fit."""
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, aad, nonce, key)
    except CryptoError:
        return None


def seal_with_nonce(key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
    """Seals with XChaCha20-Poly1305."""
    return bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, nonce, key)


def nonce_of(salt: bytes, counter: int) -> bytes:
    """The nonce of a counter under a salt (SPEC 2.1)."""
    return salt + struct.pack("<Q", counter)


def x25519(secret: bytes, public_key: bytes) -> bytes:
    """RFC 7748; a result of zeros is refused (SPEC 2.3)."""
    try:
        shared = bindings.crypto_scalarmult(secret, public_key)
    except CryptoError as error:
        raise Malformed("an X25519 result of zeros") from error
    if shared == ZEROS_32:
        raise Malformed("an X25519 result of zeros")
    return shared


def chacha_block(key: bytes, counter: int, nonce: bytes) -> bytes:
    """The ChaCha20 block (RFC 8439 section 2.3)."""
    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574]
    start += struct.unpack("<8L", key)
    start += [counter]
    start += struct.unpack("<3L", nonce)
    state = list(start)
    for _ in range(10):
        for a, b, c, d in _QUARTERS:
            _quarter_round(state, a, b, c, d)
    return struct.pack("<16L", *((x + y) & 0xFFFFFFFF for x, y in zip(state, start)))


_QUARTERS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip


def _quarter_round(state: list[int], a: int, b: int, c: int, d: int) -> None:
    for target, source, mixed, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[target] = (state[target] + state[source]) & 0xFFFFFFFF
        word = state[mixed] ^ state[target]
        state[mixed] = (word << turn | word >> (32 - turn)) & 0xFFFFFFFF


def mask(key: bytes, sample: bytes) -> bytes:
    """The mask of a 16-byte sample (SPEC 2.4), a whole block of it."""
    return chacha_block(key, struct.unpack("<L", sample[:4])[0], sample[4:16])


def xor(data: bytes, pad: bytes) -> bytes:
    """`data` with the beginning of `pad` upon it."""
    return bytes(a ^ b for a, b in zip(data, pad))


@dataclass(frozen=True)
class OuterKeys:
    """What an outer secret gives (SPEC 2.5)."""

    outer: bytes
    okey: bytes
    omask: bytes

    @staticmethod
    def of(secret: bytes) -> OuterKeys:
        """The keys of an outer secret."""
        outer = extract(b"VCL1 outer", secret)
        return OuterKeys(outer, expand_label(outer, "okey"), expand_label(outer, "omask"))
