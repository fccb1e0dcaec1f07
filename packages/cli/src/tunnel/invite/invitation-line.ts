import { createHash } from 'node:crypto';
import { VCLError } from '@vcl-protocol/core';
import { decodePublicKey, encodePublicKey } from 'vcl-protocol';

/** What a second device needs to be set up. */
export interface InvitationLine {
  /** The server's address. */
  readonly endpoint: string;
  /** The server's public key in text. */
  readonly serverKey: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  readonly mtu: number;
}

const PREFIX = 'vcl-invite:1:';
const KEY_BYTES = 32;
const SECRET_BYTES = 32;
const HEAD_BYTES = KEY_BYTES + SECRET_BYTES + 2;
/** Lines are copied by hand, and lose their end: without this, an address would only be another one. */
const CHECK_BYTES = 4;
/** Visible ASCII, as it stands in the line. */
const ENDPOINT = /^[\x21-\x7e]{3,255}$/;

/**
 * `vcl-invite:1:` and in base64url: server key 32, secret 32, mtu u16 big endian, the endpoint in
 * ASCII, and of all that the first 4 bytes of its SHA-256.
 *
 * @throws VCLError `InvalidConfig` for an endpoint that cannot stand in a line
 */
export function encodeInvitation({ endpoint, serverKey, secret, mtu }: InvitationLine): string {
  if (!ENDPOINT.test(endpoint)) {
    const advice = 'write names in ASCII (xn--...), at most 255 characters';
    throw new VCLError('InvalidConfig', `endpoint cannot stand in an invitation: ${advice}`);
  }
  const bytes = Buffer.alloc(HEAD_BYTES + endpoint.length);
  bytes.set(decodePublicKey(serverKey), 0);
  bytes.set(secret, KEY_BYTES);
  bytes.writeUInt16BE(mtu, KEY_BYTES + SECRET_BYTES);
  bytes.write(endpoint, HEAD_BYTES, 'ascii');
  return PREFIX + Buffer.concat([bytes, checkOf(bytes)]).toString('base64url');
}

/** @throws VCLError `InvalidConfig` for a line that is none, was cut off, or is of a later version */
export function decodeInvitation(line: string): InvitationLine {
  const text = line.trim();
  if (!text.startsWith(PREFIX)) {
    const isLater = /^vcl-invite:\d+:/.test(text);
    throw invalid(isLater ? 'is of a version that this vcl does not know: update it' : NO_LINE);
  }
  const encoded = text.slice(PREFIX.length);
  const all = Buffer.from(encoded, 'base64url');
  if (all.toString('base64url') !== encoded || all.length < CHECK_BYTES) throw invalid(NO_LINE);
  const bytes = all.subarray(0, -CHECK_BYTES);
  if (!checkOf(bytes).equals(all.subarray(-CHECK_BYTES))) throw invalid(NO_LINE);
  const endpoint = bytes.subarray(HEAD_BYTES).toString('latin1');
  if (!ENDPOINT.test(endpoint)) throw invalid(NO_LINE);
  return {
    serverKey: encodePublicKey(bytes.subarray(0, KEY_BYTES)),
    secret: new Uint8Array(bytes.subarray(KEY_BYTES, KEY_BYTES + SECRET_BYTES)),
    mtu: bytes.readUInt16BE(KEY_BYTES + SECRET_BYTES),
    endpoint,
  };
}

const NO_LINE = 'is not one that `vcl invite` printed: copy all of its line';

function checkOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, CHECK_BYTES);
}

function invalid(what: string): VCLError {
  return new VCLError('InvalidConfig', `the invitation ${what}`);
}
