"""Strict Ed25519 (SPEC 2.3), in integer arithmetic and, for many signatures, with libsodium.

`valid_key` and `equation_holds` follow the text of SPEC 2.3 and RFC 8032 with integers and serve as
the reference. `verify` asks libsodium once the key is known to be good: for such keys its own
rules (S below L, R not of small order, R compared byte for byte) are those of SPEC 2.3.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from nacl import bindings
from nacl.exceptions import BadSignatureError

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T with x = X / Z, y = Y / Z, x y = T / Z."""

NEUTRAL: Point = (0, 1, 1, 0)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key is one to accept and the signature is valid under it."""
    if len(signature) != 64 or not valid_key(public_key):
        return False
    try:
        bindings.crypto_sign_open(signature + message, public_key)
    except BadSignatureError:
        return False
    return True


@lru_cache(maxsize=64)
def valid_key(key: bytes) -> bool:
    """A canonical encoding of a point of the prime-order subgroup that is not the neutral one."""
    point = decode(key)
    if point is None or has_small_order(point):
        return False
    return is_neutral(multiply(L, point))


def equation_holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """The conditions on a signature under a key that `valid_key` accepts."""
    if len(signature) != 64:
        return False
    point, commitment = decode(public_key), decode(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or commitment is None or scalar >= L or has_small_order(commitment):
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % L
    return encode(add(multiply(scalar, BASE), multiply(k, negate(point)))) == signature[:32]


def decode(encoded: bytes) -> Point | None:
    """The point of a canonical encoding (RFC 8032 section 5.1.3), else None."""
    if len(encoded) != 32:
        return None
    y = int.from_bytes(encoded, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= P:
        return None
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def encode(point: Point) -> bytes:
    """The canonical encoding of a point."""
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little")


def has_small_order(point: Point) -> bool:
    """Whether eight times the point is the neutral one."""
    return is_neutral(multiply(8, point))


def is_neutral(point: Point) -> bool:
    """Whether this is the neutral point."""
    x, y, z, _ = point
    return x % P == 0 and (y - z) % P == 0


def add(a: Point, b: Point) -> Point:
    """The sum of two points (RFC 8032 section 5.1.4)."""
    left = (a[1] - a[0]) * (b[1] - b[0]) % P
    right = (a[1] + a[0]) * (b[1] + b[0]) % P
    t = 2 * a[3] * b[3] * D % P
    z = 2 * a[2] * b[2] % P
    e, f, g, h = right - left, z - t, z + t, right + left
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def negate(point: Point) -> Point:
    """The point with the opposite x."""
    x, y, z, t = point
    return (-x % P, y, z, -t % P)


def multiply(scalar: int, point: Point) -> Point:
    """`scalar` times the point."""
    result = NEUTRAL
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def _x_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * SQRT_OF_MINUS_1 % P
    if (x * x - square) % P != 0:
        return None
    return P - x if x & 1 != sign else x


def _base() -> Point:
    y = 4 * pow(5, P - 2, P) % P
    x = _x_of(y, 0)
    assert x is not None
    return (x, y, 1, x * y % P)


BASE: Point = _base()
