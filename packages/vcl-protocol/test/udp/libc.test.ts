import { describe, expect, it } from 'vitest';
import { threadObstacle } from '../../src/node/udp/libc.js';

describe('the thread that waits for datagrams', () => {
  it('has a place beside others in the pool', () => {
    for (const size of [undefined, '2', '4', '128']) {
      expect(threadObstacle(true, size)).toBeUndefined();
    }
  });

  it('does not take the only one, which files and names need', () => {
    for (const size of ['1', '0', 'many', '']) {
      expect(threadObstacle(true, size)).toMatch(/UV_THREADPOOL_SIZE/);
    }
  });

  it('is not for workers, whose sockets would outlive them', () => {
    expect(threadObstacle(false, undefined)).toMatch(/main thread/);
  });
});
