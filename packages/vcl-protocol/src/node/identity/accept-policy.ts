import { VCLError } from '@vcl-protocol/core';
import type {
  ClientDecision,
  ClientInfo,
  ClientPolicy,
  DecideClientOptions,
  Enrolment,
} from '../../identity/client-policy.js';
import {
  encodePublicKey,
  fingerprint,
  isSameKey,
  type PublicKeyLike,
  toPublicKey,
} from '../../identity/public-key.js';
import type { Logger } from '../../logger.js';
import { RateLimitedLog } from '../../rate-limited-log.js';
import { AuthorizedKeys } from './authorized-keys.js';

/**
 * Turns the bind option `clients` into one decision. A client is logged when it is refused, and
 * when it is accepted for the first time.
 *
 * @throws VCLError `InvalidConfig` when the option is absent or none of the {@link ClientPolicy}
 * forms; `InvalidKey` for a key that is none and for a file with a malformed line; `IoError`
 */
export async function decideClient(
  clients: ClientPolicy | undefined,
  options: DecideClientOptions,
): Promise<ClientDecision> {
  const verdict = await verdictOf(clients, options);
  const log = new RateLimitedLog(options.logger);
  const arrivals = new RateLimitedLog(options.logger, { burst: ARRIVALS_LOGGED });
  const seen = new RecentKeys();
  return async (key, info) => {
    try {
      if ((await verdict(key, info)) !== true) {
        log.warn({ fingerprint: fingerprint(key), key: encodePublicKey(key) }, 'client refused');
        return false;
      }
      if (seen.add(key)) arrivals.info({ fingerprint: fingerprint(key) }, 'new client accepted');
      return true;
    } catch (error) {
      log.error({ error, fingerprint: fingerprint(key) }, 'client refused: the policy failed');
      return false;
    }
  };
}

type Verdict = (key: Uint8Array, info: ClientInfo) => unknown;

async function verdictOf(clients: unknown, options: DecideClientOptions): Promise<Verdict> {
  if (clients === 'any') return () => true;
  if (Array.isArray(clients)) return listVerdict(clients, options.logger);
  if (typeof clients === 'object' && clients !== null) {
    if ('authorize' in clients && typeof clients.authorize === 'function') {
      const { authorize } = clients;
      return (key, info) => authorize.call(clients, Uint8Array.from(key), info);
    }
    if ('file' in clients && typeof clients.file === 'string' && clients.file !== '') {
      const enroll = requireEnrolment('enroll' in clients ? clients.enroll : undefined);
      return await fileVerdict(clients.file, enroll, options);
    }
  }
  throw new VCLError('InvalidConfig', `the option clients is ${describe(clients)}: ${FORMS}`);
}

function listVerdict(clients: readonly PublicKeyLike[], logger: Logger): Verdict {
  const keys = clients.map((key) => toPublicKey(key));
  if (keys.length === 0) logger.warn({}, 'the option clients is an empty list: nobody can connect');
  return (key) => keys.some((listed) => isSameKey(listed, key));
}

async function fileVerdict(
  path: string,
  enroll: Enrolment | undefined,
  options: DecideClientOptions,
): Promise<Verdict> {
  const file = new AuthorizedKeys({ path, enroll, now: options.now });
  await file.check();
  return async (key) => {
    const answer = await file.accepts(key);
    if (answer === 'enrolled') {
      options.logger.warn({ file: path, fingerprint: fingerprint(key) }, 'new client enrolled');
    }
    return answer !== 'refused';
  };
}

function requireEnrolment(enroll: unknown): Enrolment | undefined {
  if (enroll === undefined) return undefined;
  if (typeof enroll === 'object' && enroll !== null) {
    const { count, untilMs } = enroll as { count?: unknown; untilMs?: unknown };
    if (isCount(count) && untilMs === undefined) return { count };
    if (isCount(untilMs) && count === undefined) return { untilMs };
  }
  throw new VCLError(
    'InvalidConfig',
    'clients.enroll must be { count: how many new clients to take in } or ' +
      '{ untilMs: the Unix time in milliseconds at which to stop }, each a whole number',
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const FORMS =
  "say who may connect: a list of public keys (['vcl-ed25519:...']), " +
  "{ authorize(key, info) => boolean }, { file: 'clients.txt' }, " +
  "{ file: 'clients.txt', enroll: { count: 1 } or { untilMs: ... } }, or 'any' for everybody";

function describe(clients: unknown): string {
  if (clients === undefined || clients === null) return 'missing';
  return typeof clients === 'string' ? `'${clients.slice(0, 64)}'` : 'none of its forms';
}

/** The keys seen of late. Bounded, as under 'any' everybody can make new ones. */
class RecentKeys {
  readonly #keys = new Set<string>();

  /** @returns whether the key was not among them */
  add(key: Uint8Array): boolean {
    const text = encodePublicKey(key);
    if (this.#keys.has(text)) return false;
    if (this.#keys.size >= MAX_RECENT_KEYS) {
      for (const oldest of this.#keys) {
        this.#keys.delete(oldest);
        break;
      }
    }
    this.#keys.add(text);
    return true;
  }
}

const MAX_RECENT_KEYS = 1024;
/** In ten seconds: each new identity is worth a line, short of a flood. */
const ARRIVALS_LOGGED = 100;
