import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { platform } from '#platform';
import { ServerProof, type ServerProofOptions } from '../../src/quic/server-proof.js';
import type { QuicSession } from '../../src/quic/session-store.js';
import { certificateHash, makeClaim } from '../../src/quic/tls/identity-claim.js';
import { makeCertificate } from '../../src/quic/tls/self-signed.js';

const crypto = platform.chooseProvider();
const signer = crypto.createSigner(new Uint8Array(32).fill(1));
const other = crypto.createSigner(new Uint8Array(32).fill(2));
const certificate = new X509Certificate(makeCertificate('vcl.example').cert).raw;
const hash = certificateHash(certificate);
const claim = makeClaim(hash, signer);
const ticket = Uint8Array.of(1, 2, 3);
const session: QuicSession = { ticket, identity: signer.publicKey, certificateHash: hash };

const established = {
  event: 'established',
  local: { address: '127.0.0.1', port: 1 },
  chain: [certificate.toString('base64')],
  maxDatagramBytes: 0,
  isResumed: false,
} as const;

function proofOf(options: Partial<ServerProofOptions> = {}): {
  readonly proof: ServerProof;
  readonly sessions: QuicSession[];
} {
  const sessions: QuicSession[] = [];
  const proof = new ServerProof({
    serverKey: undefined,
    name: undefined,
    session: undefined,
    onSession: (one) => sessions.push(one),
    ...options,
  });
  return { proof, sessions };
}

describe('ServerProof', () => {
  it('finds the identity that has signed the certificate', () => {
    const { proof } = proofOf({ serverKey: signer.publicKey, name: 'vcl.example' });
    expect(proof.identity).toBeUndefined();
    expect(proof.onEstablished(established)).toBeUndefined();
    expect(proof.check(claim)).toBeUndefined();
    expect(proof.identity).toEqual(signer.publicKey);
  });

  it('refuses a claim that somebody else has relayed, on a certificate of his own', () => {
    const { proof } = proofOf();
    const own = new X509Certificate(makeCertificate('vcl.example').cert).raw.toString('base64');
    proof.onEstablished({ ...established, chain: [own] });
    expect(proof.check(claim)?.message).toContain('claim');
    expect(proof.identity).toBeUndefined();
  });

  it('refuses another identity than the pinned one', () => {
    const { proof } = proofOf({ serverKey: other.publicKey });
    proof.onEstablished(established);
    expect(proof.check(claim)?.message).toContain('another identity');
  });

  it('refuses a claim before it has seen a certificate', () => {
    expect(proofOf().proof.check(claim)?.code).toBe('HandshakeFailed');
  });

  it.each([[[]], [['']], [['AAAA']]])('refuses the chain %j', (chain) => {
    expect(proofOf().proof.onEstablished({ ...established, chain })?.code).toBe('HandshakeFailed');
  });

  it('refuses a certificate for another name or address', () => {
    for (const name of ['other.example', '192.0.2.1']) {
      const { proof } = proofOf({ name });
      expect(proof.onEstablished(established)?.message).toContain(name);
    }
  });

  it('goes on with the certificate of then when a session is resumed', () => {
    const { proof } = proofOf({ session });
    expect(proof.identity).toEqual(signer.publicKey);
    expect(proof.onEstablished({ ...established, chain: [], isResumed: true })).toBeUndefined();
    expect(proof.check(claim)).toBeUndefined();
  });

  it('refuses another identity than in the session', () => {
    const { proof } = proofOf({ session: { ...session, identity: other.publicKey } });
    proof.onEstablished(established);
    expect(proof.check(claim)?.message).toContain('session before');
  });

  it('gives sessions out only when the server has proved who it is', () => {
    const { proof, sessions } = proofOf();
    proof.onEstablished(established);
    proof.onSession(ticket);
    expect(sessions).toHaveLength(0);
    proof.check(claim);
    expect(sessions).toEqual([session]);
  });
});
