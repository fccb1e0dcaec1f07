"""Takes captures apart: `vcl_parse.py --keylog FILE [--secrets FILE] [--log FILE ...] CAPTURE`.

Prints what was found as JSON. Exits with 1 when a datagram does not keep SPEC.md, and when a value
that can be computed is not the one on the wire, in the key log or in the session log.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from vcl.capture import Secrets, parse_capture, parse_key_log, parse_secrets
from vcl.dissect import Dissection
from vcl.errors import Disagreement, Malformed


def main() -> int:
    """Runs the command line; gives the exit code."""
    parser = argparse.ArgumentParser(description="Takes captured datagrams apart (SPEC 3 to 8).")
    parser.add_argument("capture", type=Path, metavar="CAPTURE")
    parser.add_argument("--keylog", type=Path, required=True, help="the key log (SPEC 5.4)")
    parser.add_argument("--secrets", type=Path, help="X25519 secrets and pre-shared key")
    parser.add_argument("--log", type=Path, action="append", default=[], help="a session log")
    options = parser.parse_args()
    number = 0
    try:
        key_log = parse_key_log(lines(options.keylog))
        secrets = parse_secrets(lines(options.secrets)) if options.secrets else Secrets()
        dissection = Dissection(key_log, secrets)
        for number, datagram in enumerate(parse_capture(lines(options.capture)), 1):
            dissection.take(datagram)
        document = dissection.document([path.read_bytes() for path in options.log])
    except (Disagreement, Malformed) as error:
        print(f"datagram {number}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(document, indent=2))
    return 0


def lines(path: Path) -> list[str]:
    """The lines of a text file."""
    return path.read_text("ascii").splitlines()


if __name__ == "__main__":
    sys.exit(main())
