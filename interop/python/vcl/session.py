"""One session in a capture: its records, key epochs, control streams and messages (SPEC 3 to 7)."""

from __future__ import annotations

from collections import Counter

from .capture import KeyLog, Secrets
from .control import ByteStream, parse_messages
from .crypto import x25519
from .errors import Disagreement, Malformed, expect
from .frames import Frame, parse_frames
from .messages import LaneMessages
from .record import (
    PacketKeys,
    connection_id_of,
    header_protection_key,
    recover_number,
    undo_header_mask,
)
from .schedule import Epoch
from .transcript import Transcript

SIDES = "CS"


class Session:
    """Takes the records of a session, in the order in which they were captured."""

    def __init__(self, transcript: Transcript, key_log: KeyLog, secrets: Secrets) -> None:
        assert transcript.client_hello and transcript.server_hello
        assert transcript.client and transcript.server
        self.sid = transcript.sid
        self.exporter = transcript.exporter
        self.evidence = transcript.server_hello.params["evidence"]
        self.signers = [transcript.client.key, transcript.server.key]
        self.counts: Counter[str] = Counter()
        self.lanes = [[LaneMessages(lane) for lane in (0, 1)] for _ in (0, 1)]
        self.statements: list[list[Frame]] = [[], []]
        self.epochs: list[Epoch] = [] if transcript.epoch is None else [transcript.epoch]
        self.eths = [transcript.th]
        self._key_log = key_log
        self._secrets = secrets
        self._keys: dict[tuple[int, int], PacketKeys] = {}
        self._newest = [0, 0]
        self._hp = [self._header_key(direction) for direction in (0, 1)]
        self._largest: dict[tuple[int, int], int] = {}
        self._streams = [ByteStream(), ByteStream()]
        self._used = [0, 0]
        self._rekey_init: Frame | None = None
        self._issued: dict[tuple[int, bytes], int] = {}
        # The id of a datagram is one that its receiver has issued.
        self._issue(0, transcript.server_hello.cid, 0)
        self._issue(1, transcript.client_hello.cid, 0)

    def knows(self, direction: int, cid: bytes) -> bool:
        """Whether a record of this direction with this connection id belongs here."""
        return (direction, cid) in self._issued

    def take(self, direction: int, record: bytes) -> bool:
        """Takes a record whose outer mask is undone; gives whether it opened."""
        path = self._issued[direction, connection_id_of(record)]
        header = undo_header_mask(self._hp[direction], record)
        largest = self._largest.get((direction, path), -1)
        number = recover_number(largest, header.truncated, header.pn_length)
        epoch = self._epoch_of(direction, header.epoch_bits)
        keys = None if epoch is None else self._keys_of(direction, epoch)
        plaintext = None if keys is None else keys.open(header, record, path, number)
        if plaintext is None or epoch is None:
            return False
        self._largest[direction, path] = max(largest, number)
        self._newest[direction] = max(self._newest[direction], epoch)
        self.counts["records"] += 1
        for frame in parse_frames(plaintext):
            self.counts[frame.name] += 1
            self._take_frame(direction, frame)
        return True

    def check_end(self) -> None:
        """Refuses what is left open when the capture ends."""
        for direction, stream in enumerate(self._streams):
            if not stream.is_complete or self._used[direction] != len(stream.data):
                raise Malformed("a control stream that is not complete")

    def _take_frame(self, direction: int, frame: Frame) -> None:
        if frame.name == "MESSAGE":
            self.lanes[direction][frame.fields["lane"]].put(frame.fields)
        elif frame.name == "CONTROL":
            self._take_control(direction, frame)
        elif frame.name == "NEW_CONNECTION_ID":
            self._issue(1 - direction, frame.fields["cid"], frame.fields["sequence"])

    def _issue(self, direction: int, cid: bytes, sequence: int) -> None:
        expect("a connection id", self._issued.setdefault((direction, cid), sequence), sequence)

    def _take_control(self, direction: int, frame: Frame) -> None:
        stream = self._streams[direction]
        stream.put(frame.fields["offset"], frame.fields["data"])
        messages, used = parse_messages(bytes(stream.data[self._used[direction] :]))
        self._used[direction] += used
        for message in messages:
            self.counts[message.name] += 1
            self._take_message(direction, message)

    def _take_message(self, direction: int, message: Frame) -> None:
        if message.name == "STATEMENT":
            self.statements[direction].append(message)
        elif message.name == "GAP":
            self.lanes[direction][1].put_gap(message.fields)
        elif message.name == "SIGNER":
            if self.evidence == 0 or self.statements[direction]:
                raise Malformed("a SIGNER in identity evidence, or after a statement")
            self.signers[direction] = message.fields["key"]
        elif message.name == "REKEY_INIT":
            self._rekey_init = message
        elif message.name == "REKEY_RESP":
            self._rotate(message)

    def _rotate(self, resp: Frame) -> None:
        """Computes the next epoch (SPEC 5.3) and compares it with the key log."""
        init = self._rekey_init
        if init is None or init.fields["epoch"] != resp.fields["epoch"]:
            raise Malformed("a REKEY_RESP without its INIT")
        if not self.epochs:
            return
        secret = self._secrets.ephemerals.get(init.fields["shares"][0][1])
        if secret is None:
            raise Disagreement("the share of REKEY_INIT is not among the recorded keys")
        shared = x25519(secret, resp.fields["shares"][0][1])
        epoch = self.epochs[-1].next(shared, init.fields["body"], resp.fields["body"])
        expect("epoch of a rekey exchange", epoch.number, resp.fields["epoch"])
        self.epochs.append(epoch)
        self.eths.append(epoch.eth)

    def _epoch_of(self, direction: int, bits: int) -> int | None:
        """The known epoch with these low bits that is nearest to the newest one in use."""
        label = f"VCL1_DATA_{SIDES[direction]}"
        known = [
            epoch
            for (name, sid, epoch) in self._key_log.secrets
            if name == label and sid == self.sid and epoch % 4 == bits
        ]
        return min(known, key=lambda e: abs(e - self._newest[direction]), default=None)

    def _keys_of(self, direction: int, epoch: int) -> PacketKeys | None:
        key = (direction, epoch)
        if key not in self._keys:
            secret = self._key_log.get(f"VCL1_DATA_{SIDES[direction]}", self.sid, epoch)
            if secret is None:
                return None
            if epoch < len(self.epochs):
                computed = self.epochs[epoch].data_secret(direction)
                expect(f"data secret of epoch {epoch}", computed, secret)
            self._keys[key] = PacketKeys(secret)
        return self._keys[key]

    def _header_key(self, direction: int) -> bytes:
        secret = self._key_log.get(f"VCL1_DATA_{SIDES[direction]}", self.sid)
        if secret is None:
            raise Disagreement(f"the key log has no session {self.sid.hex()}, which was computed")
        hp = header_protection_key(secret)
        logged = self._key_log.get(f"VCL1_HP_{SIDES[direction]}", self.sid)
        expect("header protection key", hp, logged)
        return hp
