"""Writes a log that contradicts another: `vcl_diverge.py LOG OUT --seeds C S --message D LANE N`.

The log keeps its payloads; the seeds are those of the keys that sign for client and server, in hex.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vcl.diverge import Change, diverge


def main() -> int:
    """Runs the command line; gives the exit code."""
    parser = argparse.ArgumentParser(description="Writes a log that contradicts another.")
    parser.add_argument("log", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", nargs=2, type=bytes.fromhex, required=True)
    parser.add_argument("--message", nargs=3, type=int, required=True)
    options = parser.parse_args()
    client, server = options.seeds
    other = diverge(options.log.read_bytes(), (client, server), Change(*options.message))
    options.out.write_bytes(other)
    return 0


if __name__ == "__main__":
    sys.exit(main())
