import { describe, expect, it } from 'vitest';
import { PooledRandom } from '../../src/endpoint/pooled-random.js';
import { provider } from '../handshake/support.js';

describe('pooled random bytes', () => {
  it('are each given once, in as few draws as will do', () => {
    const crypto = provider(3);
    let draws = 0;
    const counting = {
      randomBytes(out: Uint8Array): void {
        draws++;
        crypto.randomBytes(out);
      },
    };
    const pooled = new PooledRandom(counting);
    const seen = new Set<string>();
    for (let i = 0; i < 1_000; i++) {
      const nonce = new Uint8Array(24);
      pooled.randomBytes(nonce);
      seen.add(nonce.join());
    }
    expect(seen.size).toBe(1_000);
    expect(draws).toBe(Math.ceil(1_000 / Math.floor(4_096 / 24)));
  });

  it('are what the provider gives, and what is too long to pool comes from it', () => {
    const pooled = new PooledRandom(provider(4));
    const [a, b] = [new Uint8Array(4_096), new Uint8Array(5_000)];
    pooled.randomBytes(a);
    pooled.randomBytes(b);
    const plain = provider(4);
    const [c, d] = [new Uint8Array(4_096), new Uint8Array(5_000)];
    plain.randomBytes(c);
    plain.randomBytes(d);
    expect(a).toEqual(c);
    expect(b).toEqual(d);
  });
});
