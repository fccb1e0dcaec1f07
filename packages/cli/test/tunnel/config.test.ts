import { encodePublicKey, KeyPair } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import { checkClientConfig, checkServerConfig } from '../../src/tunnel/config/load-config.js';

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

describe('server.toml', () => {
  it('needs addresses alone, and has a default for everything else', () => {
    expect(checkServerConfig('server.toml', SERVER)).toEqual({
      listen: '[::]:51820',
      addresses: ['10.8.0.1/24'],
      identity: 'server.identity',
      store: 'peers.sqlite',
      device: 'vcl0',
      mtu: 1_420,
      resolvers: [],
      client_to_client: 'allow',
      nat: true,
      sessions_per_key: 1,
    });
    expect(complaint(() => checkServerConfig('server.toml', ''))).toBe(
      'server.toml: addresses: is missing',
    );
  });

  it.each([
    [
      'listen',
      ['"tcp://0.0.0.0:443"', '"[::1]:0"'],
      ['443', '"nowhere"', '"udpx://h:1"', '"h:65536"'],
    ],
    ['endpoint', ['"vpn.example.org:51820"', '"[2001:db8::1]:1"'], ['""', '"a b:1"', '"host:0"']],
    ['identity', ['"/etc/vcl/key"'], ['""', '7']],
    ['store', ['"peers.db"'], ['""', 'true']],
    [
      'device',
      ['"vcl1"', '"tun.office-2_"'],
      ['"0vcl"', '"vcl/0"', '"sixteen-letters-"', '"../x"'],
    ],
    ['mtu', ['1280', '9000'], ['1279', '9001', '1400.5', '"1400"']],
    [
      'routes',
      ['[]', '["10.0.0.0/8", "fd00::/8", "192.0.2.1"]'],
      ['"all"', '["10.0.0.0/33"]', '[8]'],
    ],
    [
      'resolvers',
      ['["10.8.0.1", "fd08::1"]'],
      ['["dns.example.org"]', '["10.8.0.0/24"]', '"10.8.0.1"'],
    ],
    ['client_to_client', ['"allow"', '"deny"'], ['"yes"', 'true']],
    ['nat', ['true', 'false'], ['"yes"', '1']],
    ['sessions_per_key', ['1', '3'], ['0', '-1', '1.5', '"2"']],
  ])('%s is taken where it is right, and named where it is wrong', (field, good, bad) => {
    for (const value of good) {
      expect(checkServerConfig('server.toml', `${SERVER}\n${field} = ${value}`)).toHaveProperty(
        field,
      );
    }
    for (const value of bad) {
      const text = complaint(() =>
        checkServerConfig('server.toml', `${SERVER}\n${field} = ${value}`),
      );
      expect(text).toMatch(new RegExp(`^server\\.toml: ${field}(\\[0\\])?: (?!is missing)\\S`));
    }
  });

  it.each([
    '[]',
    '"10.8.0.1/24"',
    '["10.8.0.1"]',
    '["10.8.0.0/24"]',
    '["10.8.0.1/24", "10.9.0.1/24"]',
    '["10.8.0.1/24", "fd08::1/64", "fd09::1/64"]',
    '["10.8.0/24"]',
  ])('addresses cannot be %s', (value) => {
    const text = complaint(() => checkServerConfig('server.toml', `addresses = ${value}`));
    expect(text).toMatch(/^server\.toml: addresses(\[0\])?: (?!is missing)\S/);
  });
});

describe('client.toml', () => {
  it('needs a server and its key', () => {
    expect(checkClientConfig('client.toml', CLIENT)).toMatchObject({
      identity: 'client.identity',
      preset: 'home',
      routes: 'all',
      excluded_routes: [],
      device: 'vcl0',
    });
    expect(complaint(() => checkClientConfig('client.toml', ''))).toBe(
      'client.toml: server: is missing; server_key: is missing',
    );
  });

  it.each([
    ['identity', ['"mine"'], ['""']],
    ['preset', ['"mobile"', '"home"', '"corporate"', '"auto"'], ['"office"', '3']],
    ['network', ['"mts"'], ['5']],
    ['routes', ['"all"', '"assigned"', '["10.8.0.0/24"]'], ['"some"', '["everything"]', '3']],
    ['excluded_routes', ['[]', '["192.168.7.0/24"]'], ['"none"', '["here"]']],
    ['device', ['"vcl1"'], ['""', '"a b"']],
    ['name', ['"laptop"', '"Büro 1"'], ['""', `"${'n'.repeat(49)}"`, '"a\\u001bb"', '"a\\u202eb"']],
    ['mtu', ['1280'], ['576', '65535']],
    ['max_attempts', ['1'], ['0', '"none"']],
    ['invitation', [`"${SECRET}"`], ['""', `"${SECRET}A"`, `"vcl-invite:1:${SECRET}"`]],
  ])('%s is taken where it is right, and named where it is wrong', (field, good, bad) => {
    for (const value of good) {
      expect(checkClientConfig('client.toml', `${CLIENT}\n${field} = ${value}`)).toHaveProperty(
        field,
      );
    }
    for (const value of bad) {
      const text = complaint(() =>
        checkClientConfig('client.toml', `${CLIENT}\n${field} = ${value}`),
      );
      expect(text).toMatch(new RegExp(`^client\\.toml: ${field}(\\[0\\])?: (?!is missing)\\S`));
    }
  });

  it.each([
    ['server', `server = "nowhere"\nserver_key = "${KEY}"`],
    ['server_key', `server = "host:1"\nserver_key = "${KEY}x"`],
  ])('%s is named where it is wrong', (field, text) => {
    expect(complaint(() => checkClientConfig('client.toml', text))).toMatch(
      new RegExp(`^client\\.toml: ${field}: `),
    );
  });
});
