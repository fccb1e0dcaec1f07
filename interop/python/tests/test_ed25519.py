"""SPEC 2.3: the two ways of verifying agree where it matters."""

import hashlib
import unittest

from nacl import bindings

from vcl import ed25519

SEED = bytes(range(32))
MESSAGE = b"a message"


class Verification(unittest.TestCase):
    def setUp(self) -> None:
        self.key, secret = bindings.crypto_sign_seed_keypair(SEED)
        self.signature = bindings.crypto_sign(MESSAGE, secret)[:64]

    def both(self, message: bytes, signature: bytes) -> tuple[bool, bool]:
        return (
            ed25519.verify(self.key, message, signature),
            ed25519.equation_holds(self.key, message, signature),
        )

    def test_a_plain_signature_is_valid(self) -> None:
        self.assertEqual(self.both(MESSAGE, self.signature), (True, True))

    def test_every_changed_byte_is_found(self) -> None:
        for offset in range(64):
            altered = bytearray(self.signature)
            altered[offset] ^= 0x10
            self.assertEqual(self.both(MESSAGE, bytes(altered)), (False, False), offset)

    def test_another_message_is_found(self) -> None:
        self.assertEqual(self.both(MESSAGE + b"!", self.signature), (False, False))

    def test_a_signature_of_another_length_is_refused(self) -> None:
        self.assertEqual(self.both(MESSAGE, self.signature[:63]), (False, False))

    def test_s_is_below_l(self) -> None:
        s = int.from_bytes(self.signature[32:], "little") + ed25519.L
        self.assertEqual(
            self.both(MESSAGE, self.signature[:32] + s.to_bytes(32, "little")), (False, False)
        )


class Keys(unittest.TestCase):
    def test_the_base_point_is_a_key(self) -> None:
        self.assertTrue(ed25519.valid_key(ed25519.encode(ed25519.BASE)))

    def test_points_of_small_order_are_refused(self) -> None:
        for encoded in (b"\x01" + bytes(31), bytes(32), b"\xec" + b"\xff" * 30 + b"\x7f"):
            self.assertIsNotNone(ed25519.decode(encoded))
            self.assertFalse(ed25519.valid_key(encoded))

    def test_a_point_with_torsion_is_refused(self) -> None:
        order_2 = ed25519.decode(b"\xec" + b"\xff" * 30 + b"\x7f")
        assert order_2 is not None
        mixed = ed25519.encode(ed25519.add(ed25519.BASE, order_2))
        self.assertFalse(ed25519.valid_key(mixed))

    def test_encodings_that_are_not_canonical_are_refused(self) -> None:
        self.assertIsNone(ed25519.decode((ed25519.P + 1).to_bytes(32, "little")))
        self.assertIsNone(ed25519.decode(b"\x01" + bytes(30) + b"\x80"))

    def test_bytes_that_are_no_point_are_refused(self) -> None:
        refused = [y for y in range(2, 12) if ed25519.decode(bytes([y]) + bytes(31)) is None]
        self.assertIn(2, refused)
        self.assertLess(len(refused), 10)


class Arithmetic(unittest.TestCase):
    def test_multiples_add_up(self) -> None:
        both = ed25519.add(ed25519.multiply(5, ed25519.BASE), ed25519.multiply(7, ed25519.BASE))
        self.assertEqual(ed25519.encode(both), ed25519.encode(ed25519.multiply(12, ed25519.BASE)))

    def test_l_times_the_base_is_neutral(self) -> None:
        self.assertTrue(ed25519.is_neutral(ed25519.multiply(ed25519.L, ed25519.BASE)))
        self.assertFalse(ed25519.is_neutral(ed25519.multiply(ed25519.L - 1, ed25519.BASE)))

    def test_libsodium_makes_the_same_public_key(self) -> None:
        key, _ = bindings.crypto_sign_seed_keypair(SEED)
        scalar = bytearray(hashlib.sha512(SEED).digest()[:32])
        scalar[0] &= 248
        scalar[31] = scalar[31] & 127 | 64
        point = ed25519.multiply(int.from_bytes(scalar, "little"), ed25519.BASE)
        self.assertEqual(ed25519.encode(point), key)


if __name__ == "__main__":
    unittest.main()
