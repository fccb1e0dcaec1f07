import * as crypto from 'node:crypto';
import type { Sha256 } from '@vcl-protocol/core';
import { plainBytes } from './plain.js';

/** `CryptoProvider.sha256` by OpenSSL: the fastest way for all but the shortest inputs. */
export const opensslSha256: (data: Uint8Array) => Uint8Array =
  // `crypto.hash` came with Node 20.12; other runtimes may lack it.
  typeof crypto.hash === 'function' ? hashAtOnce : hashByObject;

/** `CryptoProvider.createSha256` by OpenSSL. */
export function createOpensslSha256(): Sha256 {
  const hash = crypto.createHash('sha256');
  return {
    update(data: Uint8Array): void {
      hash.update(data);
    },
    digest: () => plainBytes(hash.digest()),
  };
}

/** `CryptoProvider.hmacSha256` by OpenSSL. */
export function opensslHmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return plainBytes(crypto.createHmac('sha256', key).update(data).digest());
}

function hashAtOnce(data: Uint8Array): Uint8Array {
  return plainBytes(crypto.hash('sha256', data, 'buffer'));
}

function hashByObject(data: Uint8Array): Uint8Array {
  return plainBytes(crypto.createHash('sha256').update(data).digest());
}
