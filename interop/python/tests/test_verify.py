"""SPEC 11: verdicts on altered logs."""

import unittest

from vcl.diverge import Change, diverge
from vcl.logfile import END, EPOCH, GAP, MAGIC, MESSAGE, SESSION, STATEMENT, Entry, split
from vcl.report import FileFacts, file_document, first_differing
from vcl.verify import verify_log

from .support import flipped, framed, golden_log, vectors


def entries_of(kind: int, log: bytes) -> list[Entry]:
    return [entry for entry in split(log).entries if entry.kind == kind]


def alterations(facts: FileFacts) -> list[tuple[int, int, str, int, int]]:
    """Direction, lane, kind and interval of what was found."""
    return [
        (d, lane, each.kind, each.first, each.last)
        for session in facts.sessions
        for d, direction in enumerate(session.directions)
        for lane, found in enumerate(direction.lanes)
        for each in found.alterations
    ]


def problems(facts: FileFacts) -> set[str]:
    found = facts.problems + [problem for each in facts.sessions for problem in each.problems]
    return {problem.code for problem in found}


class GoldenLog(unittest.TestCase):
    def setUp(self) -> None:
        self.log = golden_log()

    def test_it_is_whole(self) -> None:
        facts = verify_log(self.log)
        self.assertEqual((facts.status, alterations(facts), problems(facts)), ("whole", [], set()))

    def test_no_flipped_byte_goes_unseen(self) -> None:
        for offset in range(len(self.log)):
            self.assertNotEqual(verify_log(flipped(self.log, offset, offset % 8)).status, "whole")

    def test_no_cut_is_whole_or_altered(self) -> None:
        for length in range(len(self.log)):
            status = verify_log(self.log[:length]).status
            self.assertIn(status, {"prefix", "unsigned-tail", "unreadable"}, length)

    def test_a_changed_payload_is_found_at_its_message(self) -> None:
        entry = entries_of(MESSAGE, self.log)[0]
        facts = verify_log(flipped(self.log, entry.offset + len(entry.whole) - 1))
        self.assertEqual(alterations(facts), [(0, 0, "entry", 0, 0)])

    def test_a_removed_message_is_missing(self) -> None:
        entry = entries_of(MESSAGE, self.log)[0]
        facts = verify_log(self.log.replace(entry.whole, b"", 1))
        self.assertEqual(alterations(facts), [(0, 0, "missing", 0, 0)])
        self.assertIn("checksum", problems(facts))

    def test_a_repeated_message_is_a_duplicate(self) -> None:
        entry = entries_of(MESSAGE, self.log)[0]
        facts = verify_log(self.log.replace(entry.whole, entry.whole * 2, 1))
        self.assertEqual(alterations(facts), [(0, 0, "duplicate", 0, 0)])

    def test_a_changed_signature_is_found(self) -> None:
        entry = entries_of(STATEMENT, self.log)[1]
        facts = verify_log(flipped(self.log, entry.offset + len(entry.whole) - 1))
        self.assertIn("signature", problems(facts))
        self.assertEqual(facts.status, "altered")

    def test_a_changed_gap_breaks_the_links(self) -> None:
        entry = entries_of(GAP, self.log)[0]
        facts = verify_log(flipped(self.log, entry.offset + len(entry.whole) - 1))
        self.assertTrue({kind for _, _, kind, _, _ in alterations(facts)} <= {"links", "conflict"})
        self.assertEqual(facts.status, "altered")

    def test_another_epoch_is_found(self) -> None:
        entry = entries_of(EPOCH, self.log)[0]
        facts = verify_log(flipped(self.log, entry.offset + 20))
        self.assertIn("epoch", problems(facts))

    def test_an_entry_of_unknown_type_is_not_readable_and_is_passed_over(self) -> None:
        place = entries_of(END, self.log)[0].offset
        facts = verify_log(self.log[:place] + framed(9, b"?") + self.log[place:])
        self.assertEqual(problems(facts), {"malformed-entry", "checksum"})
        self.assertEqual(facts.status, "altered")

    def test_an_entry_behind_the_end_is_not_readable(self) -> None:
        facts = verify_log(self.log + framed(GAP, bytes(50)))
        self.assertEqual((facts.status, problems(facts)), ("unreadable", {"stray-entry"}))

    def test_a_length_out_of_range_ends_the_reading(self) -> None:
        facts = verify_log(self.log + bytes(4))
        self.assertEqual((facts.status, problems(facts)), ("unreadable", {"unreadable"}))
        self.assertEqual(facts.sessions[0].status, "whole")

    def test_a_file_of_nothing_is_not_readable(self) -> None:
        for data in (b"", MAGIC[:5], MAGIC, b"VCLLOG\x00\x02", MAGIC + framed(END, bytes(67))):
            self.assertEqual(verify_log(data).status, "unreadable", data)

    def test_a_session_of_another_version_is_not_readable(self) -> None:
        place = entries_of(SESSION, self.log)[0].offset + 5
        for version in (0, 2, 0x0A0A0A0A):
            data = self.log[:place] + version.to_bytes(4, "big") + self.log[place + 4 :]
            facts = verify_log(data)
            self.assertEqual((facts.status, facts.sessions), ("unreadable", []))

    def test_a_session_cut_after_its_end_is_a_prefix_of_the_file(self) -> None:
        facts = verify_log(self.log + framed(SESSION, bytes(176))[:20])
        self.assertEqual((facts.status, problems(facts)), ("prefix", {"cut"}))

    def test_a_log_twice_in_a_file_does_not_contradict_itself(self) -> None:
        facts = verify_log(self.log + self.log[len(MAGIC) :])
        self.assertEqual((facts.status, len(facts.sessions)), ("whole", 2))

    def test_reports_are_plain_data(self) -> None:
        document = file_document(verify_log(self.log))
        self.assertEqual(document["sessions"][0]["sid"], vectors("chain.json")["sid"])


class DivergingLogs(unittest.TestCase):
    def setUp(self) -> None:
        values = vectors("chain.json")
        self.log = golden_log()
        seeds = tuple(bytes.fromhex(values[side]["seed"]) for side in ("client", "server"))
        self.other = diverge(self.log, (seeds[0], seeds[1]), Change(0, 0, 0))
        self.same = diverge(self.log, (seeds[0], seeds[1]), Change(0, 0, 99))

    def test_without_a_change_the_log_is_the_same(self) -> None:
        self.assertEqual(self.same, self.log)

    def test_the_other_log_is_whole_by_itself(self) -> None:
        self.assertNotEqual(self.other, self.log)
        self.assertEqual(verify_log(self.other).status, "whole")

    def test_the_two_contradict(self) -> None:
        [a] = verify_log(self.log).sessions
        [b] = verify_log(self.other).sessions
        self.assertEqual(first_differing(a, a), [])
        self.assertIn(0, [direction for direction, _, _ in first_differing(a, b)])

    def test_both_in_one_file_are_an_alteration(self) -> None:
        facts = verify_log(self.log + self.other[len(MAGIC) :])
        self.assertEqual((facts.status, problems(facts)), ("altered", {"equivocation"}))


if __name__ == "__main__":
    unittest.main()
