"""Makes traffic that is hard to read: run with the order as one line of JSON on standard input.

Server: {"role": "server", "v4": ADDRESS, "v6": ADDRESS}; prints a line when it listens.
Client: {"role": "client", "v4": ADDRESS, "v6": ADDRESS, "device": NAME, "frames": [HEX, ...]}.
"""

import json
import socket
import struct
import sys
import threading

TCP_PORT, UDP_PORT, CLOSED_PORT = 8080, 53, 9999
LARGE = bytes(i & 255 for i in range(4000))
QUERY = bytes.fromhex("12340100000100000000000003777777076578616d706c6503636f6d0000010001")


def serve(order):
    for family, address in [(socket.AF_INET, order["v4"]), (socket.AF_INET6, order["v6"])]:
        tcp = socket.socket(family, socket.SOCK_STREAM)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind((address, TCP_PORT))
        tcp.listen()
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.bind((address, UDP_PORT))
        threading.Thread(target=answer_tcp, args=[tcp], daemon=True).start()
        threading.Thread(target=answer_udp, args=[udp], daemon=True).start()
    print("listening", flush=True)
    sys.stdin.read()


def answer_tcp(listener):
    while True:
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + 25 * LARGE)
        connection.close()


def answer_udp(udp):
    while True:
        data, sender = udp.recvfrom(65536)
        udp.sendto(data, sender)


def ask(order):
    for family, address in [(socket.AF_INET, order["v4"]), (socket.AF_INET6, order["v6"])]:
        fetch(family, address)
        refused(family, address)
        for payload in [QUERY, b"", b"odd", LARGE]:
            send_udp(family, (address, UDP_PORT), payload, wait=True)
        send_udp(family, (address, CLOSED_PORT), b"nobody listens")
    headers(order["v6"])
    ip_options(order["v4"])
    no_checksum(order["v4"])
    inject(order["device"], order["frames"])


def fetch(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as tcp:
        tcp.connect((address, TCP_PORT))
        tcp.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while tcp.recv(65536):
            pass
    # A reset: unread data, and no time to linger.
    with socket.socket(family, socket.SOCK_STREAM) as tcp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        tcp.connect((address, TCP_PORT))
        tcp.sendall(b"x")


def refused(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as tcp:
        try:
            tcp.connect((address, CLOSED_PORT))
        except ConnectionRefusedError:
            pass


def send_udp(family, target, payload, wait=False):
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.settimeout(2)
        udp.sendto(payload, target)
        if wait:
            udp.recvfrom(65536)


def headers(address):
    """Extension headers: destination options, hop-by-hop options, both, and before fragments."""
    pad = bytes([0, 0, 1, 4, 0, 0, 0, 0])
    longer = bytes([0, 1, 1, 12]) + bytes(12)
    for settings in [[(socket.IPV6_DSTOPTS, pad)], [(socket.IPV6_HOPOPTS, longer)],
                     [(socket.IPV6_HOPOPTS, pad), (socket.IPV6_DSTOPTS, longer)]]:
        for payload in [QUERY, LARGE]:
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
                for name, value in settings:
                    udp.setsockopt(socket.IPPROTO_IPV6, name, value)
                udp.sendto(payload, (address, UDP_PORT))


def ip_options(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes([0x94, 4, 0, 0, 1, 1, 1, 0]))
        for payload in [QUERY, LARGE]:
            udp.sendto(payload, (address, UDP_PORT))


def no_checksum(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.setsockopt(socket.SOL_SOCKET, 11, 1)
        udp.sendto(QUERY, (address, UDP_PORT))


def inject(device, frames):
    """Packets that no system sends, as they are."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((device, 0))
        for frame in frames:
            packet = bytes.fromhex(frame)
            kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
            raw.send(b"\xff" * 6 + b"\x02\0\0\0\0\1" + struct.pack("!H", kind) + packet)


if __name__ == "__main__":
    given = json.loads(sys.stdin.readline())
    serve(given) if given["role"] == "server" else ask(given)
