import fc from 'fast-check';
import { encodePublicKey, KeyPair } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import {
  decodeInvitation,
  encodeInvitation,
  type InvitationLine,
} from '../../src/tunnel/invite/invitation-line.js';

const KEYS = [1, 2, 3].map(() => encodePublicKey(KeyPair.generate().publicKey));
const invitations: fc.Arbitrary<InvitationLine> = fc.record({
  endpoint: fc.stringMatching(/^[\x21-\x7e]{3,255}$/),
  serverKey: fc.constantFrom(...KEYS),
  secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  mtu: fc.integer({ min: 0, max: 65_535 }),
});

/** What is said about a line that is refused. */
function complaint(line: string): string {
  try {
    decodeInvitation(line);
  } catch (error) {
    expect(error).toMatchObject({ code: 'InvalidConfig' });
    return (error as Error).message;
  }
  throw new Error('it was not refused');
}

describe('an invitation', () => {
  it('is read as it was written, with white space around it', () => {
    fc.assert(
      fc.property(invitations, (invitation) => {
        const line = encodeInvitation(invitation);
        expect(line).toMatch(/^vcl-invite:1:[\w-]+$/);
        expect(decodeInvitation(` ${line}\r\n`)).toEqual(invitation);
      }),
    );
  });

  it('is refused wherever it was cut off, and nothing of the secret is repeated', () => {
    fc.assert(
      fc.property(invitations, fc.nat(), (invitation, cut) => {
        const line = encodeInvitation(invitation);
        const told = complaint(line.slice(0, cut % line.length));
        expect(told).toContain('copy all of its line');
        expect(told).not.toContain(line.slice(60, 70));
      }),
    );
  });

  it('is refused with any character altered, and nothing of the secret is repeated', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const start = 'vcl-invite:1:'.length;
    fc.assert(
      fc.property(invitations, fc.nat(), fc.nat(62), (invitation, place, by) => {
        const line = encodeInvitation(invitation);
        const at = start + (place % (line.length - start));
        const other = letters[(letters.indexOf(line[at]!) + 1 + by) % letters.length]!;
        const told = complaint(line.slice(0, at) + other + line.slice(at + 1));
        expect(told).toContain('copy all of its line');
        expect(told).not.toContain(line.slice(60, 70));
      }),
    );
  });

  it.each(['', 'vcl-invite:1:', 'vcl-invite:', 'vcl-ed25519:AAAA', 'vcl-invite:1:AAAA', 'Ü'])(
    "is not '%s'",
    (line) => {
      expect(complaint(line)).toBe(
        'the invitation is not one that `vcl invite` printed: copy all of its line',
      );
    },
  );

  it('of a later version asks for a later program', () => {
    const told = complaint(`vcl-invite:2:${'A'.repeat(120)}`);
    expect(told).toBe('the invitation is of a version that this vcl does not know: update it');
  });

  it.each(['bücher.example:1', 'a b:1', '', 'x'.repeat(256)])(
    "does not take the server's address '%s', which would arrive as another one",
    (endpoint) => {
      const secret = new Uint8Array(32);
      const invitation = { endpoint, serverKey: KEYS[0]!, secret, mtu: 1_420 };
      expect(() => encodeInvitation(invitation)).toThrow('endpoint cannot stand in an invitation');
    },
  );
});
