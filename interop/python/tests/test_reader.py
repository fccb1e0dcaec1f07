"""SPEC 1: integers."""

import unittest

from vcl.errors import Malformed
from vcl.reader import MAX_VALUE, Reader, varint


class Varints(unittest.TestCase):
    def test_every_length_comes_back(self) -> None:
        for value in (0, 63, 64, 16_383, 16_384, 2**30 - 1, 2**30, MAX_VALUE):
            reader = Reader(varint(value))
            self.assertEqual(reader.varint(), value)
            reader.end()

    def test_longer_forms_than_needed_are_accepted(self) -> None:
        self.assertEqual(Reader(bytes.fromhex("c000000000000025")).varint(), 37)

    def test_values_above_2_53_are_refused(self) -> None:
        with self.assertRaises(Malformed):
            Reader(bytes.fromhex("c020000000000000")).varint()

    def test_every_cut_is_refused(self) -> None:
        whole = varint(MAX_VALUE)
        for length in range(len(whole)):
            with self.assertRaises(Malformed):
                Reader(whole[:length]).varint()


class Fields(unittest.TestCase):
    def test_fixed_integers_are_big_endian(self) -> None:
        reader = Reader(bytes(range(1, 16)))
        self.assertEqual(reader.u8(), 1)
        self.assertEqual(reader.u16(), 0x0203)
        self.assertEqual(reader.u32(), 0x04050607)
        self.assertEqual(reader.rest, 8)

    def test_a_u64_above_2_53_is_refused(self) -> None:
        with self.assertRaises(Malformed):
            Reader((2**53).to_bytes(8, "big")).u64()

    def test_bytes_that_are_left_are_refused(self) -> None:
        reader = Reader(b"\x01\x02")
        reader.u8()
        with self.assertRaises(Malformed):
            reader.end()


if __name__ == "__main__":
    unittest.main()
