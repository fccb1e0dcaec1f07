"""SPEC 6: frames and control messages that are refused, and some that are not."""

import unittest

from vcl.control import ByteStream, parse_messages
from vcl.errors import Malformed
from vcl.frames import nearest, parse_frames

REFUSED_FRAMES = {
    "unknown type": "10",
    "unknown type beyond grease": "4080",
    "PING that is cut": "0140",
    "ACK range below 0": "030000000001",
    "ACK gap below 0": "03000500010005" + "00",
    "ACK of 2^48": "0300c001000000000000000000",
    "ACK of 65 ranges": "03004064004040" + "0000" * 65,
    "ACK of a path of 2^32": "03c00000010000000000000000",
    "CREDIT of lane 2": "05020000",
    "CONTROL that is cut": "040003aabb",
    "CONTROL beyond 2^53": "04c01fffffffffffff0100",
    "NEW_CONNECTION_ID of 2^32": "08c000000100000000" + "00" * 9,
    "CLOSE with 129 bytes": "0c00000000000000" + "4081" + "61" * 129,
    "CLOSE that is not UTF-8": "0c0000000000000001ff",
    "CLOSE with a surrogate": "0c0000000000000003eda080",
    "PATH_ATTACH of carrier 0": "0f00",
    "PATH_ATTACH of carrier 5": "0f05",
    "MESSAGE whole and first": "3200000161",
    "MESSAGE later and typed": "28000000010461",
    "MESSAGE later at offset 0": "2000000061",
    "MESSAGE first that is all": "3000000161",
    "MESSAGE first above its total": "300000016161",
    "MESSAGE with a length beyond the record": "2600000561",
    "MESSAGE that ends at 2^53": "200000c01fffffffffffff61",
}

REFUSED_MESSAGES = {
    "unknown type": "0800",
    "type 0": "0000",
    "STATEMENT with a byte too few": "01404d" + "00" * 77,
    "GAP of lane 0": "0223" + "000000" + "00" * 32,
    "GAP with a byte too many": "0224" + "010000" + "00" * 33,
    "LEAF_WANTED of 257 numbers": "034104" + "014101" + "00" * 257,
    "REKEY_INIT without shares": "04020100",
    "REKEY_INIT of another group": "0426010100" + "1e0020" + "00" * 32,
    "REKEY_INIT with a short share": "04250101001d001f" + "00" * 31,
    "SIGNER with a byte too few": "071f" + "00" * 31,
    "a body above 16,384 bytes": "0580004001" + "00" * 16_385,
}


class Frames(unittest.TestCase):
    def test_malformed_frames_are_refused(self) -> None:
        for name, raw in REFUSED_FRAMES.items():
            with self.subTest(name), self.assertRaises(Malformed):
                parse_frames(bytes.fromhex(raw))

    def test_padding_stands_between_frames(self) -> None:
        frames = parse_frames(bytes.fromhex("000001070000020700"))
        self.assertEqual([frame.name for frame in frames], ["PING", "PONG"])

    def test_a_record_without_frames_is_allowed(self) -> None:
        self.assertEqual(parse_frames(b""), [])

    def test_grease_is_skipped_with_its_bytes(self) -> None:
        frames = parse_frames(bytes.fromhex("406502ffff0107"))
        self.assertEqual([frame.name for frame in frames], ["GREASE", "PING"])

    def test_a_message_without_length_takes_the_rest(self) -> None:
        [frame] = parse_frames(bytes.fromhex("220001") + b"\x00\x01\x02")
        self.assertEqual(frame.fields["data"], b"\x00\x01\x02")

    def test_numbers_are_the_nearest_and_never_negative(self) -> None:
        self.assertEqual(nearest(0, 0xFFFF), 0xFFFF)
        self.assertEqual(nearest(0x8000, 0), 0x10000)
        self.assertEqual(nearest(0x20000, 0xFFFF), 0x1FFFF)


class ControlStream(unittest.TestCase):
    def test_malformed_messages_are_refused(self) -> None:
        for name, raw in REFUSED_MESSAGES.items():
            with self.subTest(name), self.assertRaises(Malformed):
                parse_messages(bytes.fromhex(raw))

    def test_a_message_waits_for_its_end(self) -> None:
        whole = bytes.fromhex("060102060103")
        for length in range(len(whole) + 1):
            messages, used = parse_messages(whole[:length])
            self.assertEqual((len(messages), used), (length // 3, length // 3 * 3))

    def test_types_from_0x40_are_ignored(self) -> None:
        messages, used = parse_messages(bytes.fromhex("4002aabb"))
        self.assertEqual(([message.name for message in messages], used), (["GREASE"], 4))

    def test_pieces_come_in_any_order(self) -> None:
        data = bytes(range(50))
        stream = ByteStream()
        for start in (30, 10, 0, 20, 40, 5):
            stream.put(start, data[start : start + 12])
        self.assertEqual(bytes(stream.data), data)
        self.assertTrue(stream.is_complete)

    def test_pieces_that_differ_are_refused(self) -> None:
        stream = ByteStream()
        stream.put(0, b"abc")
        with self.assertRaises(Malformed):
            stream.put(1, b"bX")


if __name__ == "__main__":
    unittest.main()
