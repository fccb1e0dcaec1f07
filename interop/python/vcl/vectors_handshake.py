"""handshake.json: SPEC 2.5, 3.1, 4, 5.1 to 5.3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .crypto import OuterKeys, sha256, x25519
from .errors import expect
from .handshake import (
    X25519_GROUP,
    open_envelope,
    parse_client_hello,
    parse_flight,
    parse_messages,
    parse_server_hello,
)
from .record import PacketKeys, header_protection_key
from .schedule import (
    Epoch,
    early_secret,
    exporter_of,
    first_epoch,
    handshake_secret,
    open_sealed,
    session_id,
    traffic_secret,
)


def handshake_checks(values: dict[str, Any]) -> Iterator[tuple[str, Callable[[], None]]]:
    """The checks of the file."""
    for vector in values["handshakes"]:
        for check in (_outer, _envelope, _hellos, _schedule, _rekey):
            title = f"{vector['name']}: {check.__name__.strip('_')}"
            yield title, lambda check=check, vector=vector: check(vector)


def _hex(values: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(values[name])


def _outer(vector: dict[str, Any]) -> None:
    wanted = vector["outer"]
    keys = OuterKeys.of(_hex(wanted, "secret"))
    expect("outer", keys.outer.hex(), wanted["extracted"])
    expect("okey", keys.okey.hex(), wanted["okey"])
    expect("omask", keys.omask.hex(), wanted["omask"])


def _envelope(vector: dict[str, Any]) -> None:
    datagram = _hex(vector["envelope"], "bytes")
    envelope = open_envelope(_hex(vector["outer"], "okey"), datagram)
    assert envelope is not None
    expect("kind", envelope.kind, 1)
    expect("attempt", envelope.attempt, _hex(vector["input"], "clientRandom")[:8])
    [hello] = parse_flight(envelope.kind, envelope.flight)
    expect("CH", hello.whole.hex(), vector["messages"]["ch"])


def _hellos(vector: dict[str, Any]) -> None:
    wanted = vector["input"]
    [message] = parse_messages(_hex(vector["messages"], "ch"))
    client = parse_client_hello(message.body)
    expect("client random", client.random, _hex(wanted, "clientRandom"))
    expect("client cid", client.cid, _hex(wanted, "clientCid"))
    expect("time", client.time_ms, wanted["timeMs"])
    expect("versions", client.versions, wanted["versions"])
    [message] = parse_messages(_hex(vector["messages"], "sh"))
    server = parse_server_hello(message.body)
    expect("server random", server.random, _hex(wanted, "serverRandom"))
    expect("server cid", server.cid, _hex(wanted, "serverCid"))
    expect("version", server.version, wanted["version"])
    shared = x25519(_hex(wanted, "clientEphemeral"), server.share)
    expect("shared", shared.hex(), vector["secrets"]["dh"])
    back = x25519(_hex(wanted, "serverEphemeral"), dict(client.shares)[X25519_GROUP])
    expect("shared, from the other side", back, shared)


def _schedule(vector: dict[str, Any]) -> None:
    messages, wanted = vector["messages"], vector["secrets"]
    hellos = _hex(messages, "ch") + _hex(messages, "sh")
    hello_hash = sha256(hellos)
    expect("hello hash", hello_hash.hex(), wanted["helloHash"])
    early = early_secret(_hex(vector["input"], "psk"))
    expect("early", early.hex(), wanted["early"])
    hs = handshake_secret(early, _hex(wanted, "dh"))
    expect("hs", hs.hex(), wanted["hs"])
    transcript, keys = hellos, {}
    for side, name in (("s", "server"), ("c", "client")):
        secret = traffic_secret(hs, side, hello_hash)
        expect(f"hs_{side}", secret.hex(), wanted[f"hs{name.capitalize()}"])
        [sealed] = parse_messages(_hex(messages[name], "sealed"))
        identity = open_sealed(side, secret, hello_hash, sealed.body, transcript)
        whole = [message.whole.hex() for message in identity.messages]
        expect("ID, AUTH, FIN", whole, [messages[name][part] for part in ("id", "auth", "fin")])
        keys[name] = identity.key
        transcript += identity.transcript
    th = sha256(transcript)
    expect("th", th.hex(), vector["th"])
    sid = session_id(vector["input"]["version"], keys["client"], keys["server"], th)
    expect("sid", sid.hex(), vector["sid"])
    epoch = first_epoch(hs, th)
    expect("exporter", exporter_of(epoch).hex(), vector["exporter"])
    hp = [header_protection_key(epoch.data_secret(direction)).hex() for direction in (0, 1)]
    expect("hp", hp, vector["hp"])
    _compare_epoch(epoch, vector["epoch0"])


def _rekey(vector: dict[str, Any]) -> None:
    rekey, start = vector["rekey"], vector["epoch0"]
    epoch = Epoch(0, _hex(start, "state"), _hex(start, "eth"))
    after = epoch.next(_hex(rekey, "dh"), _hex(rekey, "init"), _hex(rekey, "resp"))
    _compare_epoch(after, rekey["epoch1"])


def _compare_epoch(epoch: Epoch, wanted: dict[str, Any]) -> None:
    expect("epoch", epoch.number, wanted["epoch"])
    expect("state", epoch.state.hex(), wanted["state"])
    expect("eth", epoch.eth.hex(), wanted["eth"])
    expect("shared secret", epoch.shared_with_application.hex(), wanted["sharedSecret"])
    for direction in (0, 1):
        keys = PacketKeys(epoch.data_secret(direction))
        expect("data secret", keys.secret.hex(), wanted["secrets"][direction])
        expect("key", keys.key.hex(), wanted["keys"][direction])
        for path in (0, 7):
            expect("salt", keys.salt(path).hex(), wanted[f"saltsOfPath{path}"][direction])
