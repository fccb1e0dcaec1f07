"""SPEC 6.1, 7, 11.2: messages from pieces, and entries of a log against links."""

import unittest

from vcl.chain import leaf, next_link
from vcl.errors import Disagreement, Malformed
from vcl.lane_check import HISTORY, MAX_AHEAD, LaneCheck
from vcl.logfile import Message
from vcl.messages import Assembly, LaneMessages
from vcl.report import LaneFacts

SALT = bytes(16)


def piece(offset: int, data: bytes, total: "int | None" = None, low16: int = 0) -> dict:
    return {"offset": offset, "data": data, "total": total, "kind": 0, "low16": low16}


class Pieces(unittest.TestCase):
    def test_they_come_in_any_order_and_overlap(self) -> None:
        assembly = Assembly()
        assembly.put(piece(3, b"def"))
        assembly.put(piece(5, b"fgh"))
        self.assertFalse(assembly.is_whole)
        assembly.put(piece(0, b"abcd", 8))
        self.assertTrue(assembly.is_whole)
        self.assertEqual(assembly.data, b"abcdefgh")

    def test_an_empty_message_is_whole(self) -> None:
        assembly = Assembly()
        assembly.put(piece(0, b"", 0))
        self.assertTrue(assembly.is_whole)

    def test_what_differs_is_refused(self) -> None:
        assembly = Assembly()
        assembly.put(piece(0, b"abcd", 8))
        for bad, error in (
            (piece(3, b"X"), Malformed),
            (piece(6, b"ghi"), Malformed),
            (piece(0, b"abcd", 9), Disagreement),
        ):
            with self.assertRaises(error):
                assembly.put(bad)

    def test_numbers_go_on_beyond_16_bits(self) -> None:
        reliable, lossy = LaneMessages(0), LaneMessages(1)
        for n in range(0, 70_000, 1):
            lossy.put({**piece(0, b"", 0, n & 0xFFFF)})
            reliable.put({**piece(0, b"", 0, n & 0xFFFF)})
        self.assertEqual((max(lossy.messages), max(reliable.messages)), (69_999, 69_999))


class LogLanes(unittest.TestCase):
    def setUp(self) -> None:
        self.facts = LaneFacts()
        self.links = [bytes(32)]
        self.lane = LaneCheck(self.facts, self.links[0])

    def message(self, n: int, payload: bytes = b"x", written: "bytes | None" = None) -> None:
        """An entry; `written` is what the leaf was made of."""
        shown = leaf(0, 0, n, SALT, payload)
        said = shown if written is None else leaf(0, 0, n, SALT, written)
        entry = Message(0, 0, 0, n, len(payload), said, SALT, payload)
        self.lane.take_message(entry, shown, 1000 + n)

    def link(self, *payloads: bytes) -> bytes:
        link = self.links[0]
        for n, payload in enumerate(payloads):
            link = next_link(link, leaf(0, 0, n, SALT, payload))
        return link

    def found(self) -> list[tuple[str, int, int]]:
        return [(each.kind, each.first, each.last) for each in self.facts.alterations]

    def test_entries_that_give_the_link_are_good(self) -> None:
        self.message(1)
        self.message(0)
        self.assertTrue(self.lane.has_tail)
        self.assertTrue(self.lane.cover(2, self.link(b"x", b"x"), True, 9))
        self.assertEqual((self.found(), self.lane.has_tail), ([], False))

    def test_the_interval_goes_from_statement_to_statement(self) -> None:
        self.message(0)
        self.lane.cover(1, self.link(b"x"), False, 9)
        for n in (1, 2, 3):
            self.message(n)
        self.lane.cover(4, bytes(32), False, 9)
        self.assertEqual(self.found(), [("links", 1, 3)])

    def test_a_payload_that_was_changed_is_the_only_interval(self) -> None:
        self.message(0)
        self.message(1, b"y", written=b"x")
        self.lane.cover(2, self.link(b"x", b"x"), False, 9)
        self.assertEqual(self.found(), [("entry", 1, 1)])

    def test_a_leaf_that_was_changed_is_the_only_interval(self) -> None:
        self.message(0)
        self.message(1, b"x", written=b"y")
        self.lane.cover(2, self.link(b"x", b"x"), False, 9)
        self.assertEqual(self.found(), [("entry", 1, 1)])

    def test_runs_of_missing_messages_are_told_apart(self) -> None:
        for n in (1, 4):
            self.message(n)
        self.lane.cover(7, bytes(32), False, 9)
        self.assertEqual(self.found(), [("missing", 0, 0), ("missing", 2, 3), ("missing", 5, 6)])

    def test_a_message_may_come_after_its_gap_was_signed(self) -> None:
        self.lane.take_gap(0, leaf(0, 0, 0, SALT, b"x"), 5)
        self.lane.cover(1, self.link(b"x"), False, 9)
        self.message(0)
        self.assertEqual(self.found(), [])
        self.message(0)
        self.assertEqual(self.found(), [("duplicate", 0, 0)])

    def test_a_gap_with_another_leaf_is_a_conflict(self) -> None:
        self.message(0)
        self.lane.take_gap(0, bytes(32), 5)
        self.assertEqual(self.found(), [("conflict", 0, 0)])

    def test_numbers_far_away_or_behind_are_misplaced(self) -> None:
        self.message(MAX_AHEAD)
        self.lane.cover(1, bytes(32), False, 9)
        self.message(0)
        kinds = [kind for kind, _, _ in self.found()]
        self.assertEqual(kinds, ["misplaced", "missing", "misplaced"])

    def test_nothing_stands_beyond_final(self) -> None:
        for n in (0, 1, 2):
            self.message(n)
        self.lane.cover(1, self.link(b"x"), True, 9)
        self.message(5)
        self.assertEqual(self.found(), [("beyond-final", 1, 2), ("beyond-final", 5, 5)])

    def test_a_statement_that_goes_back_contradicts(self) -> None:
        self.message(0)
        self.lane.cover(1, self.link(b"x"), False, 9)
        self.assertFalse(self.lane.cover(0, self.links[0], False, 9))
        self.assertFalse(self.lane.cover(1, bytes(32), False, 9))
        self.assertTrue(self.lane.cover(1, self.link(b"x"), False, 9))

    def test_history_is_bounded(self) -> None:
        self.lane.take_gap(0, leaf(0, 0, 0, SALT, b"x"), 5)
        self.lane.cover(1, self.link(b"x"), False, 9)
        for n in range(1, HISTORY + 2):
            self.message(n)
        self.lane.cover(HISTORY + 2, self.link(*[b"x"] * (HISTORY + 2)), False, 9)
        self.message(0)
        self.assertEqual(self.found(), [("duplicate", 0, 0)])


if __name__ == "__main__":
    unittest.main()
