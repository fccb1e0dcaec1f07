"""The project's golden vectors (packages/core/test/vectors), checked one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .early import early_checks
from .vectors_chain import chain_checks
from .vectors_crypto import crypto_checks
from .vectors_handshake import handshake_checks
from .vectors_wire import wire_checks

Check = tuple[str, Callable[[], None]]
"""A name, and what raises when the vector is not reproduced."""

FILES: dict[str, Callable[[dict[str, Any]], Iterator[Check]]] = {
    "crypto.json": crypto_checks,
    "wire.json": wire_checks,
    "handshake.json": handshake_checks,
    "chain.json": chain_checks,
    "early.json": early_checks,
}


def checks_of(folder: Path) -> Iterator[Check]:
    """All checks of the files in a folder."""
    for name, checks in FILES.items():
        values = json.loads((folder / name).read_text("utf-8"))
        for title, check in checks(values):
            yield f"{name} {title}", check
