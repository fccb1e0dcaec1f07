"""The files that a recorded session leaves: datagrams, key log, ephemeral secrets.

The formats of captures and secrets are those of interop/README.md; the key log is SPEC 5.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .errors import Malformed, expect


@dataclass(frozen=True)
class Datagram:
    """A datagram that passed the relay; direction 0 is client to server."""

    ms: float
    direction: int
    client: int
    was_lost: bool
    data: bytes


def parse_capture(lines: Iterable[str]) -> list[Datagram]:
    """The datagrams of a capture in their order."""
    datagrams = []
    for line in lines:
        ms, direction, client, fate, data = line.split()
        if direction not in ("0", "1") or fate not in ("passed", "lost"):
            raise Malformed(f"a line that is none of a capture: {line[:60]}")
        datagrams.append(
            Datagram(float(ms), int(direction), int(client), fate == "lost", bytes.fromhex(data))
        )
    return datagrams


@dataclass
class KeyLog:
    """Secrets by label, id and epoch. Both sides may have written the same file."""

    secrets: dict[tuple[str, bytes, int], bytes] = field(default_factory=dict)

    def get(self, label: str, of: bytes, epoch: int = 0) -> bytes | None:
        """A secret; `of` is the client's random or the sid."""
        return self.secrets.get((label, of, epoch))

    def outers(self) -> list[bytes]:
        """All outer secrets that were in use, each once."""
        found = [value for (label, _, _), value in self.secrets.items() if label == "VCL1_OUTER"]
        return list(dict.fromkeys(found))


LABELS = {
    "VCL1_OUTER", "VCL1_EARLY", "VCL1_HS_C", "VCL1_HS_S",
    "VCL1_DATA_C", "VCL1_DATA_S", "VCL1_HP_C", "VCL1_HP_S",
}  # fmt: skip


def parse_key_log(lines: Iterable[str]) -> KeyLog:
    """Reads a key log; two lines about the same secret must agree, empty ones are skipped."""
    log = KeyLog()
    for line in filter(str.strip, lines):
        label, of, epoch, value = line.split()
        if label not in LABELS:
            raise Malformed(f"key log label {label}")
        key = (label, bytes.fromhex(of), int(epoch))
        expect(f"key log {label}", log.secrets.setdefault(key, bytes.fromhex(value)).hex(), value)
    return log


@dataclass
class Secrets:
    """X25519 secrets by public key, and the pre-shared key, empty for none."""

    ephemerals: dict[bytes, bytes] = field(default_factory=dict)
    psk: bytes = b""


def parse_secrets(lines: Iterable[str]) -> Secrets:
    """Reads the secrets that were recorded beside a key log."""
    secrets = Secrets()
    for line in lines:
        label, public_key, secret = line.split()
        if label == "PSK":
            secrets.psk = bytes.fromhex(secret)
        elif label == "X25519":
            secrets.ephemerals[bytes.fromhex(public_key)] = bytes.fromhex(secret)
        else:
            raise Malformed(f"secrets label {label}")
    return secrets
