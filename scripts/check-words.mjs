// What must not be committed: paths and hosts of one machine, secrets, unfinished business, and
// comments that silence a tool. Binary files are passed over.
import { listFiles, readText } from './lib/files.mjs';
import { isMain, report } from './lib/report.mjs';

/** Patterns are spelled so that this file does not hit itself. */
const RULES = [
  ['a path of one machine', /(?<![\w.~-])\/(?:work|home|root|Users)\/[\w.]/],
  [
    'a host of a package registry',
    /registry[.](?:npmjs|yarnpkg)[.]|_author?Token|\/artifactory[/]/,
  ],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE[ ]KEY-----/],
  ['a token', /\b(?:npm_|gh[pousr]_|github_pat_|AKIA|xox[bp]-)[A-Za-z0-9]{16,}/],
  ['unfinished business', /\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b/],
  ['a comment that silences a tool', /biome[-]ignore|@ts[-](?:ignore|nocheck)/],
];

/** @param files pairs of path and text @returns what was found, one string each */
export function wordProblems(files, extraHosts = []) {
  return files.flatMap(([path, text]) =>
    text.includes('\0')
      ? []
      : text
          .split('\n')
          .flatMap((line, index) =>
            problemsOf(line, extraHosts).map((what) => `${path}:${index + 1}: ${what}`),
          ),
  );
}

function problemsOf(line, extraHosts) {
  const found = RULES.filter(([, pattern]) => pattern.test(line)).map(([what]) => what);
  if (extraHosts.some((host) => line.includes(host))) found.push('the host of your registry');
  return found;
}

/** npm tells its scripts which registry it uses; a private one should not leak into the sources. */
function registryHosts(env) {
  const url = env.npm_config_registry;
  return url !== undefined && URL.canParse(url) ? [new URL(url).host] : [];
}

if (isMain(import.meta.url)) {
  const files = listFiles().map((path) => [path, readText(path)]);
  report(
    'words',
    wordProblems(files, registryHosts(process.env)),
    `${files.length} files are clean`,
  );
}
