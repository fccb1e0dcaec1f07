import { randomFillSync } from 'node:crypto';
import { type CryptoProvider, createNobleProvider, VCLError } from '@vcl-protocol/core';
import type { ProviderName } from '../../platform.js';
import { createOpensslProvider } from './openssl.js';
import { createSodiumProvider } from './sodium.js';

/** Whether a provider can be used in this process. */
export interface ProviderReport {
  readonly name: ProviderName;
  readonly loads: boolean;
  /** Why it does not load; undefined when it does. */
  readonly reason: string | undefined;
}

/** Fastest first: the order in which the automatic choice tries them. */
const CREATE: ReadonlyMap<ProviderName, () => CryptoProvider> = new Map([
  ['sodium-native', createSodiumProvider],
  ['node', createOpensslProvider],
  ['noble', createNodeNobleProvider],
]);

const loaded = new Map<ProviderName, CryptoProvider>();
let automatic: CryptoProvider | undefined;

/**
 * The provider to use in Node, the same object at every call.
 *
 * @param name which one; by default the first that loads of sodium-native, node, noble
 * @throws VCLError `InvalidConfig` when the one named is unknown or does not load
 */
export function chooseProvider(name?: ProviderName): CryptoProvider {
  if (name !== undefined) return load(name);
  automatic ??= chooseAutomatically();
  return automatic;
}

/** Tries every provider, fastest first, and says of each whether it loads here. */
export function listProviders(): readonly ProviderReport[] {
  return [...CREATE.keys()].map((name) => {
    try {
      load(name);
      return { name, loads: true, reason: undefined };
    } catch (error) {
      return { name, loads: false, reason: error instanceof Error ? error.message : String(error) };
    }
  });
}

function chooseAutomatically(): CryptoProvider {
  const name = listProviders().find((report) => report.loads)?.name;
  return load(name ?? 'noble');
}

function load(name: ProviderName): CryptoProvider {
  const existing = loaded.get(name);
  if (existing !== undefined) return existing;
  const create = CREATE.get(name);
  if (create === undefined) {
    throw new VCLError(
      'InvalidConfig',
      `there is no crypto provider ${name}, choose one of ${[...CREATE.keys()].join(', ')}`,
    );
  }
  const provider = create();
  loaded.set(name, provider);
  return provider;
}

function createNodeNobleProvider(): CryptoProvider {
  return createNobleProvider((out) => {
    randomFillSync(out);
  });
}
