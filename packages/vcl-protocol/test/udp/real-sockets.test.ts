import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AsyncQueue } from '../../src/async-queue.js';
import type { DatagramLink } from '../../src/datagram-link.js';
import { fastUdpNetwork } from '../../src/node/udp/networks.js';

const network = fastUdpNetwork();
const POOL_THREADS = Number(process.env.UV_THREADPOOL_SIZE ?? 4);

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

async function bind(onDatagram: (data: Uint8Array) => void = () => {}): Promise<DatagramLink> {
  const link = await network!.open({ address: '127.0.0.1', port: 0, maxDatagramBytes: 1_500 });
  link.start({ onDatagram, onDrain() {}, onTrouble() {} });
  return link;
}

function send(from: DatagramLink, to: DatagramLink, byte: number): void {
  from.reserve()![0] = byte;
  from.send(1, to.local);
  from.flush();
}

describe.runIf(network !== undefined)('fast links of one process', () => {
  it('are opened and closed by the thousand, and leave no descriptor behind', async () => {
    await (await bind()).close();
    const before = openFiles();
    for (let round = 0; round < 10; round++) {
      const heard = new AsyncQueue<number>();
      const links = await Promise.all(
        Array.from({ length: 100 }, () => bind((data) => heard.push(data[0]!))),
      );
      expect(openFiles()).toBe(before + links.length);
      links.forEach((link, i) => {
        send(link, links[(i + 1) % links.length]!, i);
      });
      const bytes = new Set<number>();
      while (bytes.size < links.length) bytes.add((await heard.next()).value!);
      await Promise.all(links.map((link) => link.close()));
      expect(openFiles()).toBe(before);
    }
  });

  it('may be closed and opened by the handler of another, in the midst of a round', async () => {
    const sender = await bind();
    const heard = new AsyncQueue<number>();
    const victims: DatagramLink[] = [];
    const reopened: Promise<DatagramLink>[] = [];
    for (let i = 0; i < 8; i++) {
      const link = await bind((data) => {
        heard.push(data[0]!);
        // The new link gets the number of the one whose events are still in the round.
        for (const victim of victims.splice(0)) {
          if (victim === link) continue;
          void victim.close();
          reopened.push(bind((late) => heard.push(100 + late[0]!)));
        }
      });
      victims.push(link);
    }
    const all = [...victims];
    for (const link of all) send(sender, link, 1);
    expect((await heard.next()).value).toBe(1);
    const fresh = await Promise.all(reopened);
    expect(fresh).toHaveLength(7);
    for (const link of fresh) send(sender, link, 2);
    for (const _ of fresh) expect((await heard.next()).value).toBe(102);
    await Promise.all([...all, ...fresh, sender].map((link) => link.close()));
  });

  it('hear while others keep all threads of the pool busy', async () => {
    const heard = new AsyncQueue<number>();
    const [a, b] = [await bind(), await bind((data) => heard.push(data[0]!))];
    const directory = mkdtempSync(join(tmpdir(), 'vcl-pool-'));
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    // Each holds a thread until somebody opens the other end.
    const readers = Array.from({ length: POOL_THREADS }, () => open(pipe, 'r'));
    for (const byte of [1, 2, 3]) {
      send(a, b, byte);
      expect((await heard.next()).value).toBe(byte);
    }
    const writer = openSync(pipe, 'r+');
    for (const reader of await Promise.all(readers)) await reader.close();
    closeSync(writer);
    rmSync(directory, { recursive: true });
    await Promise.all([a.close(), b.close()]);
  });
});
