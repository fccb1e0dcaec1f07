// `npm run lock`, after every change of package-lock.json. Tools ship their binaries as one optional
// package a platform. A registry that lacks some of them lets `npm install` leave them out of the lock,
// and `npm ci` then refuses that lock as incomplete. This writes them in by name, platform and version;
// npm passes over entries for another platform, so nothing needs to be known of their contents.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMain } from './lib/report.mjs';

const PLATFORM =
  /-(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-([a-z]+\d*[a-z]*\d*)(?:-(\w+))?$/;

/**
 * @param lock the parsed package-lock.json
 * @returns the entries that are missing, by path
 */
export function missingEntries(lock) {
  const missing = {};
  for (const parent of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const path = `node_modules/${name}`;
      const platform = PLATFORM.exec(name);
      if (lock.packages[path] !== undefined || platform === null) continue;
      missing[path] = entry(version, parent, platform);
    }
  }
  return missing;
}

function entry(version, parent, [, os, cpu, abi = '']) {
  const libc = os !== 'linux' || abi === '' ? undefined : abi.startsWith('musl') ? 'musl' : 'glibc';
  return {
    version,
    cpu: [cpu],
    ...(parent.dev ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    optional: true,
    os: [os],
  };
}

function complete(file) {
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingEntries(lock);
  const entries = Object.entries({ ...lock.packages, ...missing });
  // As npm sorts them, so that the next run of npm changes nothing.
  entries.sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(entries);
  writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
  return Object.keys(missing).length;
}

if (isMain(import.meta.url)) {
  const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
  console.log(`lock: ${complete(file)} optional packages of other platforms written in`);
}
