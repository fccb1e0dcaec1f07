import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { der, derBitString, derInteger, derObjectId, derTime, Tag } from './der.js';

/** A certificate chain and its key. */
export interface CertificatePair {
  /** PEM, the server's own certificate first. */
  readonly cert: string;
  /** PEM, unencrypted. */
  readonly key: string;
}

const COMMON_NAME = '2.5.4.3';
const ALTERNATIVE_NAMES = '2.5.29.17';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const SERIAL_BYTES = 16;
const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 90;

/**
 * Makes a P-256 key and a certificate that it signs itself, valid from a day ago for 90 days
 * (RFC 5280). It proves nothing by itself: a {@link makeClaim} says whose it is.
 *
 * @param name the host name or numeric address in it
 */
export function makeCertificate(name: string): CertificatePair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const body = toBeSigned(name, spki);
  const signature = sign('sha256', body, { key: privateKey, dsaEncoding: 'der' });
  const certificate = der(Tag.Sequence, body, algorithm(), derBitString(signature));
  return {
    cert: pem('CERTIFICATE', certificate),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

function toBeSigned(name: string, spki: Uint8Array): Buffer {
  const now = Date.now();
  const validity = der(
    Tag.Sequence,
    derTime(new Date(now - DAY_MS)),
    derTime(new Date(now + (LIFETIME_DAYS - 1) * DAY_MS)),
  );
  return der(
    Tag.Sequence,
    der(Tag.Context0, derInteger(Uint8Array.of(2))),
    derInteger(randomBytes(SERIAL_BYTES)),
    algorithm(),
    distinguishedName(name),
    validity,
    distinguishedName(name),
    spki,
    der(Tag.Context3, der(Tag.Sequence, alternativeNames(name))),
  );
}

function algorithm(): Buffer {
  return der(Tag.Sequence, derObjectId(ECDSA_WITH_SHA256));
}

function distinguishedName(name: string): Buffer {
  const value = der(Tag.Utf8String, Buffer.from(name.slice(0, 64)));
  return der(Tag.Sequence, der(Tag.Set, der(Tag.Sequence, derObjectId(COMMON_NAME), value)));
}

function alternativeNames(name: string): Buffer {
  const general = isIP(name) === 0 ? der(0x82, Buffer.from(name)) : der(0x87, addressBytes(name));
  return der(
    Tag.Sequence,
    derObjectId(ALTERNATIVE_NAMES),
    der(Tag.OctetString, der(Tag.Sequence, general)),
  );
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number));
  const { hostname } = new URL(`http://[${address}]/`);
  const [head = '', tail = ''] = hostname.slice(1, -1).split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const before = groups(head);
  const after = groups(tail);
  const zeros = new Array<string>(8 - before.length - after.length).fill('0');
  const words = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 0xff]));
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
