"""IP packets, made by Scapy, for the tests of the tunnel: packages/tunnel/test/vectors/ip.json.

    python3 interop/python/vcl_ip_vectors.py > packages/tunnel/test/vectors/ip.json

Needs Scapy (Debian: python3-scapy). Everything in it is fixed, so that the output is.
"""

import json
import sys

from scapy.layers.inet import ICMP, IP, TCP, UDP, fragment
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    ICMPv6PacketTooBig,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    PadN,
)
from scapy.packet import Raw

A4, B4 = "192.168.1.1", "10.0.0.1"
A6, B6 = "fd00::1", "2001:db8:0:1:2:3:4:5"
TEXT = bytes(range(33))


def packet(name, made, transport, **more):
    """One packet and what stands in it; what Scapy computes is read back from its bytes."""
    raw = bytes(made)
    ip = IP(raw) if raw[0] >> 4 == 4 else IPv6(raw)
    is_v4 = ip.version == 4
    return {
        "name": name,
        "hex": raw.hex(),
        "version": ip.version,
        "src": ip.src,
        "dst": ip.dst,
        "ttl": ip.ttl if is_v4 else ip.hlim,
        "totalLen": len(raw),
        "headerValid": True if is_v4 else None,
        "transport": transport,
        "fragment": None,
        **more,
    }


def tcp(ip, flags, **options):
    return ip / TCP(sport=80, dport=8080, seq=1, ack=2, flags=flags, **options)


def tcp_facts(flags, offset):
    names = {"syn": "S", "ack": "A", "fin": "F", "rst": "R"}
    return {
        "type": "tcp",
        "srcPort": 80,
        "dstPort": 8080,
        **{name: letter in flags for name, letter in names.items()},
        "payloadOffset": offset,
    }


def udp_facts(offset, dport=53):
    return {"type": "udp", "srcPort": 5353, "dstPort": dport, "payloadOffset": offset}


def packets():
    ip4, ip6 = IP(src=A4, dst=B4, id=7, ttl=63), IPv6(src=A6, dst=B6, hlim=62)
    options = IP(src=A4, dst=B4, options=b"\x94\x04\x00\x00\x01\x01\x01\x00")
    dns = UDP(sport=5353, dport=53)
    hops = IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0\0\0\0")])
    dest = IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(12))])
    routing = IPv6ExtHdrRouting(addresses=[A6], segleft=0)
    routed = IPv6ExtHdrRouting(addresses=["fd00::9"], segleft=1)
    first6 = IPv6ExtHdrFragment(id=0x01020304, offset=0, m=1, nh=17)
    later6 = IPv6ExtHdrFragment(id=0x01020304, offset=5, m=0, nh=17)
    atomic = IPv6ExtHdrFragment(id=9, offset=0, m=0)
    wrong = IP(bytes(tcp(ip4, "A") / Raw(TEXT)))
    wrong[TCP].chksum ^= 0x0100
    wrong_header = IP(bytes(ip4 / dns / Raw(TEXT)))
    wrong_header.chksum ^= 1
    yield packet("a SYN over IPv4", tcp(ip4, "S"), tcp_facts("S", 40), valid=True,
                 summary=f"TCP {A4}:80 → {B4}:8080 SYN (40 bytes)")
    for flags in ["SA", "FA", "R", "PA"]:
        yield packet(f"TCP {flags} over IPv4", tcp(ip4, flags) / Raw(TEXT), tcp_facts(flags, 40), valid=True)
        yield packet(f"TCP {flags} over IPv6", tcp(ip6, flags) / Raw(TEXT), tcp_facts(flags, 60), valid=True)
    yield packet("TCP with options", tcp(ip4, "S", options=[("MSS", 1460), ("SAckOK", b""), ("WScale", 7)]),
                 tcp_facts("S", 52), valid=True)
    yield packet("IPv4 with options", options / dns / Raw(TEXT), udp_facts(36), valid=True)
    yield packet("UDP over IPv4", ip4 / dns / Raw(TEXT), udp_facts(28), valid=True,
                 summary=f"UDP {A4}:5353 → {B4}:53 (61 bytes)")
    yield packet("UDP over IPv6", ip6 / dns / Raw(TEXT), udp_facts(48), valid=True,
                 summary=f"UDP [{A6}]:5353 → [{B6}]:53 (81 bytes)")
    yield packet("UDP without a checksum", ip4 / UDP(sport=5353, dport=53, chksum=0), udp_facts(28), valid=None)
    yield packet("an echo request", ip4 / ICMP(id=1, seq=2) / Raw(TEXT),
                 {"type": "icmp", "icmpType": 8, "code": 0}, valid=True,
                 summary=f"ICMP {A4} → {B4} type=8 code=0 (61 bytes)")
    yield packet("an echo request of ICMPv6", ip6 / ICMPv6EchoRequest(id=1, seq=2, data=TEXT),
                 {"type": "icmpv6", "icmpType": 128, "code": 0}, valid=True,
                 summary=f"ICMPv6 {A6} → {B6} type=128 code=0 (81 bytes)")
    yield packet("hop-by-hop and destination options", ip6 / hops / dest / dns / Raw(TEXT), udp_facts(72), valid=True)
    yield packet("a routing header that is done", ip6 / routing / dns / Raw(TEXT), udp_facts(72), valid=True)
    yield packet("a routing header with an address left", ip6 / routed / dns / Raw(TEXT), udp_facts(72), valid=None)
    yield packet("an atomic fragment", ip6 / atomic / dns / Raw(TEXT), udp_facts(56), valid=True,
                 fragment={"id": 9, "offset": 0, "moreFragments": False})
    yield packet("a first fragment of IPv6", ip6 / first6 / Raw(bytes(dns) + TEXT[:32]), udp_facts(56), valid=None,
                 fragment={"id": 0x01020304, "offset": 0, "moreFragments": True})
    yield packet("a later fragment of IPv6", ip6 / later6 / Raw(TEXT),
                 {"type": "fragment", "protocolNumber": 17, "fragmentOffset": 40}, valid=None,
                 fragment={"id": 0x01020304, "offset": 40, "moreFragments": False},
                 summary=f"Fragment#17 {A6} → {B6} offset=40 (81 bytes)")
    yield packet("a later fragment of IPv4", IP(src=A4, dst=B4, id=7, frag=185, proto=17) / Raw(TEXT),
                 {"type": "fragment", "protocolNumber": 17, "fragmentOffset": 1480}, valid=None,
                 fragment={"id": 7, "offset": 1480, "moreFragments": False})
    yield packet("another protocol", IP(src=A4, dst=B4, proto=47) / Raw(TEXT),
                 {"type": "other", "protocolNumber": 47}, valid=None,
                 summary=f"Proto#47 {A4} → {B4} (53 bytes)")
    yield packet("a wrong checksum of TCP", wrong, tcp_facts("A", 40), valid=False)
    yield packet("a wrong checksum of the header", wrong_header, udp_facts(28), valid=True, headerValid=False)


def clamped():
    """The same SYN with two values of MSS."""
    def syn(ip, mss, before):
        return bytes(tcp(ip, "SA", options=[*before, ("MSS", mss), ("SAckOK", b"")]))

    for name, ip, limit in [("IPv4", IP(src=A4, dst=B4), 1380), ("IPv6", IPv6(src=A6, dst=B6), 1360)]:
        for place, before in [("at an even place", []), ("at an odd place", [("NOP", None)])]:
            yield {"name": f"{name}, {place}", "limit": limit,
                   "before": syn(ip, 1460, before).hex(), "after": syn(ip, limit, before).hex()}


def too_big():
    """A packet that is too long, and the answer of a router."""
    long4 = bytes(IP(src=A4, dst=B4, flags="DF", id=7) / UDP(sport=1, dport=2) / Raw(bytes(1400)))
    long6 = bytes(IPv6(src=A6, dst=B6) / UDP(sport=1, dport=2) / Raw(bytes(1400)))
    error4 = ICMP(type=3, code=4, nexthopmtu=1300)
    answer4 = IP(src="10.9.9.9", dst=A4, id=0, flags="DF", ttl=64) / error4 / Raw(long4[:548])
    answer6 = IPv6(src="fd00::99", dst=A6, hlim=64) / ICMPv6PacketTooBig(mtu=1300) / Raw(long6[:1232])
    yield {"name": "IPv4", "mtu": 1300, "from": "10.9.9.9", "packet": long4.hex(), "answer": bytes(answer4).hex()}
    yield {"name": "IPv6", "mtu": 1300, "from": "fd00::99", "packet": long6.hex(), "answer": bytes(answer6).hex()}


def pieces():
    """Scapy counts payload bytes of a piece: 20 less than the MTU, and a multiple of 8."""
    whole = IP(src=A4, dst=B4, id=4242, ttl=9) / UDP(sport=1, dport=2) / Raw(bytes(i & 255 for i in range(2000)))
    middle = IP(src=A4, dst=B4, id=4242, frag=100, flags="MF", proto=17) / Raw(bytes(1600))
    for name, made, mtu in [("a whole packet", whole, 700), ("a piece in the middle", middle, 1300)]:
        cut = [IP(bytes(one)) for one in fragment(IP(bytes(made)), fragsize=(mtu - 20) & ~7)]
        if made.frag:
            for index, one in enumerate(cut):
                one.frag = made.frag + index * ((mtu - 20) // 8)
                one.flags = "MF"
                del one.chksum
        yield {"name": name, "mtu": mtu, "packet": bytes(made).hex(), "pieces": [bytes(one).hex() for one in cut]}


if __name__ == "__main__":
    vectors = {
        "packets": list(packets()),
        "clamped": list(clamped()),
        "tooBig": list(too_big()),
        "pieces": list(pieces()),
    }
    json.dump(vectors, sys.stdout, ensure_ascii=False, indent=2)
    print()
