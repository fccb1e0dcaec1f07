import { describe, expect, it } from 'vitest';
import { KeyRing } from '../../src/connection/key-ring.js';
import { RekeyExchange } from '../../src/connection/rekey-exchange.js';
import { EpochSecrets } from '../../src/handshake/epoch-secrets.js';
import type { Role } from '../../src/handshake/registry.js';
import { startRekey } from '../../src/handshake/rekey.js';
import { CloseCode } from '../../src/wire/close-codes.js';
import { ControlType, decodeRekeyWanted } from '../../src/wire/control-messages.js';
import { provider } from '../handshake/support.js';

const LIMITS = { packets: 2 ** 28, bytes: 2 ** 36, intervalMs: 600_000 };

/** One side of the exchange, and what it sent. */
class Side {
  readonly options = { crypto: provider(8) };
  readonly role: Role;
  readonly keys: KeyRing;
  readonly rekey: RekeyExchange;
  readonly sent: { type: number; body: Uint8Array }[] = [];
  readonly rotated: number[] = [];
  readonly installed: number[] = [];
  now = 0;
  failed = -1;

  constructor(role: Role) {
    const secrets = EpochSecrets.first(
      this.options.crypto,
      new Uint8Array(32).fill(1),
      new Uint8Array(32).fill(2),
    );
    this.role = role;
    this.keys = new KeyRing(this.options.crypto, secrets, role === 'client' ? 0 : 1, LIMITS, 0);
    this.rekey = new RekeyExchange(this);
  }

  sendControl(type: number, body: Uint8Array): void {
    this.sent.push({ type, body });
  }
  fail(code: number): void {
    this.failed = code;
  }
  onRotated(epoch: number): void {
    this.rotated.push(epoch);
  }
  onEpoch(): void {
    this.installed.push(this.keys.newest.epoch);
  }

  /** What the control stream does with a message. @returns whether it was in order */
  take({ type, body }: { type: number; body: Uint8Array }): boolean {
    switch (type) {
      case ControlType.REKEY_INIT:
        return this.rekey.handleInit(body, this.now);
      case ControlType.REKEY_RESP:
        return this.rekey.handleResponse(body, this.now);
      default:
        return this.rekey.handleWanted(decodeRekeyWanted(body)!);
    }
  }

  /** A packet of the peer under the keys that it sends with opened here. */
  hear(peer: Side): void {
    const keys = this.keys.opening(peer.keys.sending.epoch & 3);
    if (keys !== undefined && this.keys.opened(keys, 0, 10)) this.rekey.onFirstHeard(keys.epoch);
  }
}

/** Delivers control messages both ways until none is left. */
function deliver(a: Side, b: Side): void {
  for (let moved = true; moved; ) {
    moved = false;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const message of from.sent.splice(0)) {
        expect(to.take(message)).toBe(true);
        moved = true;
      }
    }
  }
}

/** A packet each way, with its acknowledgement. */
function talk(client: Side, server: Side): void {
  server.hear(client);
  client.hear(server);
  client.rekey.onAcked(client.keys.sending.epoch);
}

function pair(): { client: Side; server: Side } {
  return { client: new Side('client'), server: new Side('server') };
}

describe('a key rotation', () => {
  it('ends with both sides under the same new keys', () => {
    const { client, server } = pair();
    client.rekey.request();
    expect(client.rekey.isPending).toBe(true);
    deliver(client, server);
    talk(client, server);
    expect([client.keys.sending.epoch, server.keys.sending.epoch]).toEqual([1, 1]);
    expect(client.keys.sending.secrets.eth).toEqual(server.keys.sending.secrets.eth);
    expect(client.keys.sending.secrets.sharedSecret()).toEqual(
      server.keys.sending.secrets.sharedSecret(),
    );
    expect([client.rotated, server.rotated]).toEqual([[1], [1]]);
    expect([client.installed, server.installed]).toEqual([[1], [1]]);
    expect([client.rekey.isPending, server.rekey.isPending]).toEqual([false, false]);
  });

  it('is asked for by the server and started by the client', () => {
    const { client, server } = pair();
    server.rekey.request();
    expect(server.sent.map(({ type }) => type)).toEqual([ControlType.REKEY_WANTED]);
    deliver(client, server);
    talk(client, server);
    expect([client.keys.sending.epoch, server.keys.sending.epoch]).toEqual([1, 1]);
  });

  it('is asked for once, however often the server wants it', () => {
    const { server } = pair();
    server.rekey.request();
    server.rekey.request();
    expect(server.sent).toHaveLength(1);
  });

  it('that both sides want at once gives one new epoch', () => {
    const { client, server } = pair();
    client.rekey.request();
    server.rekey.request();
    deliver(client, server);
    talk(client, server);
    talk(client, server);
    expect([client.keys.newest.epoch, server.keys.newest.epoch]).toEqual([1, 1]);
    expect([client.rekey.isPending, server.rekey.isPending]).toEqual([false, false]);
  });

  it('waits until the one before is acknowledged', () => {
    const { client, server } = pair();
    client.rekey.request();
    deliver(client, server);
    client.rekey.request();
    expect(client.sent).toEqual([]);
    client.rekey.onAcked(0);
    expect(client.sent).toEqual([]);
    talk(client, server);
    expect(client.sent.map(({ type }) => type)).toEqual([ControlType.REKEY_INIT]);
    deliver(client, server);
    talk(client, server);
    expect(server.keys.sending.epoch).toBe(2);
  });

  it('can be repeated as often as one likes', () => {
    const { client, server } = pair();
    for (let epoch = 1; epoch <= 10; epoch++) {
      (epoch % 2 === 0 ? client : server).rekey.request();
      deliver(client, server);
      talk(client, server);
      expect([client.keys.sending.epoch, server.keys.sending.epoch]).toEqual([epoch, epoch]);
    }
  });
});

describe('a peer that breaks the rules of rotation', () => {
  it('starts an exchange as a server', () => {
    const { client, server } = pair();
    const other = new Side('client');
    other.rekey.request();
    expect(client.take(other.sent[0]!)).toBe(false);
    expect(server.rekey.handleWanted(1)).toBe(false);
  });

  it('answers what nobody asked', () => {
    const { client, server } = pair();
    client.rekey.request();
    server.take(client.sent[0]!);
    expect(server.take(server.sent[0]!)).toBe(false);
    const idle = new Side('client');
    expect(idle.take(server.sent[0]!)).toBe(false);
  });

  it('starts another exchange before it has used the new keys', () => {
    const { client, server } = pair();
    client.rekey.request();
    const init = client.sent[0]!;
    expect(server.take(init)).toBe(true);
    expect(server.take(init)).toBe(false);
  });

  it('wants an epoch that is not the next', () => {
    const { client } = pair();
    expect(client.rekey.handleWanted(2)).toBe(false);
    expect(client.rekey.handleWanted(0)).toBe(true);
    expect(client.sent).toEqual([]);
  });

  it('sends what does not decode', () => {
    const { client, server } = pair();
    expect(server.take({ type: ControlType.REKEY_INIT, body: new Uint8Array(3) })).toBe(false);
    client.rekey.request();
    expect(client.take({ type: ControlType.REKEY_RESP, body: new Uint8Array(3) })).toBe(false);
  });
});

describe('rotations in fast succession', () => {
  /** Lets both sides want new keys every 10 ms. @returns the epochs that they got to */
  function insist(client: Side, server: Side, forMs: number): number {
    for (let now = 0; now < forMs; now += 10) {
      client.now = now;
      server.now = now;
      server.rekey.request();
      client.rekey.request();
      if (now >= client.rekey.deadline) client.rekey.advance();
      deliver(client, server);
      talk(client, server);
    }
    return client.keys.newest.epoch;
  }

  it('are as many as the pace allows, whichever side wants them, and none is ever too early', () => {
    const { client, server } = pair();
    const epochs = insist(client, server, 60_000);
    expect(epochs).toBeGreaterThanOrEqual(32 + 58);
    expect(epochs).toBeLessThanOrEqual(32 + 60);
    expect([client.failed, server.failed]).toEqual([-1, -1]);
  });

  it('go on when the time of the next has come, without being asked for again', () => {
    const { client, server } = pair();
    const epochs = insist(client, server, 400);
    expect(epochs).toBe(32);
    expect(client.rekey.deadline).toBe(1_000);
    client.now = 999;
    client.rekey.advance();
    expect(client.sent).toEqual([]);
    client.now = 1_000;
    client.rekey.advance();
    expect(client.sent.map(({ type }) => type)).toEqual([ControlType.REKEY_INIT]);
    expect(client.rekey.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('started without end by a client end the session after a bounded number of exchanges', () => {
    const { client, server } = pair();
    let exchanges = 0;
    for (; exchanges < 1_000 && server.failed < 0; exchanges++) {
      server.now += 10;
      const { keys } = client;
      const offer = startRekey(client.options.crypto, keys.newest.epoch + 1);
      server.take({ type: ControlType.REKEY_INIT, body: offer.body });
      if (server.failed >= 0) break;
      // Each time it uses the new keys at once, as the next exchange needs.
      keys.install(server.keys.newest.secrets, true, server.now);
      server.hear(client);
      client.keys.opened(keys.newest, server.now, 10);
    }
    expect(server.failed).toBe(CloseCode.LIMIT_EXCEEDED);
    expect(exchanges).toBe(64 + 1);
    expect(server.keys.newest.epoch).toBe(exchanges);
  });

  it('wanted without end by a server cost the client what the pace allows', () => {
    const { client, server } = pair();
    for (let i = 0; i < 10_000; i++) {
      client.now = i;
      const next = client.keys.newest.epoch + 1;
      expect(client.rekey.handleWanted(next)).toBe(true);
      if (client.now >= client.rekey.deadline) client.rekey.advance();
      deliver(client, server);
      talk(client, server);
    }
    expect(client.keys.newest.epoch).toBeLessThanOrEqual(32 + 10);
    expect(client.failed).toBe(-1);
  });
});
