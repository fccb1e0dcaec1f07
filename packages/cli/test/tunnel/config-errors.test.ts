import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKey, KeyPair } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { CLIENT_FIELDS, clientSchema } from '../../src/tunnel/config/client-config.js';
import {
  checkClientConfig,
  checkServerConfig,
  loadClientConfig,
  loadServerConfig,
} from '../../src/tunnel/config/load-config.js';
import { SERVER_FIELDS, serverSchema } from '../../src/tunnel/config/server-config.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const SERVER = 'addresses = ["10.8.0.1/24"]';
const KEY = encodePublicKey(KeyPair.generate().publicKey);
const CLIENT = `server = "vpn.example.org:51820"\nserver_key = "${KEY}"`;
const SECRET = 'A'.repeat(43);

/** What is said about a file that is refused. */
function complaint(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    expect(error).toMatchObject({ code: 'InvalidConfig' });
    return (error as Error).message;
  }
  throw new Error('it was not refused');
}

describe('a configuration that is wrong', () => {
  it.each([
    [() => checkServerConfig('f', `${SERVER}\nadresses = []`), 'adresses', 'addresses'],
    [
      () => checkServerConfig('f', `${SERVER}\nclient-to-client = "deny"`),
      'client-to-client',
      'client_to_client',
    ],
    [
      () => checkClientConfig('f', `${CLIENT}\nexclude_routes = []`),
      'exclude_routes',
      'excluded_routes',
    ],
  ])('has an unknown field: it is said which was meant', (check, field, meant) => {
    expect(complaint(check)).toBe(`f: ${field}: is not a field: did you mean ${meant}?`);
  });

  it.each([
    [() => checkServerConfig('f', `${SERVER}\nzzzzzzzz = 1`), SERVER_FIELDS],
    [() => checkClientConfig('f', `${CLIENT}\nzzzzzzzz = 1`), CLIENT_FIELDS],
  ])('has a field like no other: all that there are are named', (check, fields) => {
    const known = fields.map(([name]) => name).join(', ');
    expect(complaint(check)).toBe(`f: zzzzzzzz: is not a field: known: ${known}`);
  });

  it.each([
    [serverSchema, SERVER_FIELDS],
    [clientSchema, CLIENT_FIELDS],
  ])('is checked for exactly the fields that are explained', (schema, fields) => {
    const { shape } = schema as unknown as z.ZodObject;
    expect(Object.keys(shape)).toEqual(fields.map(([name]) => name));
  });

  it('is no TOML: the place is named, and no line is repeated', () => {
    const text = `${CLIENT}\ninvitation = "${SECRET}"\nroutes = [`;
    const shown = complaint(() => checkClientConfig('client.toml', text));
    expect(shown).toMatch(/^client\.toml: line 4, column \d+: \S/);
    try {
      checkClientConfig('client.toml', text);
    } catch (error) {
      expect((error as Error).cause).toBeUndefined();
    }
    expect(shown).not.toContain(SECRET.slice(0, 8));
  });

  it('does not repeat a secret that is no secret', () => {
    const secret = `${SECRET.slice(1)}=`;
    const shown = complaint(() => checkClientConfig('f', `${CLIENT}\ninvitation = "${secret}"`));
    expect(shown).not.toContain(secret.slice(0, 8));
  });
});

describe('a file', () => {
  it('has paths that begin where it is', async () => {
    const directory = temporaryDirectory();
    const [server, client] = [join(directory, 'server.toml'), join(directory, 'client.toml')];
    writeFileSync(server, `${SERVER}\nidentity = "../key"\nstore = "/var/lib/peers.sqlite"`);
    writeFileSync(client, CLIENT);
    expect(await loadServerConfig(server)).toMatchObject({
      identity: join(directory, '../key'),
      store: '/var/lib/peers.sqlite',
    });
    expect((await loadClientConfig(client)).identity).toBe(join(directory, 'client.identity'));
  });

  it('is missed, and it is said what makes one', async () => {
    const path = join(temporaryDirectory(), 'server.toml');
    await expect(loadServerConfig(path)).rejects.toMatchObject({
      code: 'IoError',
      message: `${path}: there is no such file: make one with \`vcl init\``,
    });
  });
});
