import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { closestName, VCLError } from '@vcl-protocol/core';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { CLIENT_FIELDS, type ClientConfig, clientSchema } from './client-config.js';
import { SERVER_FIELDS, type ServerConfig, serverSchema } from './server-config.js';

/** @throws VCLError `IoError` when the file cannot be read; `InvalidConfig` that names file, field and rule */
export async function loadServerConfig(path: string): Promise<ServerConfig> {
  const config = checkServerConfig(path, await readText(path));
  const [identity, store] = [config.identity, config.store].map((file) => beside(path, file));
  return { ...config, identity: identity!, store: store! };
}

/** @throws as {@link loadServerConfig} does */
export async function loadClientConfig(path: string): Promise<ClientConfig> {
  const config = checkClientConfig(path, await readText(path));
  return { ...config, identity: beside(path, config.identity) };
}

/**
 * Reads a server's configuration from its text.
 *
 * @param path of the file, for messages
 * @throws VCLError `InvalidConfig`
 */
export function checkServerConfig(path: string, text: string): ServerConfig {
  return check(path, text, serverSchema, SERVER_FIELDS);
}

/** The same for a client's. */
export function checkClientConfig(path: string, text: string): ClientConfig {
  return check(path, text, clientSchema, CLIENT_FIELDS);
}

function check<T>(
  path: string,
  text: string,
  schema: z.ZodType<T>,
  fields: readonly (readonly [name: PropertyKey, meaning: string])[],
): T {
  const result = schema.safeParse(parseToml(path, text), { reportInput: true });
  if (result.success) return result.data;
  const names = fields.map(([name]) => String(name));
  const problems = result.error.issues.map((issue) => describeIssue(issue, names));
  throw new VCLError('InvalidConfig', `${path}: ${problems.join('; ')}`);
}

function parseToml(path: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = error.message.split('\n', 1)[0]!.replace(/^Invalid TOML document: /, '');
    const place = `line ${error.line}, column ${error.column}`;
    // Without the cause: it has the lines around the mistake, with whatever secret stands there.
    throw new VCLError('InvalidConfig', `${path}: ${place}: ${what}`);
  }
}

function describeIssue(issue: z.core.$ZodIssue, known: readonly string[]): string {
  const field = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : String(part)))
    .join('.')
    .replaceAll('.[', '[');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => describeUnknown(key, known)).join('; ');
  }
  return `${field}: ${ruleOf(issue)}`;
}

/** What the value breaks, never the value itself: it may be a secret. */
function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') {
    return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
  }
  if (issue.code !== 'invalid_type') return issue.message;
  if (issue.input === undefined) return 'is missing';
  return KINDS[issue.expected] ?? issue.message;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'must be text in quotes',
  boolean: 'must be true or false',
  array: 'must be a list in brackets',
};

function describeUnknown(key: string, known: readonly string[]): string {
  const meant = closestName(key, known);
  const advice = meant === undefined ? `known: ${known.join(', ')}` : `did you mean ${meant}?`;
  return `${key}: is not a field: ${advice}`;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const advice =
      code === 'ENOENT'
        ? 'there is no such file: make one with `vcl init`'
        : `cannot be read (${code}): name a file, and run as somebody who may read it`;
    throw new VCLError('IoError', `${path}: ${advice}`, { cause });
  }
}

function beside(configPath: string, file: string): string {
  return isAbsolute(file) ? file : join(dirname(configPath), file);
}
