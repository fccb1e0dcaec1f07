"""The files of a recorded session, and records (SPEC 3.2, 3.3, 5.4)."""

import unittest

from vcl.capture import parse_capture, parse_key_log, parse_secrets
from vcl.crypto import mask, nonce_of, seal_with_nonce, xor
from vcl.errors import Disagreement, Malformed
from vcl.record import PacketKeys, recover_number, undo_header_mask, undo_outer_mask


class Files(unittest.TestCase):
    def test_captures(self) -> None:
        [datagram] = parse_capture(["1.5 1 2 lost 0aff"])
        self.assertEqual((datagram.ms, datagram.direction, datagram.client), (1.5, 1, 2))
        self.assertEqual((datagram.was_lost, datagram.data), (True, b"\x0a\xff"))

    def test_other_lines_are_refused(self) -> None:
        for line in ("1 2 0 lost 00", "1 0 0 late 00", "1 0 0 lost", "1 0 0 lost 0"):
            with self.assertRaises(ValueError):
                parse_capture([line])

    def test_key_logs_with_lines_of_both_sides(self) -> None:
        log = parse_key_log(["VCL1_DATA_C aa 1 0102"] * 2 + ["VCL1_OUTER bb 0 03"])
        self.assertEqual(log.get("VCL1_DATA_C", b"\xaa", 1), b"\x01\x02")
        self.assertIsNone(log.get("VCL1_DATA_C", b"\xaa", 2))
        self.assertEqual(log.outers(), [b"\x03"])

    def test_empty_lines_of_a_key_log_are_skipped(self) -> None:
        log = parse_key_log(["", "VCL1_OUTER bb 0 03", " "])
        self.assertEqual(log.outers(), [b"\x03"])

    def test_key_logs_that_contradict_themselves(self) -> None:
        with self.assertRaises(Disagreement):
            parse_key_log(["VCL1_DATA_C aa 1 01", "VCL1_DATA_C aa 1 02"])
        with self.assertRaises(Malformed):
            parse_key_log(["VCL2_DATA_C aa 1 01"])

    def test_secrets(self) -> None:
        secrets = parse_secrets(["PSK - 07", "X25519 aa bb"])
        self.assertEqual((secrets.psk, secrets.ephemerals), (b"\x07", {b"\xaa": b"\xbb"}))


class Records(unittest.TestCase):
    def setUp(self) -> None:
        self.keys = PacketKeys(bytes(range(32)))
        self.omask, self.hp = bytes([1] * 32), bytes([2] * 32)

    def sealed(self, first: int, plaintext: bytes = b"\x01\x07\x00") -> bytes:
        header = bytes([first]) + b"connecti" + b"\x05"
        salt = self.keys.salt(3)
        record = header + seal_with_nonce(self.keys.key, nonce_of(salt, 5), header, plaintext)
        pad = mask(self.hp, record[13:29])
        first, number = bytes([record[0] ^ pad[0]]), bytes([record[9] ^ pad[1]])
        record = first + record[1:9] + number + record[10:]
        return xor(record, mask(self.omask, record[13:29])[:13]) + record[13:]

    def open(self, datagram: bytes) -> "bytes | None":
        record = undo_outer_mask(self.omask, datagram)
        assert record is not None
        header = undo_header_mask(self.hp, record)
        number = recover_number(4, header.truncated, header.pn_length)
        return self.keys.open(header, record, 3, number)

    def test_a_record_opens(self) -> None:
        self.assertEqual(self.open(self.sealed(0x10)), b"\x01\x07\x00")

    def test_every_changed_byte_is_found(self) -> None:
        datagram = self.sealed(0x10)
        for offset in range(len(datagram)):
            altered = bytearray(datagram)
            altered[offset] ^= 1
            self.assertIsNone(self.open(bytes(altered)), offset)

    def test_reserved_bits_are_refused_behind_the_aead(self) -> None:
        for bits in (1, 2, 4, 8):
            with self.assertRaises(Malformed):
                self.open(self.sealed(bits))

    def test_what_is_shorter_is_no_record(self) -> None:
        self.assertIsNone(undo_outer_mask(self.omask, bytes(28)))

    def test_numbers_stay_below_2_48(self) -> None:
        top = 2**48 - 1
        self.assertEqual(recover_number(top - 1, 0xFF, 1), top)
        self.assertEqual(recover_number(top, 0, 1), top - 255)


if __name__ == "__main__":
    unittest.main()
