"""Says what is accepted: lines `KIND hex` on standard input, a line of answer each.

KIND is frame, control (type and body), hello (the body of CH), server-hello (of SH), or identity
(of ID). The answer is how many bytes were read, or `refused`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from vcl.control import parse_message
from vcl.errors import Malformed
from vcl.frames import parse_frame
from vcl.handshake import parse_client_hello, parse_identity, parse_server_hello
from vcl.reader import Reader


def frame(data: bytes) -> int:
    """One frame, whatever follows it."""
    reader = Reader(data)
    parse_frame(reader)
    return reader.position


def control(data: bytes) -> int:
    """One control message, its type in front of its body."""
    parse_message(data[0], data[1:])
    return len(data)


def whole(parse: Callable[[bytes], object]) -> Callable[[bytes], int]:
    """A decoder of all of the bytes."""

    def decode(data: bytes) -> int:
        parse(data)
        return len(data)

    return decode


DECODERS: dict[str, Callable[[bytes], int]] = {
    "frame": frame,
    "control": control,
    "hello": whole(parse_client_hello),
    "server-hello": whole(parse_server_hello),
    "identity": whole(parse_identity),
}


def main() -> None:
    """Answers every line."""
    for line in sys.stdin:
        kind, _, data = line.strip().partition(" ")
        try:
            print(DECODERS[kind](bytes.fromhex(data)))
        except Malformed:
            print("refused")


if __name__ == "__main__":
    main()
