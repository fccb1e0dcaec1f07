"""The handshake of one session, checked message by message (SPEC 4)."""

from __future__ import annotations

from . import ed25519
from .capture import KeyLog, Secrets
from .crypto import sha256, x25519
from .errors import Malformed, expect
from .handshake import (
    CLIENT_FINISH,
    CLIENT_HELLO,
    SERVER_FLIGHT,
    X25519_GROUP,
    ClientHello,
    Envelope,
    ServerHello,
    check_choice,
    parse_client_hello,
    parse_flight,
    parse_server_hello,
)
from .schedule import (
    Epoch,
    Identity,
    early_secret,
    exporter_of,
    first_epoch,
    handshake_secret,
    open_sealed,
    session_id,
    traffic_secret,
)


class Transcript:
    """Takes the envelopes of one attempt; complete once the client's finish has been taken."""

    def __init__(self, envelope: Envelope, key_log: KeyLog, secrets: Secrets) -> None:
        self._key_log = key_log
        self._secrets = secrets
        self._flights: dict[int, bytes] = {}
        self._ch = b""
        self._sh = b""
        self.client_hello: ClientHello | None = None
        self.server_hello: ServerHello | None = None
        self.server: Identity | None = None
        self.client: Identity | None = None
        self.sid = b""
        self.th = b""
        self.epoch: Epoch | None = None
        self.exporter: bytes | None = None
        self.take(envelope)

    @property
    def is_complete(self) -> bool:
        """Whether both sides have proved their keys."""
        return self.client is not None

    def take(self, envelope: Envelope) -> None:
        """Takes the next envelope of the attempt; a flight that comes again must be the same."""
        known = self._flights.get(envelope.kind)
        if known is not None:
            expect("a flight that was sent again", envelope.flight, known)
            return
        messages = parse_flight(envelope.kind, envelope.flight)
        if envelope.kind == CLIENT_HELLO:
            self._take_hello(envelope, messages[0].whole, messages[0].body)
        elif envelope.kind == SERVER_FLIGHT:
            self._sh = messages[0].whole
            self.server_hello = parse_server_hello(messages[0].body)
            assert self.client_hello is not None
            check_choice(self.client_hello, self.server_hello)
            self.server = self._open("s", messages[1].body, self._hellos)
        elif envelope.kind == CLIENT_FINISH and self.server is not None:
            before = self._hellos + self.server.transcript
            self.client = self._open("c", messages[0].body, before)
            self._complete(before + self.client.transcript)
        else:
            raise Malformed("a flight out of turn")
        self._flights[envelope.kind] = envelope.flight

    @property
    def _hellos(self) -> bytes:
        return self._ch + self._sh

    def _take_hello(self, envelope: Envelope, whole: bytes, body: bytes) -> None:
        self._ch = whole
        self.client_hello = parse_client_hello(body)
        expect("attempt", self.client_hello.random[:8], envelope.attempt)
        if 1 not in self.client_hello.versions or 1 not in self.client_hello.suites:
            raise Malformed("a hello without version 1 or its suite")
        if X25519_GROUP not in dict(self.client_hello.shares):
            raise Malformed("a hello without an X25519 share")

    def _open(self, side: str, sealed: bytes, before: bytes) -> Identity:
        assert self.client_hello is not None
        label = f"VCL1_HS_{side.upper()}"
        secret = self._key_log.get(label, self.client_hello.random)
        if secret is None:
            raise Malformed(f"the key log has no {label} of this handshake")
        return open_sealed(side, secret, sha256(self._hellos), sealed, before)

    def _complete(self, transcript: bytes) -> None:
        assert self.server_hello and self.server and self.client
        if not all(ed25519.valid_key(side.key) for side in (self.server, self.client)):
            raise Malformed("an identity that nobody may have")
        self.th = sha256(transcript)
        version = self.server_hello.version
        self.sid = session_id(version, self.client.key, self.server.key, self.th)
        self._compute_schedule()

    def _compute_schedule(self) -> None:
        """Computes the key schedule from the ephemeral secrets, where they were recorded."""
        assert self.client_hello and self.server_hello
        client_share = dict(self.client_hello.shares)[X25519_GROUP]
        secret = self._secrets.ephemerals.get(client_share)
        if secret is None:
            return
        random = self.client_hello.random
        early = early_secret(self._secrets.psk)
        hs = handshake_secret(early, x25519(secret, self.server_hello.share))
        hello_hash = sha256(self._hellos)
        expect("early", early, self._key_log.get("VCL1_EARLY", random))
        for side in "cs":
            label = f"VCL1_HS_{side.upper()}"
            expect(label, traffic_secret(hs, side, hello_hash), self._key_log.get(label, random))
        self.epoch = first_epoch(hs, self.th)
        self.exporter = exporter_of(self.epoch)
