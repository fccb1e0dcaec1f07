"""SPEC 3.1, 4: what is refused of envelopes, hellos and sealed flights."""

import unittest

from vcl.capture import KeyLog, Secrets
from vcl.crypto import seal_with_nonce, sha256
from vcl.errors import Disagreement, Malformed
from vcl.handshake import (
    Envelope,
    open_envelope,
    parse_client_hello,
    parse_flight,
    parse_messages,
    parse_params,
)
from vcl.schedule import open_sealed
from vcl.transcript import Transcript

from .support import flipped, vectors

KEY, NONCE = bytes(range(32)), bytes(24)


def envelope(plaintext: bytes) -> bytes:
    return NONCE + seal_with_nonce(KEY, NONCE, b"", plaintext)


def plain(kind: int, flight: bytes, size: int, offset: int = 0, tail: bytes = b"") -> bytes:
    length = len(flight).to_bytes(2, "big")
    head = bytes([kind]) + bytes(8) + offset.to_bytes(2, "big") + length + length
    return (head + flight + tail).ljust(size - 40, b"\x00")


class Envelopes(unittest.TestCase):
    def test_a_well_formed_one_opens(self) -> None:
        opened = open_envelope(KEY, envelope(plain(2, b"flight", 300)))
        self.assertEqual(opened, Envelope(2, bytes(8), b"flight"))

    def test_other_lengths_are_none(self) -> None:
        for size in (299, 521):
            self.assertIsNone(open_envelope(KEY, envelope(plain(2, b"", size))))

    def test_another_key_opens_nothing(self) -> None:
        self.assertIsNone(open_envelope(bytes(32), envelope(plain(2, b"", 300))))

    def test_what_is_not_allowed_is_refused(self) -> None:
        for name, plaintext in {
            "kind 0": plain(0, b"", 450),
            "kind 5": plain(5, b"", 450),
            "a part of a flight": plain(2, b"", 450, offset=1),
            "a trailing byte": plain(2, b"", 450, tail=b"\x00\x01"),
            "a short hello": plain(1, b"", 419),
            "a length beyond the end": bytes([2]) + bytes(10) + b"\xff\xff\xff\xff" + bytes(400),
        }.items():
            with self.subTest(name), self.assertRaises(Malformed):
                open_envelope(KEY, envelope(plaintext))


class Hellos(unittest.TestCase):
    def setUp(self) -> None:
        vector = vectors("handshake.json")["handshakes"][0]
        [message] = parse_messages(bytes.fromhex(vector["messages"]["ch"]))
        self.body = message.body

    def test_every_cut_is_refused(self) -> None:
        for length in range(len(self.body)):
            with self.assertRaises(Malformed):
                parse_client_hello(self.body[:length])

    def test_a_byte_too_many_is_refused(self) -> None:
        with self.assertRaises(Malformed):
            parse_client_hello(self.body + b"\x00")

    def test_a_list_that_names_something_twice_is_refused(self) -> None:
        version = b"\x01\x00\x00\x00\x01"
        twice = b"\x02\x00\x00\x00\x01\x00\x00\x00\x01"
        self.assertIn(version, self.body)
        for other in (twice, b"\x00"):
            with self.assertRaises(Malformed):
                parse_client_hello(self.body.replace(version, other, 1))

    def test_flights_have_the_messages_of_their_kind(self) -> None:
        with self.assertRaises(Malformed):
            parse_flight(2, b"\x01\x00\x00")
        self.assertEqual(len(parse_flight(4, b"\x03\x00\x01\xaa")), 1)


class Parameters(unittest.TestCase):
    def test_absent_ones_have_their_defaults(self) -> None:
        params = parse_params(b"")
        self.assertEqual((params["idle_timeout"], params["max_cids"]), (60_000, 8))

    def test_unknown_ones_are_ignored(self) -> None:
        self.assertEqual(parse_params(bytes.fromhex("1b02aabb")), parse_params(b""))

    def test_bad_values_are_refused(self) -> None:
        for raw in ("080101", "080109", "08020808", "070243e9", "0800", "1000", "120103",
                    "12021122", "0c0102", "080104080104"):  # fmt: skip
            with self.subTest(raw), self.assertRaises(Malformed):
                parse_params(bytes.fromhex(raw))


class SealedFlights(unittest.TestCase):
    def setUp(self) -> None:
        self.vector = vectors("handshake.json")["handshakes"][0]
        messages = self.vector["messages"]
        self.hellos = bytes.fromhex(messages["ch"] + messages["sh"])
        self.secret = bytes.fromhex(self.vector["secrets"]["hsServer"])
        [message] = parse_messages(bytes.fromhex(messages["server"]["sealed"]))
        self.sealed = message.body

    def open(self, sealed: bytes, before: bytes, side: str = "s") -> bytes:
        return open_sealed(side, self.secret, sha256(self.hellos), sealed, before).key

    def test_the_right_one_gives_the_key(self) -> None:
        self.assertEqual(len(self.open(self.sealed, self.hellos)), 32)

    def test_every_changed_byte_is_found(self) -> None:
        for offset in range(len(self.sealed)):
            with self.assertRaises(Malformed):
                self.open(flipped(self.sealed, offset), self.hellos)

    def test_another_transcript_or_side_is_found(self) -> None:
        for before, side in ((flipped(self.hellos, 40), "s"), (self.hellos, "c")):
            with self.assertRaises(Malformed):
                self.open(self.sealed, before, side)


class Transcripts(unittest.TestCase):
    def setUp(self) -> None:
        self.vector = vectors("handshake.json")["handshakes"][0]
        self.hello = bytes.fromhex(self.vector["messages"]["ch"])
        self.random = bytes.fromhex(self.vector["input"]["clientRandom"])
        self.log = KeyLog()
        for side, name in (("C", "hsClient"), ("S", "hsServer")):
            secret = bytes.fromhex(self.vector["secrets"][name])
            self.log.secrets[f"VCL1_HS_{side}", self.random, 0] = secret
        self.log.secrets["VCL1_EARLY", self.random, 0] = bytes.fromhex(
            self.vector["secrets"]["early"]
        )

    def flights(self) -> list[Envelope]:
        messages = self.vector["messages"]
        flights = (messages["sh"] + messages["server"]["sealed"], messages["client"]["sealed"])
        return [
            Envelope(kind, self.random[:8], bytes.fromhex(flight))
            for kind, flight in zip((2, 3), flights)
        ]

    def test_it_gives_the_sid_and_with_the_ephemerals_the_exporter(self) -> None:
        secret = bytes.fromhex(self.vector["input"]["clientEphemeral"])
        share = dict(parse_client_hello(self.hello[3:]).shares)[0x001D]
        for ephemerals, exporter in (({}, None), ({share: secret}, self.vector["exporter"])):
            transcript = Transcript(
                Envelope(1, self.random[:8], self.hello), self.log, Secrets(ephemerals)
            )
            for flight in self.flights():
                transcript.take(flight)
            self.assertTrue(transcript.is_complete)
            self.assertEqual(transcript.sid.hex(), self.vector["sid"])
            self.assertEqual(transcript.exporter and transcript.exporter.hex(), exporter)

    def test_a_hello_of_another_attempt_is_a_disagreement(self) -> None:
        with self.assertRaises(Disagreement):
            Transcript(Envelope(1, bytes(8), self.hello), self.log, Secrets())

    def test_a_finish_without_its_server_flight_is_refused(self) -> None:
        transcript = Transcript(
            Envelope(1, self.random[:8], self.hello), self.log, Secrets()
        )
        with self.assertRaises(Malformed):
            transcript.take(self.flights()[1])


if __name__ == "__main__":
    unittest.main()
