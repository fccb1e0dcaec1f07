"""Golden vectors of the tunnel (SPEC 14), made from the specification alone."""

from __future__ import annotations

import json
from typing import Any

from .tunnel import encode, field, with_checksum

A4, B4, A6, B6 = "0a080002", "c0a80709", "fd00" + "00" * 13 + "02", "20010db8" + "00" * 11 + "05"


def tunnel_vectors() -> dict[str, Any]:
    """The content of packages/tunnel/test/vectors/tunnel.json."""
    return {
        "messages": [
            {"name": name, "hex": encode(message).hex(), "message": message}
            for name, message in messages()
        ],
        "other": [
            {"name": name, "hex": data.hex(), "message": message}
            for name, data, message in other_forms()
        ],
        "unsound": [{"name": name, "hex": data.hex()} for name, data in unsound()],
        "packets": packets(),
    }


def configured(**more: Any) -> dict[str, Any]:
    """A place in a network."""
    place: dict[str, Any] = {"type": "configured", "version": 1, "mtu": 1400}
    lists: dict[str, Any] = {"routes": [], "gateways": [], "resolvers": []}
    return {**place, "addresses": [A4 + "/24"], **lists, **more}


def configure(**more: Any) -> dict[str, Any]:
    """A request for one."""
    return {"type": "configure", "version": 1, "mtu": 1420, "name": "", "addresses": [], **more}


def messages() -> list[tuple[str, dict[str, Any]]]:
    """Messages in the order of their fields."""
    many = [f"{10 << 24 | i << 8:08x}/24" for i in range(64)]
    invitation = bytes(range(32)).hex()
    return [
        ("CONFIGURE without wishes", configure()),
        (
            "CONFIGURE with all fields",
            configure(name="laptop of Jörg \U0001f600", addresses=[A4, A6], invitation=invitation),
        ),
        ("CONFIGURE with the longest name", configure(mtu=65_535, name="n" * 64)),
        ("CONFIGURE with the shortest packets", configure(mtu=576, addresses=[A4] * 8)),
        ("CONFIGURED with one address", configured()),
        (
            "CONFIGURED with everything",
            configured(
                addresses=[A4 + "/32", A6 + "/128"],
                routes=["00000000/0", "00" * 16 + "/0", "c0a80000/16"],
                gateways=["0a080001", A6],
                resolvers=["01010101", B6],
            ),
        ),
        ("CONFIGURED with many routes", configured(routes=many)),
        ("REFUSED with a reason", {"type": "refused", "code": 4, "reason": "not allowed"}),
        ("REFUSED with a large code", {"type": "refused", "code": 2**53 - 1, "reason": "r" * 256}),
    ]


def other_forms() -> list[tuple[str, bytes, dict[str, Any]]]:
    """What an encoder would write otherwise, and is sound."""
    refused = {"type": "refused", "code": 3, "reason": "twice"}
    code, reason = field(8, b"\x03"), field(9, b"twice")
    unknown = field(99, b"?") + code + field(2**40, b"") + reason
    long_code = bytes.fromhex("8000000880000001") + b"\x03"
    long_value = field(8, bytes.fromhex("c000000000000003"))
    return [
        ("fields in another order", b"\x03" + reason + code, refused),
        ("unknown fields are passed over", b"\x03" + unknown, refused),
        ("long forms of field and length", b"\x03" + long_code + reason, refused),
        ("a long form of a number", b"\x03" + long_value + reason, refused),
    ]


def unsound() -> list[tuple[str, bytes]]:
    """What is no message."""
    start = b"\x01" + field(1, b"\x01") + field(2, bytes.fromhex("458c"))
    place = encode(configured())
    return [
        ("nothing", b""),
        ("an unknown type", b"\x04" + field(8, b"\x00")),
        ("half a field", start + b"\x03"),
        ("a value that is cut short", start + bytes([3, 5]) + b"name"),
        ("a field number that is cut short", start + b"\xc0\x00"),
        ("a number with a rest", b"\x03" + field(8, b"\x03\x00")),
        ("a number without bytes", b"\x03" + field(8, b"")),
        ("a number above 2^53 - 1", b"\x03" + field(8, bytes.fromhex("c020000000000000"))),
        ("an MTU of 575", b"\x01" + field(1, b"\x01") + field(2, bytes.fromhex("423f"))),
        ("an MTU of 65,536", b"\x01" + field(1, b"\x01") + field(2, bytes.fromhex("80010000"))),
        ("a name that is too long", start + field(3, b"n" * 65)),
        ("a name with a line break", start + field(3, b"a\nb")),
        ("a name with DEL", start + field(3, b"a\x7fb")),
        ("a name with a control character of C1", start + field(3, "a\u0085b".encode())),
        ("a name that is not UTF-8", start + field(3, b"\xc3\x28")),
        ("a name with half a surrogate pair", start + field(3, b"\xed\xa0\x80")),
        ("an address of 5 bytes", start + field(4, bytes(5))),
        ("an address without bytes", start + field(4, b"")),
        ("nine addresses", start + field(4, bytes(4)) * 9),
        ("an invitation of 31 bytes", start + field(10, bytes(31))),
        ("a place without an address", b"\x02" + start[1:]),
        ("a prefix without an address", place + field(5, b"\x00")),
        ("a prefix without bytes", place + field(5, b"")),
        ("33 bits of IPv4", place + field(5, b"\x21" + bytes(4))),
        ("129 bits of IPv6", place + field(5, b"\x81" + bytes(16))),
        ("1,025 routes", place + field(5, b"\x00" + bytes(4)) * 1_025),
        ("a reason that is too long", b"\x03" + field(8, b"\x00") + field(9, b"r" * 257)),
    ]


def ip4(protocol: int, body: bytes, options: bytes = b"") -> bytes:
    """An IPv4 packet."""
    words = (20 + len(options)) // 4
    length = 4 * words + len(body)
    head = bytes([0x40 | words, 0]) + length.to_bytes(2, "big")
    head += bytes([0, 7, 0x40, 0, 64, protocol, 0, 0])
    return head + bytes.fromhex(A4 + B4) + options + body


def ip6(protocol: int, body: bytes) -> bytes:
    """An IPv6 packet."""
    head = b"\x60\0\0\0" + len(body).to_bytes(2, "big") + bytes([protocol, 64])
    return head + bytes.fromhex(A6 + B6) + body


def tcp(payload: bytes) -> bytes:
    """A segment without a checksum."""
    return bytes.fromhex("c35001bb00000001000000025010020000000000") + payload


def udp(payload: bytes) -> bytes:
    """A datagram without a checksum."""
    return bytes.fromhex("c3500035") + (8 + len(payload)).to_bytes(2, "big") + b"\0\0" + payload


def packets() -> list[dict[str, Any]]:
    """Messages of lane L with the packets in them, as they are once all sums are complete."""
    text = bytes(range(1, 34))
    made = [
        ip4(6, tcp(text)),
        ip4(6, tcp(b""), bytes([1, 1, 1, 0])),
        ip6(6, tcp(text)),
        ip4(17, udp(text)),
        ip6(17, udp(b"")),
    ]
    closed = [with_checksum(packet, False) for packet in made]
    opened = [with_checksum(packet, True) for packet in made]
    icmp = ip4(1, b"\x08\0\xf7\xff\0\0\0\0")
    empty = ip6(59, b"")

    def vector(name: str, message: bytes, found: list[bytes], even: bool = True) -> dict[str, Any]:
        texts = [one.hex() for one in found]
        return {"name": name, "hex": message.hex(), "packets": texts, "even": even}

    mixed = opened[0] + closed[1] + opened[4]
    short = closed[0][:2] + b"\0\x13" + closed[0][4:]
    return [
        vector("one packet", closed[0], closed[:1]),
        vector("several packets", b"".join(closed) + icmp, [*closed, icmp]),
        vector("open checksums", b"".join(opened), closed),
        vector("open and complete ones", mixed, [closed[0], closed[1], closed[4]]),
        vector("a packet without a payload", empty + icmp, [empty, icmp]),
        vector("a rest of one byte", closed[0] + b"\x45", closed[:1], False),
        vector("a packet that is cut short", closed[0] + closed[2][:-1], closed[:1], False),
        vector("zeros behind a packet", closed[0] + bytes(60), closed[:1], False),
        vector("neither IPv4 nor IPv6", b"\x55" + closed[0][1:], [], False),
        vector("an IPv4 header that is too short", b"\x44" + closed[0][1:], [], False),
        vector("an IPv4 packet shorter than its header", short, [], False),
    ]


def as_text() -> str:
    """The file."""
    return json.dumps(tunnel_vectors(), indent=2) + "\n"
