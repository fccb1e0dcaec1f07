"""A capture taken apart: envelopes, records, sessions (SPEC 3.4)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .capture import Datagram, KeyLog, Secrets
from .crypto import OuterKeys, expand_label
from .errors import Malformed
from .evidence import Evidence
from .handshake import Envelope, open_envelope
from .record import connection_id_of, undo_outer_mask
from .session import Session
from .transcript import Transcript

ENVELOPE_NAMES = {1: "hello", 2: "server flight", 3: "finish", 4: "retry"}


class Dissection:
    """Takes datagrams in their order; raises Malformed or Disagreement when they break SPEC.md."""

    def __init__(self, key_log: KeyLog, secrets: Secrets) -> None:
        self._key_log = key_log
        self._secrets = secrets
        self._outers = [
            OuterKeys(outer, expand_label(outer, "okey"), expand_label(outer, "omask"))
            for outer in key_log.outers()
        ]
        self._attempts: dict[bytes, Transcript] = {}
        self.sessions: list[Session] = []
        self.counts: Counter[str] = Counter()

    def take(self, datagram: Datagram) -> None:
        """Takes the next datagram."""
        kind = self._take_record(datagram) or self._take_envelope(datagram)
        self.counts[kind or "neither"] += 1

    def _take_record(self, datagram: Datagram) -> str | None:
        for keys in self._outers:
            record = undo_outer_mask(keys.omask, datagram.data)
            if record is None:
                return None
            cid = connection_id_of(record)
            for session in self.sessions:
                if session.knows(datagram.direction, cid):
                    opened = session.take(datagram.direction, record)
                    return "record" if opened else "record that does not open"
        return None

    def _take_envelope(self, datagram: Datagram) -> str | None:
        for keys in self._outers:
            envelope = open_envelope(keys.okey, datagram.data)
            if envelope is not None:
                if (envelope.kind in (2, 4)) != (datagram.direction == 1):
                    raise Malformed("an envelope from the wrong side")
                self._take_flight(envelope)
                return ENVELOPE_NAMES[envelope.kind]
        return None

    def _take_flight(self, envelope: Envelope) -> None:
        transcript = self._attempts.get(envelope.attempt)
        if transcript is None:
            transcript = Transcript(envelope, self._key_log, self._secrets)
            self._attempts[envelope.attempt] = transcript
            return
        was_complete = transcript.is_complete
        transcript.take(envelope)
        if transcript.is_complete and not was_complete:
            self.sessions.append(Session(transcript, self._key_log, self._secrets))

    def document(self, logs: list[bytes]) -> dict[str, Any]:
        """What was found, after the last datagram; the logs are compared with it."""
        return {
            "datagrams": dict(self.counts),
            "sessions": [_session_document(session, logs) for session in self.sessions],
        }


def _session_document(session: Session, logs: list[bytes]) -> dict[str, Any]:
    session.check_end()
    document: dict[str, Any] = {
        "sid": session.sid.hex(),
        "counts": dict(session.counts),
        "epochs": len(session.epochs),
    }
    if session.exporter is not None:
        evidence = Evidence(session)
        document["statements"] = [len(each) for each in evidence.statements]
        document["final"] = evidence.is_final
        document["messages"] = [[len(leaves) for leaves in lanes] for lanes in evidence.leaves]
        document["logEntries"] = [evidence.compare_with_log(log) for log in logs]
    return document
