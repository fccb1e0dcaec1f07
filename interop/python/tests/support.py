"""What the tests share: the project's vectors, and a way to alter bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "packages/core/test/vectors"


def vectors(name: str) -> Any:
    """A file of golden vectors."""
    return json.loads((FOLDER / name).read_text("utf-8"))


def golden_log() -> bytes:
    """The log of chain.json: two directions, both lanes, a GAP, two epochs."""
    return bytes.fromhex(vectors("chain.json")["log"])


def flipped(data: bytes, offset: int, bit: int = 0) -> bytes:
    """The data with one bit changed."""
    return data[:offset] + bytes([data[offset] ^ 1 << bit]) + data[offset + 1 :]


def framed(kind: int, body: bytes) -> bytes:
    """An entry of a log."""
    return (len(body) + 1).to_bytes(4, "big") + bytes([kind]) + body
