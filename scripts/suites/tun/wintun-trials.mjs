// The ring loop of Windows against a real shared library with the functions of Wintun.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWintunTun } from '../../../packages/tunnel/dist/device/windows/open-wintun.js';
import { loadWintun } from '../../../packages/tunnel/dist/device/windows/wintun-library.js';
import { handler, within, write } from './devices.mjs';

const SOURCE = fileURLToPath(new URL('fake-wintun.c', import.meta.url));
const RING_PACKETS = 512;
const ROUNDS = 200;

/** Why there is no such library here; undefined when there can be one. */
export function wintunObstacle() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'is for Linux on x64';
  try {
    createRequire(import.meta.url)('koffi');
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs gcc and koffi';
  }
}

/** Packets come back as they were sent, a full ring says no, and the library saw no mistake. */
export async function ringLoop() {
  const folder = mkdtempSync(join(tmpdir(), 'vcl-wintun-'));
  try {
    const path = join(folder, 'wintun.so');
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-pthread', '-o', path, SOURCE]);
    return await exercise(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function exercise(path) {
  const koffi = createRequire(import.meta.url)('koffi');
  const fake = koffi.load(path);
  const mistakes = fake.func('int FakeMistakes()');
  const openPackets = fake.func('int FakeOpenPackets()');
  const device = createWintunTun(loadWintun(koffi, path, path), { name: 'vclä', mtu: 1420 });
  const received = [];
  const lost = [];
  device.start(
    handler(
      (packet) => received.push(Buffer.from(packet)),
      (error) => lost.push(error.message),
    ),
  );
  const problems = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Now and then longer than one wait.
    if (round % 50 === 49) await within(300, () => false);
    const packets = Array.from({ length: 20 }, (_, i) =>
      Buffer.alloc(1 + ((round * 20 + i) % 65_535), i),
    );
    const sent = packets.filter((packet) => write(device, packet));
    const arrived = await within(2000, () => received.length === sent.length);
    if (sent.length !== 20 || !arrived || !Buffer.concat(received).equals(Buffer.concat(sent))) {
      problems.push(`round ${round}: ${sent.length} sent, ${received.length} came back`);
    }
    received.length = 0;
  }
  const taken = Array.from({ length: RING_PACKETS + 9 }, () => write(device, Buffer.alloc(50)));
  if (taken.filter(Boolean).length !== RING_PACKETS) problems.push('the full ring takes more');
  await within(2000, () => received.length === RING_PACKETS);
  fake.func('void FakeRemove()')();
  await within(2000, () => lost.length > 0);
  await device.close();
  if (lost.length !== 1) problems.push(`lost ${lost.length} times`);
  if (mistakes() !== 0) problems.push(`the library saw ${mistakes()} mistakes`);
  if (openPackets() !== 0) problems.push(`${openPackets()} packets were not given back`);
  return { note: `${ROUNDS * 20 + RING_PACKETS} packets`, problems };
}
