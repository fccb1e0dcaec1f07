"""Two logs against each other: equivocation (SPEC 11.2)."""

from __future__ import annotations

from typing import Any

from .report import EXIT_CODES, FileFacts, file_document, first_differing, worst


def comparison_document(first: FileFacts, second: FileFacts) -> dict[str, Any]:
    """The reports on both files, and what they say about each other."""
    equivocations = [
        {"sid": a.sid.hex(), "direction": direction, "k": k}
        for a in first.sessions
        for b in second.sessions
        if a.sid == b.sid
        for direction, k, _ in first_differing(a, b)
    ]
    status = worst([first.status, second.status] + ["altered"] * bool(equivocations))
    return {
        "status": status,
        "exitCode": EXIT_CODES[status],
        "files": [file_document(first), file_document(second)],
        "equivocations": equivocations,
    }
