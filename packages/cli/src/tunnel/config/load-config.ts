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
  const result = schema.safeParse(parseToml(path, text));
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
    throw new VCLError('InvalidConfig', `${path}: ${place}: ${what}`, { cause: error });
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
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
  return `${field}: ${isMissing ? 'is missing' : issue.message}`;
}

function describeUnknown(key: string, known: readonly string[]): string {
  const meant = closestName(key, known);
  const advice = meant === undefined ? `known: ${known.join(', ')}` : `did you mean ${meant}?`;
  return `${key}: is not a field: ${advice}`;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const advice = isMissing ? 'there is no such file: make one with `vcl init`' : 'cannot be read';
    throw new VCLError('IoError', `${path}: ${advice}`, { cause });
  }
}

function beside(configPath: string, file: string): string {
  return isAbsolute(file) ? file : join(dirname(configPath), file);
}
