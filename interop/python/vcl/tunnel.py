"""What a tunnel's two ends say, and the packets between them (SPEC 14)."""

from __future__ import annotations

import unicodedata
from typing import Any

from .errors import Malformed
from .reader import Reader, varint

MAX_MESSAGE = 32_768
TYPES = {1: "configure", 2: "configured", 3: "refused"}
LIMITS = {"addresses": 8, "routes": 1_024, "gateways": 8, "resolvers": 8}
NUMBERS = {"version": 1, "mtu": 2, "name": 3, "code": 8, "reason": 9, "invitation": 10}
LISTS = {"addresses": 4, "routes": 5, "gateways": 6, "resolvers": 7}
FIELDS = {
    "configure": ("version", "mtu", "name", "addresses", "invitation"),
    "configured": ("version", "mtu", "addresses", "routes", "gateways", "resolvers"),
    "refused": ("code", "reason"),
}
TCP, UDP = 6, 17


def field(number: int, value: bytes) -> bytes:
    """One field of a message."""
    return varint(number) + varint(len(value)) + value


def encode(message: dict[str, Any]) -> bytes:
    """A message; addresses are hex, prefixes `hex/bits`."""
    kind = message["type"]
    out = bytes([next(number for number, name in TYPES.items() if name == kind)])
    for name in FIELDS[kind]:
        if name in LISTS:
            for text in message[name]:
                out += field(LISTS[name], prefix_bytes(text))
            continue
        value = message.get(name)
        if value is not None:
            out += field(NUMBERS[name], value_bytes(name, value))
    return out


def value_bytes(name: str, value: Any) -> bytes:
    """The value of a field that is there once."""
    if name in ("name", "reason"):
        return str(value).encode()
    return bytes.fromhex(value) if name == "invitation" else varint(value)


def prefix_bytes(text: str) -> bytes:
    """An address, or a prefix with the number of its bits before it."""
    address, _, bits = text.partition("/")
    return (bytes([int(bits)]) if bits else b"") + bytes.fromhex(address)


def decode(data: bytes) -> dict[str, Any]:
    """Reads a message; refuses what is none."""
    if len(data) > MAX_MESSAGE:
        raise Malformed("a message that is too long")
    reader = Reader(data)
    kind = TYPES.get(reader.u8())
    if kind is None:
        raise Malformed("a message of an unknown type")
    message: dict[str, Any] = {"type": kind}
    message.update({name: [] for name in FIELDS[kind] if name in LISTS})
    names = {(LISTS | NUMBERS)[name]: name for name in FIELDS[kind]}
    while reader.rest > 0:
        name = names.get(reader.varint())
        value = reader.sized_by_varint()
        if name in LISTS:
            has_bits = kind == "configured" and name in ("addresses", "routes")
            message[name].append(read_prefix(value, has_bits))
        elif name is not None:
            message[name] = read_value(name, value)
    check_counts(message)
    return message


def check_counts(message: dict[str, Any]) -> None:
    """Refuses lists that are too long, and places without an address."""
    for name, limit in LIMITS.items():
        if len(message.get(name, [])) > limit:
            raise Malformed(f"more than {limit} {name}")
    if message["type"] == "configured" and not message["addresses"]:
        raise Malformed("a place without an address")


def read_value(name: str, value: bytes) -> Any:
    """A field that is there once."""
    if name in ("name", "reason"):
        return read_text(value, 64 if name == "name" else 256)
    if name == "invitation":
        if len(value) != 32:
            raise Malformed("an invitation that is not 32 bytes")
        return value.hex()
    reader = Reader(value)
    number = reader.varint()
    reader.end()
    if name == "mtu" and not 576 <= number <= 65_535:
        raise Malformed(f"an MTU of {number}")
    return number


def read_text(value: bytes, limit: int) -> str:
    """UTF-8 without control characters."""
    if len(value) > limit:
        raise Malformed("a text that is too long")
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise Malformed("no UTF-8") from error
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise Malformed("a control character")
    return text


def read_prefix(value: bytes, is_prefix: bool) -> str:
    """An address, or a prefix, as `encode` takes it."""
    address = value[1:] if is_prefix else value
    if len(address) not in (4, 16):
        raise Malformed("an address of another length")
    if not is_prefix:
        return address.hex()
    if value[0] > 8 * len(address):
        raise Malformed("more bits than the address has")
    return f"{address.hex()}/{value[0]}"


def packets_of(message: bytes) -> tuple[list[tuple[bytes, bool]], bool]:
    """Splits a message of lane L: packets, whether their sums are open, whether all is even."""
    packets: list[tuple[bytes, bool]] = []
    start = 0
    while start < len(message):
        length = packet_length(message[start:])
        if length == 0:
            return packets, False
        packet = message[start : start + length]
        packets.append((bytes([packet[0] & 0x7F]) + packet[1:], packet[0] >= 0x80))
        start += length
    return packets, True


def packet_length(rest: bytes) -> int:
    """How long the first packet is by its own header; 0 when there is none."""
    version = rest[0] >> 4 & 7
    if version == 4 and len(rest) >= 20:
        header = 4 * (rest[0] & 15)
        length = int.from_bytes(rest[2:4], "big")
        return length if 20 <= header <= length <= len(rest) else 0
    if version == 6 and len(rest) >= 40:
        length = 40 + int.from_bytes(rest[4:6], "big")
        return length if length <= len(rest) else 0
    return 0


def folded(data: bytes) -> int:
    """The ones' complement sum of the 16-bit words (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(padded[at : at + 2], "big") for at in range(0, len(padded), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def pseudo_sum(packet: bytes) -> int:
    """The sum of the pseudo header of TCP or UDP that stands right behind the IP header."""
    is_v4 = packet[0] >> 4 & 7 == 4
    offset = 4 * (packet[0] & 15) if is_v4 else 40
    addresses = packet[12:20] if is_v4 else packet[8:40]
    protocol = packet[9] if is_v4 else packet[6]
    return folded(addresses + bytes([0, protocol]) + (len(packet) - offset).to_bytes(4, "big"))


def with_checksum(packet: bytes, is_partial: bool) -> bytes:
    """The packet with its TCP or UDP checksum, complete or that of the pseudo header only."""
    is_v4 = packet[0] >> 4 & 7 == 4
    offset = 4 * (packet[0] & 15) if is_v4 else 40
    at = offset + (16 if packet[9 if is_v4 else 6] == TCP else 6)
    opened = packet[:at] + pseudo_sum(packet).to_bytes(2, "big") + packet[at + 2 :]
    if is_partial:
        return bytes([opened[0] | 0x80]) + opened[1:]
    total = 0xFFFF - folded(opened[offset:])
    return packet[:at] + (total or 0xFFFF).to_bytes(2, "big") + packet[at + 2 :]
