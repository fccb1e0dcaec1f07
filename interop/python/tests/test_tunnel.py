"""SPEC 14: messages and packets of a tunnel."""

import json
import unittest
from pathlib import Path
from typing import Any

from vcl.errors import Malformed
from vcl.tunnel import decode, encode, field, packets_of, with_checksum
from vcl.vectors_tunnel import tunnel_vectors

FILE = Path(__file__).resolve().parents[3] / "packages/tunnel/test/vectors/tunnel.json"


class Vectors(unittest.TestCase):
    recorded: Any = json.loads(FILE.read_text("utf-8"))

    def test_the_file_is_what_this_program_makes(self) -> None:
        self.assertEqual(self.recorded, tunnel_vectors())

    def test_messages_are_read_and_written_alike(self) -> None:
        for vector in self.recorded["messages"]:
            data = bytes.fromhex(vector["hex"])
            with self.subTest(vector["name"]):
                self.assertEqual(decode(data), vector["message"])
                self.assertEqual(encode(vector["message"]), data)

    def test_other_forms_are_read(self) -> None:
        for vector in self.recorded["other"]:
            with self.subTest(vector["name"]):
                self.assertEqual(decode(bytes.fromhex(vector["hex"])), vector["message"])

    def test_unsound_messages_are_refused(self) -> None:
        for vector in self.recorded["unsound"]:
            with self.subTest(vector["name"]), self.assertRaises(Malformed):
                decode(bytes.fromhex(vector["hex"]))

    def test_packets_are_split_and_their_checksums_completed(self) -> None:
        for vector in self.recorded["packets"]:
            packets, even = packets_of(bytes.fromhex(vector["hex"]))
            whole = [with_checksum(one, False) if is_open else one for one, is_open in packets]
            with self.subTest(vector["name"]):
                self.assertEqual([packet.hex() for packet in whole], vector["packets"])
                self.assertEqual(even, vector["even"])


class Messages(unittest.TestCase):
    def test_a_message_above_32768_bytes_is_refused(self) -> None:
        start = b"\x03" + field(8, b"\x00")
        rest = 32_768 - len(start)
        padding = field(99, bytes(rest - 6))
        self.assertEqual(len(start + padding), 32_768)
        self.assertEqual(decode(start + padding)["code"], 0)
        with self.assertRaises(Malformed):
            decode(start + field(99, bytes(rest - 5)))

    def test_every_cut_inside_of_a_field_is_refused(self) -> None:
        ends = {1}
        whole = b"\x03"
        for part in (field(8, b"\x04"), field(9, b"not now"), field(70, bytes(3))):
            whole += part
            ends.add(len(whole))
        self.assertEqual(decode(whole)["reason"], "not now")
        for length in sorted(set(range(1, len(whole))) - ends):
            with self.subTest(length), self.assertRaises(Malformed):
                decode(whole[:length])
