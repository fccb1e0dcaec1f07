// What the trials do inside of namespaces, with the tools that people use.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HOST_ADDRESS } from './network.mjs';

const DOWNLOAD = fileURLToPath(new URL('download.mjs', import.meta.url));
export const WEB = `http://${HOST_ADDRESS}:8080`;

/** Pings. @returns how many of `count` were answered */
export function ping(network, side, address, count = 3, ...options) {
  const all = ['-n', '-q', '-i', '0.1', '-W', '1', '-c', String(count), ...options, address];
  try {
    return received(network.inside(side, 'ping', ...all));
  } catch (error) {
    return received(String(error.stdout ?? ''));
  }
}

function received(text) {
  return Number(/(\d+) received/.exec(text)?.[1] ?? 0);
}

/** Whether all pings are answered; the reason otherwise. */
export function mustPing(network, side, address, ...options) {
  const count = 3;
  const answered = ping(network, side, address, count, ...options);
  if (answered < count) throw new Error(`${answered} of ${count} pings to ${address} answered`);
}

/** A program that runs beside the trial. @returns what it prints, and its end */
export function begin(network, side, ...command) {
  const child = spawn('ip', [...network.prefix(side), ...command], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  return { child, ended, text: () => text };
}

/**
 * Downloads while something happens.
 *
 * @param event called once the download has begun
 * @returns what `download.mjs` tells
 */
export async function downloadWhile(network, side, bytes, event) {
  const url = `${WEB}/file/${bytes}`;
  const running = begin(network, side, process.execPath, DOWNLOAD, url);
  await event(running);
  const limit = setTimeout(() => running.child.kill('SIGKILL'), 120_000);
  await running.ended;
  clearTimeout(limit);
  const result = JSON.parse(running.text().trim().split('\n').at(-1) || '{}');
  if (result.bytes !== bytes) throw new Error(`the download broke: ${running.text()}`);
  const expected = network.inside(side, 'curl', '-s', `${WEB}/hash/${bytes}`);
  if (result.sha256 !== expected) throw new Error('the download has another SHA-256');
  return result;
}
