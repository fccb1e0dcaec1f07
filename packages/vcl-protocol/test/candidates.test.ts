import { describe, expect, it } from 'vitest';
import { findCandidates } from '../src/candidates.js';
import { MemoryNetwork } from '../src/memory-link.js';

const HOSTS = {
  'both.test': ['2001:db8::1', '2001:db8::2', '2001:db8::3', '192.0.2.1', '192.0.2.2'],
  'four.test': ['192.0.2.1'],
};
const network = new MemoryNetwork({ hosts: HOSTS });
const local = { address: '0.0.0.0', port: 5 };

async function addressesOf(host: string, families: readonly (4 | 6)[]): Promise<string[]> {
  const found = await findCandidates({ host, port: 80 }, network, { families, local });
  expect(found.every(({ port }) => port === 80)).toBe(true);
  return found.map(({ address }) => address);
}

describe('findCandidates', () => {
  it('lets the versions of IP take turns, the best first', async () => {
    expect(await addressesOf('both.test', [4, 6])).toEqual([
      '2001:db8::1',
      '192.0.2.1',
      '2001:db8::2',
      '192.0.2.2',
      '2001:db8::3',
    ]);
  });

  it('leaves out what the link cannot reach', async () => {
    expect(await addressesOf('both.test', [4])).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(await addressesOf('both.test', [6])).toHaveLength(3);
  });

  it('takes a number as it is', async () => {
    expect(await addressesOf('198.51.100.7', [4])).toEqual(['198.51.100.7']);
    expect(await addressesOf('::1', [6])).toEqual(['::1']);
  });

  it('says what to bind when nothing is left', async () => {
    const finding = addressesOf('four.test', [6]);
    await expect(finding).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringMatching(/four\.test is 192\.0\.2\.1.*0\.0\.0\.0:5.*bind '\[::\]:0'/),
    });
  });
});
