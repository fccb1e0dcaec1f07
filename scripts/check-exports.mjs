// An export that nobody imports is either dead or meant for users, and then it stands in the index of
// its package. Keeps the surface of every file as small as its use. A type that the same file mentions
// is let through: it is the shape of what an exported function takes or gives.
import { isPackageCode, listFiles, readText } from './lib/files.mjs';
import { isMain, report } from './lib/report.mjs';
import { exportsOf, importsOf, mentionedTypes, parse, resolveImport } from './lib/source.mjs';

/** What a package offers: the names that leave through these need no user in the repository. */
const ENTRY = /^packages\/[\w-]+\/src\/((legacy|web)\/index|node\/native|index|internal)\.ts$/;

/** @param files pairs of path and text, sources and tests @returns the unused exports */
export function exportProblems(files) {
  const parsed = files.map(([path, text]) => ({ path, file: parse(path, text) }));
  const used = usedNames(parsed);
  return parsed
    .filter(({ path }) => isPackageCode(path, 'src') && !ENTRY.test(path))
    .flatMap(({ path, file }) => {
      const mentioned = mentionedTypes(file);
      return exportsOf(file)
        .filter(({ name }) => !used.has(`${path} ${name}`) && !used.has(`${path} *`))
        .filter(({ name, isType }) => !(isType && mentioned.has(name)))
        .map(({ name, line }) => `${path}:${line}: nothing imports ${name}`);
    });
}

/** Everything that is imported somewhere, as strings `path name`. */
function usedNames(parsed) {
  const used = new Set();
  const reexports = new Map();
  for (const { path, file } of parsed) {
    for (const one of importsOf(file)) {
      const target = resolveImport(path, one.from);
      if (target === undefined || target === path) continue;
      one.names.forEach((name, index) => {
        // A name that is passed on counts once somebody takes it, except at the door.
        if (one.isReexport && !ENTRY.test(path)) {
          const key = `${path} ${one.as[index] ?? '*'}`;
          reexports.set(key, [...(reexports.get(key) ?? []), `${target} ${name}`]);
        } else {
          used.add(`${target} ${name}`);
        }
      });
    }
  }
  // A set grows while it is walked over: what was passed on in several steps is found as well.
  for (const key of used) {
    for (const origin of reexports.get(key) ?? []) used.add(origin);
    const [path, name] = key.split(' ');
    for (const origin of reexports.get(`${path} *`) ?? []) {
      used.add(origin.replace(/\*$/, name));
    }
  }
  return used;
}

if (isMain(import.meta.url)) {
  const paths = listFiles().filter((path) => isPackageCode(path, 'src', 'test'));
  const problems = exportProblems(paths.map((path) => [path, readText(path)]));
  report('exports', problems, `all are used, in ${paths.length} files`);
}
