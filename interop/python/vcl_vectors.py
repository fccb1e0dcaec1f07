"""Checks the golden vectors: `vcl_vectors.py [FOLDER]`.

The last line counts; exits with 1 on a failure.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vcl.vectors import checks_of

VECTORS = Path(__file__).resolve().parents[2] / "packages/core/test/vectors"


def main() -> int:
    """Runs the command line; gives the exit code."""
    parser = argparse.ArgumentParser(description="Checks the golden vectors of VCL.")
    parser.add_argument("folder", nargs="?", type=Path, default=VECTORS)
    options = parser.parse_args()
    passed = failed = 0
    for name, check in checks_of(options.folder):
        try:
            check()
            passed += 1
        except Exception as error:  # Whatever a vector breaks, the others are still checked.
            failed += 1
            print(f"FAILED {name}: {type(error).__name__}: {error}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
