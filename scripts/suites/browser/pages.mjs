// Two pages and the example's server: files both ways, both chains, logs dropped on a page.
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium as playwright } from 'playwright-core';
import { encodePublicKey, KeyPair, verifySessionLog } from 'vcl-protocol';
import { serve } from '../../../examples/browser/serve.mjs';
import { Visit } from './visit.mjs';

const LIMIT_MS = 60_000;

/**
 * Runs all checks.
 *
 * @param {import('../attack/checks.mjs').Checks} checks
 * @param {{ chromium: string, folder: string, fileBytes: number, screenshot?: string }} options the
 * path of the browser; where to keep what is made; how long files are; what to write a picture to
 */
export async function pagesAndServer(checks, { chromium, folder, fileBytes, screenshot }) {
  const server = await serve({ address: '127.0.0.1:0', folder });
  const browser = await playwright.launch({ executablePath: chromium, args: ['--no-sandbox'] });
  try {
    const [noble, sodium] = [new Visit(browser, server), new Visit(browser, server)];
    await checks.run('a page connects on noble', () => noble.open('noble'));
    await checks.run('a page connects on libsodium', () => sodium.open('libsodium'));
    await checks.run('a page says something to the other', () => talk(noble, sodium));
    for (const [name, visit] of [
      ['noble', noble],
      ['libsodium', sodium],
    ]) {
      await checks.run(`a file goes to Node on ${name}`, () => upload(visit, server, fileBytes));
      await checks.run(`a file comes from Node on ${name}`, () =>
        download(visit, server, fileBytes),
      );
      await checks.run(`both chains verify on ${name}`, () => chains(visit, server, fileBytes));
    }
    await checks.run('a page leaves in order, and its log is whole for Node', () =>
      leave(noble, server, 1),
    );
    await checks.run('the log is whole for a page that it is dropped on', () =>
      dropped(sodium, logsOf(server)[0], 'whole'),
    );
    if (screenshot !== undefined)
      await sodium.page.screenshot({ path: screenshot, fullPage: true });
    await checks.run('an altered log is refused by a page', () =>
      dropped(sodium, altered(logsOf(server)[0], folder), 'altered'),
    );
    await checks.run('the other page leaves in order, and its log is whole for Node', () =>
      leave(sodium, server, 2),
    );
    await checks.run('a page without a key remembers the first, and itself', () =>
      firstUse(new Visit(browser, server), server),
    );
    await checks.run('a page refuses a server whose key has changed', () =>
      changedKey(new Visit(browser, server), server),
    );
    await checks.run('nothing went wrong in the pages', async () => ({
      problems: [...noble.problems, ...sodium.problems],
    }));
  } finally {
    await browser.close();
    await server.close();
  }
}

async function talk(one, other) {
  const text = `hello ${randomBytes(4).toString('hex')}`;
  await one.say(text);
  await other.page.locator('#talk li', { hasText: text }).waitFor({ timeout: LIMIT_MS });
  return { problems: [] };
}

async function upload(visit, { room }, fileBytes) {
  const bytes = randomBytes(fileBytes);
  const name = `from ${visit.provider}.bin`;
  await visit.choose({ name, mimeType: 'application/octet-stream', buffer: bytes });
  const start = performance.now();
  await visit.drop('#file-drop');
  await until(() => room.files.has(name));
  return compare(room.files.get(name).bytes, bytes, start);
}

async function download(visit, { room }, fileBytes) {
  const bytes = randomBytes(fileBytes);
  const name = `for ${visit.provider}.bin`;
  room.keep({ name: 'Node' }, { name, size: bytes.length, sha256: sha256(bytes), bytes });
  const item = visit.page.locator(`#files li[data-name="${name}"]`);
  const start = performance.now();
  await item.getByRole('button', { name: 'Fetch' }).click({ timeout: LIMIT_MS });
  const saved = visit.page.waitForEvent('download', { timeout: LIMIT_MS });
  await item.getByRole('link', { name: 'Save' }).click({ timeout: LIMIT_MS });
  return compare(readFileSync(await (await saved).path()), bytes, start);
}

async function chains(visit, { room }, fileBytes) {
  const pieces = Math.floor(fileBytes / 65_536);
  const guest = room.guests.find(({ name }) => visit.ownKey.startsWith(name));
  await until(() => guest.received > pieces && guest.verified === guest.received);
  const counts = {};
  for (const id of ['incoming', 'outgoing']) {
    counts[id] = await visit.verifiedChain(id, pieces, LIMIT_MS);
  }
  const problems =
    counts.outgoing === guest.received ? [] : ['page and Node count the chain of the page unlike'];
  return { note: `${counts.incoming} and ${counts.outgoing} messages`, problems };
}

async function leave(visit, server, logCount) {
  await visit.leave(LIMIT_MS);
  await until(() => server.room.guests.length === 2 - logCount);
  const reports = [];
  for (const path of logsOf(server)) reports.push(await verifySessionLog(path));
  const whole = reports.filter(({ status }) => status === 'whole');
  const problems = reports.flatMap(({ sessions }) => sessions.flatMap((one) => one.problems));
  return {
    note: `${whole.length} whole`,
    problems:
      whole.length === logCount
        ? []
        : [
            `${whole.length} logs of ${reports.length} are whole, not ${logCount}`,
            ...problems.map(({ message }) => message),
          ],
  };
}

async function dropped(visit, path, expected) {
  await visit.choose(path);
  await visit.drop('#log-drop');
  const status = await visit.verdict(LIMIT_MS);
  return { problems: status === expected ? [] : [`the page says '${status}'`] };
}

async function firstUse(visit, server) {
  const url = withoutKey(server);
  const problems = [];
  const seen = [];
  for (const time of ['first', 'second']) {
    const text = await visit.goTo(url);
    if (text !== 'connected') problems.push(`the page says the ${time} time: ${text}`);
    seen.push(visit.ownKey);
  }
  if (seen[0] !== seen[1]) problems.push('the page is another one the second time');
  await visit.page.goto('about:blank');
  // Whoever leaves says so; else the room would notice after minutes.
  await until(() => server.room.guests.length === 0);
  return { problems: [...problems, ...visit.problems] };
}

async function changedKey(visit, server) {
  const url = withoutKey(server);
  const former = encodePublicKey(KeyPair.generate().publicKey);
  await visit.goTo(url);
  await visit.page.evaluate(
    ([name, key]) => localStorage.setItem(name, key),
    [`vcl-known-host:${url.host}`, former],
  );
  const text = await visit.goTo(url);
  return { problems: text.includes('has changed') ? [] : [`the page says: ${text}`] };
}

function withoutKey(server) {
  const url = new URL(server.url);
  url.hash = '';
  return url;
}

/** A copy with one bit changed, in the middle of a message. */
function altered(path, folder) {
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  const copy = join(folder, 'altered.vcllog');
  writeFileSync(copy, bytes);
  return copy;
}

/** The logs in the order in which their sessions began. */
function logsOf({ logs }) {
  return readdirSync(logs)
    .sort()
    .map((name) => join(logs, name));
}

function compare(arrived, sent, start) {
  const seconds = (performance.now() - start) / 1000;
  const rate = (sent.length / 1e6 / seconds).toFixed(1);
  const isSame = sha256(arrived) === sha256(sent);
  return { note: `${rate} MB/s`, problems: isSame ? [] : ['what arrived is not what was sent'] };
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

async function until(isSo) {
  const end = performance.now() + LIMIT_MS;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`not so after ${LIMIT_MS / 1000} s: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
