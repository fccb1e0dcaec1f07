import { describe, expect, it } from 'vitest';
import { configureLinux } from '../src/configure-device.js';

async function commands(addresses: string[], peer?: string): Promise<string[]> {
  const log: string[] = [];
  const settings = { addresses, mtu: 1400, ...(peer === undefined ? {} : { peer }) };
  await configureLinux('vcl0', settings, async ({ program, args }) => {
    log.push([program, ...args].join(' '));
    return '';
  });
  return log;
}

describe('configureLinux', () => {
  it('sets the MTU and all addresses', async () => {
    const log = await commands(['10.0.0.1/24', 'fd00::1/64']);
    expect(log[0]).toBe('ip link set dev vcl0 mtu 1400 up');
    expect(log.slice(1).map((line) => line.split(' ')[3])).toEqual(['10.0.0.1/24', 'fd00::1/64']);
  });

  it('leads to the other end when it is outside of our networks, and only then', async () => {
    const route = 'ip route replace 10.9.9.9 dev vcl0';
    expect((await commands(['10.0.0.1/24'], '10.9.9.9')).at(-1)).toBe(route);
    expect(await commands(['10.0.0.1/24', '10.9.0.1/16'], '10.9.9.9')).not.toContain(route);
    expect((await commands(['10.0.0.1/32'], '10.0.0.2')).at(-1)).toContain('route replace');
  });
});
