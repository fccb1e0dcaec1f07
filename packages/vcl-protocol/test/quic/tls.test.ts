import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { platform } from '#platform';
import { der, derInteger, derObjectId, derTime, Tag } from '../../src/quic/tls/der.js';
import {
  CLAIM_BYTES,
  certificateHash,
  makeClaim,
  verifyClaim,
} from '../../src/quic/tls/identity-claim.js';
import { makeCertificate } from '../../src/quic/tls/self-signed.js';

const crypto = platform.chooseProvider();
const signer = crypto.createSigner(new Uint8Array(32).fill(7));
const hash = certificateHash(Buffer.from('a certificate'));

describe('makeCertificate', () => {
  it('makes a certificate that is signed by its own key and valid now', () => {
    const { cert, key } = makeCertificate('vcl.example');
    const read = new X509Certificate(cert);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(new Date(read.validFrom).getTime()).toBeLessThan(Date.now());
    expect(new Date(read.validTo).getTime()).toBeGreaterThan(Date.now());
    expect(read.ca).toBe(false);
  });

  it('is for the name, and for no other', () => {
    const read = new X509Certificate(makeCertificate('vcl.example').cert);
    expect(read.checkHost('vcl.example')).toBe('vcl.example');
    expect(read.checkHost('other.example')).toBeUndefined();
  });

  it.each(['192.0.2.1', '2001:db8::1', '::1', '::', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.1'])(
    'is for the address %s',
    (address) => {
      const read = new X509Certificate(makeCertificate(address).cert);
      expect(read.checkIP(address)).toBeDefined();
      expect(read.checkIP('198.51.100.1')).toBeUndefined();
    },
  );

  it('makes another key and serial number each time', () => {
    const [a, b] = [makeCertificate('a'), makeCertificate('a')];
    expect(a.key).not.toBe(b.key);
    expect(new X509Certificate(a.cert).serialNumber).not.toBe(
      new X509Certificate(b.cert).serialNumber,
    );
  });
});

describe('der', () => {
  it.each([
    [0x7f, [0x04, 0x7f]],
    [0x80, [0x04, 0x81, 0x80]],
    [0x100, [0x04, 0x82, 0x01, 0x00]],
  ])('writes the length %i', (length, head) => {
    const encoded = der(Tag.OctetString, new Uint8Array(length));
    expect([...encoded.subarray(0, head.length)]).toEqual(head);
    expect(encoded).toHaveLength(head.length + length);
  });

  it('writes integers as short as they can be, and never negative', () => {
    expect([...derInteger(Uint8Array.of(0, 0, 5))]).toEqual([2, 1, 5]);
    expect([...derInteger(Uint8Array.of(0x80))]).toEqual([2, 2, 0, 0x80]);
    expect([...derInteger(Uint8Array.of(0, 0))]).toEqual([2, 1, 0]);
  });

  it('writes object ids', () => {
    expect([...derObjectId('1.2.840.10045.4.3.2')]).toEqual([
      6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
    ]);
  });

  it('writes times with two digits of the year until 2049', () => {
    const text = (iso: string): string => derTime(new Date(iso)).subarray(2).toString();
    expect(text('2049-12-31T23:59:59.500Z')).toBe('491231235959Z');
    expect(text('2050-01-01T00:00:00Z')).toBe('20500101000000Z');
  });
});

describe('claim', () => {
  it('names its owner', () => {
    const claim = makeClaim(hash, signer);
    expect(claim).toHaveLength(CLAIM_BYTES);
    expect(verifyClaim(claim, hash, crypto)).toEqual(signer.publicKey);
  });

  it('is worth nothing for another certificate', () => {
    const claim = makeClaim(hash, signer);
    const other = certificateHash(Buffer.from('another certificate'));
    expect(verifyClaim(claim, other, crypto)).toBeUndefined();
  });

  it('is worth nothing with any bit changed, or of another length', () => {
    const claim = makeClaim(hash, signer);
    for (let at = 0; at < claim.length; at++) {
      const bad = Uint8Array.from(claim);
      bad[at] = (bad[at] as number) ^ (1 << (at % 8));
      expect(verifyClaim(bad, hash, crypto)).toBeUndefined();
    }
    expect(verifyClaim(claim.subarray(1), hash, crypto)).toBeUndefined();
  });
});
