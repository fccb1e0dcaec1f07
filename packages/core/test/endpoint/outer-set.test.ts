import { describe, expect, it } from 'vitest';
import { OuterSet } from '../../src/endpoint/outer-set.js';
import { OuterKeys } from '../../src/handshake/outer-keys.js';
import { provider, SERVER, STRANGER } from '../handshake/support.js';

const crypto = provider(2);
const invitation = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const isWiped = (outer: OuterKeys): boolean => outer.okey.every((byte) => byte === 0);

describe('the outer keys of an endpoint', () => {
  it('of other servers live as long as an attempt or a session uses them', () => {
    const set = new OuterSet(crypto, []);
    const attempt = set.acquire({ serverKey: SERVER.publicKey });
    const again = set.acquire({ serverKey: SERVER.publicKey });
    expect(again).toBe(attempt);
    set.hold(attempt);
    expect(set.all).toEqual([attempt]);
    set.release(attempt);
    set.release(attempt);
    expect([set.all.length, isWiped(attempt)]).toEqual([1, false]);
    set.release(attempt);
    expect([set.all.length, isWiped(attempt)]).toEqual([0, true]);
  });

  it('stay few however many servers are talked to', () => {
    const set = new OuterSet(crypto, [OuterKeys.open(crypto)]);
    for (let i = 1; i < 200; i++) set.release(set.acquire({ invitation: invitation(i) }));
    expect(set.all).toHaveLength(1);
  });

  it('of its own stay, used or not', () => {
    const own = OuterKeys.open(crypto);
    const set = new OuterSet(crypto, [own]);
    const used = set.acquire({});
    expect(used).toBe(own);
    set.release(used);
    expect([set.all, isWiped(own)]).toEqual([[own], false]);
  });

  it('answer hellos only when they are its own', () => {
    const own = OuterKeys.forServerKey(crypto, SERVER.publicKey);
    const set = new OuterSet(crypto, [own]);
    const other = set.acquire({ serverKey: STRANGER.publicKey });
    expect([set.answers(own), set.answers(other)]).toEqual([true, false]);
  });

  it('prefer an invitation to the key of the server', () => {
    const set = new OuterSet(crypto, []);
    const chosen = set.acquire({ serverKey: SERVER.publicKey, invitation: invitation(7) });
    expect(chosen.kind).toBe('invite');
  });

  it('to answer under are four at most', () => {
    const outers = [1, 2, 3, 4, 5].map((byte) => OuterKeys.fromSecret(crypto, invitation(byte)));
    expect(() => new OuterSet(crypto, outers)).toThrow(
      expect.objectContaining({ code: 'InvalidConfig' }),
    );
    expect(new OuterSet(crypto, outers.slice(1)).all).toHaveLength(4);
  });
});
