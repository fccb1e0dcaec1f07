import { existsSync, readFileSync } from 'node:fs';
import { hexToBytes } from '@noble/hashes/utils.js';

/** The golden vectors of `test/vectors/crypto.json`. Every byte string is hexadecimal. */
export interface CryptoVectors {
  readonly chachaBlock: Group<Fields<'key' | 'nonce' | 'block'> & { counter: number }>;
  readonly mask: Group<Fields<'key' | 'sample' | 'mask'>>;
  readonly salts: Group<Fields<'salt'> & { n: number }> & { readonly key: string };
  readonly hchacha: Group<Fields<'key' | 'nonce' | 'subkey'>>;
  readonly xchacha: Group<Fields<'name' | 'key' | 'nonce' | 'aad' | 'plaintext' | 'ciphertext'>>;
  readonly aead: Group<
    Fields<'key' | 'salt' | 'header' | 'plaintext' | 'sealed'> & { counter: number }
  >;
  readonly sha256: Group<Fields<'message' | 'digest'>>;
  readonly hmac: Group<Fields<'key' | 'message' | 'tag'>>;
  readonly hkdf: Group<Fields<'ikm' | 'salt' | 'info' | 'prk' | 'okm'> & { length: number }>;
  readonly expandLabel: Group<
    Fields<'secret' | 'label' | 'context' | 'output'> & { length: number }
  >;
  readonly x25519: Group<Fields<'secret' | 'publicKey' | 'shared'>>;
  readonly x25519PublicKeys: Group<Fields<'secret' | 'publicKey'>>;
  readonly x25519LowOrder: Group<string>;
  readonly ed25519: Group<Fields<'seed' | 'publicKey' | 'message' | 'signature'>>;
  readonly ed25519Verdicts: Group<Verdict>;
}

/** A signature and what must be said of it (SPEC 2.3). */
export type Verdict = Fields<'name' | 'publicKey' | 'message' | 'signature'> & {
  readonly validKey: boolean;
  readonly valid: boolean;
};

type Fields<Name extends string> = { readonly [name in Name]: string };
interface Group<Vector> {
  readonly source: string;
  readonly vectors: readonly Vector[];
}

/** The project's own vectors. */
export const vectors: CryptoVectors = JSON.parse(
  readFileSync(new URL('../vectors/crypto.json', import.meta.url), 'utf8'),
);

/** One test of a Wycheproof file, its group's public key beside it. */
export interface WycheproofTest {
  readonly tcId: number;
  readonly flags: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly [field: string]: unknown;
}

const WYCHEPROOF = new URL('../../../../../shared/reference/vectors/wycheproof/', import.meta.url);

/** Whether the Wycheproof files lie beside the repository; suites that use them are skipped else. */
export const hasWycheproof: boolean = existsSync(WYCHEPROOF);

/** To be added to the name of a test that needs the Wycheproof files. */
export const wycheproofNote: string = hasWycheproof
  ? ''
  : ' (skipped: ../shared/reference/vectors/wycheproof is not there)';

/** @returns the tests of a file, each joined with the fields of its group */
export function wycheproof(file: string): readonly WycheproofTest[] {
  const { testGroups } = JSON.parse(readFileSync(new URL(file, WYCHEPROOF), 'utf8')) as {
    testGroups: readonly (Record<string, unknown> & { tests: readonly WycheproofTest[] })[];
  };
  return testGroups.flatMap(({ tests, ...group }) => tests.map((test) => ({ ...group, ...test })));
}

/** @returns the bytes of a hexadecimal field */
export function bytes(field: unknown): Uint8Array {
  if (typeof field !== 'string') throw new TypeError('the vector lacks a field');
  return hexToBytes(field);
}
