"""Verifies session logs: `vcl_verify.py LOG [OTHER]`, with the exit codes of SPEC 11.2.

With `--batch` it reads orders from standard input, one JSON object a line, and answers each with
one line. An order is `{"log": FILE, "edits": [[offset, removed, "hex inserted"], ...]}`, where the
edits are made one after the other in a copy in memory, or the same with another `log` and `edits`
under "other".
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from vcl.compare import comparison_document
from vcl.report import EXIT_CODES, file_document
from vcl.verify import verify_log


def main() -> int:
    """Runs the command line; gives the exit code."""
    parser = argparse.ArgumentParser(description="Verifies session logs (SPEC 11).")
    parser.add_argument("logs", nargs="*", type=Path, metavar="LOG")
    parser.add_argument("--batch", action="store_true", help="orders come on standard input")
    options = parser.parse_args()
    if options.batch:
        answer_orders()
        return 0
    if not 1 <= len(options.logs) <= 2:
        parser.error("name one log, or two to compare")
    try:
        contents = [path.read_bytes() for path in options.logs]
    except OSError as error:
        print(error, file=sys.stderr)
        return EXIT_CODES["unreadable"]
    document = document_of(contents)
    print(json.dumps(document, indent=2))
    return document["exitCode"]


def document_of(contents: list[bytes]) -> dict[str, Any]:
    """The report on one log, or on two."""
    facts = [verify_log(data) for data in contents]
    return file_document(facts[0]) if len(facts) == 1 else comparison_document(*facts)


def answer_orders() -> None:
    """Reads orders to the end of standard input."""
    for line in sys.stdin:
        order = json.loads(line)
        parts = [order] + ([order["other"]] if "other" in order else [])
        print(json.dumps(document_of([edited(part) for part in parts])), flush=True)


def edited(part: dict[str, Any]) -> bytes:
    """The bytes of the file that an order names, with its edits."""
    data = content(part["log"])
    for offset, removed, inserted in part.get("edits", []):
        data = data[:offset] + bytes.fromhex(inserted) + data[offset + removed :]
    return data


@lru_cache(maxsize=16)
def content(path: str) -> bytes:
    """A file."""
    return Path(path).read_bytes()


if __name__ == "__main__":
    sys.exit(main())
