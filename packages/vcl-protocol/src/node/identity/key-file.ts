import { link, mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import { KeyPair } from '../../crypto.js';
import { encodePublicKey } from '../../identity/public-key.js';

/*
 * An identity file is three lines of text:
 *
 *   vcl-identity-v1
 *   public vcl-ed25519:<base64url of the public key>
 *   seed <base64url of the 32-byte Ed25519 seed>
 */

/** Options of {@link saveKeyFile}. */
export interface SaveKeyFileOptions {
  /** Replace a file that is there; the identity in it is lost. Default false. */
  readonly force?: boolean;
}

/**
 * Writes an identity to a new file of mode 0600, which appears whole or not at all. Directories
 * that are missing are made with mode 0700.
 *
 * @throws VCLError `IoError`, also when the file exists and `force` is not set
 */
export async function saveKeyFile(
  path: string,
  keyPair: KeyPair,
  options: SaveKeyFileOptions = {},
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const scratch = await mkdtemp(join(dirname(path), '.vcl-identity-'));
    try {
      const written = join(scratch, 'identity');
      await writeSynced(written, formatIdentity(keyPair));
      await (options.force === true ? rename(written, path) : link(written, path));
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  } catch (cause) {
    throw ioError(`cannot write the identity file ${path}`, cause);
  }
}

/**
 * Reads an identity file. Where the system has such modes, one that others may read or write is
 * refused; on Windows, which has none, protect the directory instead.
 *
 * @throws VCLError `InvalidKey` when the mode is wider than 0600 or the contents are damaged;
 * `IoError` when it cannot be read
 */
export async function loadKeyFile(path: string): Promise<KeyPair> {
  const contents = await readPrivate(path);
  try {
    return parseIdentity(contents.toString('latin1'), path);
  } finally {
    contents.fill(0);
  }
}

/**
 * Reads an identity file, or makes a new identity and writes it there first. Of several processes
 * that do this at once, all get the same identity.
 *
 * @throws VCLError as {@link loadKeyFile} and {@link saveKeyFile} do
 */
export async function loadOrCreateKeyFile(path: string): Promise<KeyPair> {
  try {
    return await loadKeyFile(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  const created = KeyPair.generate();
  try {
    await saveKeyFile(path, created);
    return created;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return await loadKeyFile(path);
  }
}

const HEADER = 'vcl-identity-v1';
const SEED_BYTES = 32;
/** Far more than an identity needs: a wrong path may name anything. */
const MAX_FILE_BYTES = 4096;

function formatIdentity(keyPair: KeyPair): Buffer {
  const seed = Buffer.from(keyPair.privateKey).toString('base64url');
  return Buffer.from(`${HEADER}\npublic ${encodePublicKey(keyPair.publicKey)}\nseed ${seed}\n`);
}

function parseIdentity(text: string, path: string): KeyPair {
  const parts = /^vcl-identity-v1\npublic (\S+)\nseed ([\w-]{43})\n?$/.exec(text);
  if (parts === null) throw damaged(path, `it is not a file of the form ${HEADER}`);
  const seed = Buffer.from(parts[2] ?? '', 'base64url');
  if (seed.length !== SEED_BYTES) throw damaged(path, 'its seed is not 32 bytes long');
  const keyPair = KeyPair.fromSeed(seed);
  seed.fill(0);
  if (encodePublicKey(keyPair.publicKey) !== parts[1]) {
    throw damaged(path, 'its seed does not belong to its public key');
  }
  return keyPair;
}

async function writeSynced(path: string, contents: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(contents);
    await file.sync();
  } finally {
    contents.fill(0);
    await file.close();
  }
}

async function readPrivate(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { mode, size } = await file.stat();
      requirePrivate(path, mode);
      if (size > MAX_FILE_BYTES) throw damaged(path, `it is ${size} bytes long`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (VCLError.is(cause)) throw cause;
    throw ioError(`cannot read the identity file ${path}`, cause);
  }
}

function requirePrivate(path: string, mode: number): void {
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  throw new VCLError(
    'InvalidKey',
    `${path} holds a private key and others may use it (mode ${octal}): chmod 600 ${path}`,
  );
}

function damaged(path: string, why: string): VCLError {
  return new VCLError('InvalidKey', `${path} is not a usable identity file: ${why}`);
}

function ioError(what: string, cause: unknown): VCLError {
  const advice: Record<string, string> = {
    ENOENT: 'there is none; loadOrCreateKeyFile makes one',
    EEXIST: 'it exists; { force: true } replaces it, and the identity in it is lost',
  };
  const code = systemCode({ cause });
  const why = (code === undefined ? undefined : advice[code]) ?? String(cause);
  return new VCLError('IoError', `${what}: ${why}`, { cause });
}

/** The code of the system error under `error`, such as ENOENT. */
function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('cause' in error)) return undefined;
  const { cause } = error;
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}
