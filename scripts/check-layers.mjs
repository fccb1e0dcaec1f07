// Data goes down and up the layers of ARCHITECTURE.md and nowhere else, so a lower layer never imports
// a higher one, not even a type of it: with the type comes the knowledge. The compiler keeps Node out
// of the core; this keeps out what compiles everywhere.
import ts from 'typescript';
import { isPackageCode, listFiles, readText } from './lib/files.mjs';
import { isMain, report } from './lib/report.mjs';
import { importsOf, lineOf, parse, resolveImport, walk } from './lib/source.mjs';

/**
 * The folders of packages/core/src from the bottom up. What stands in one line does not know of each
 * other. Files directly in src are the ground, except those named here.
 */
const CORE_LAYERS = [
  ['(ground)'],
  ['crypto'],
  ['wire', 'legacy'],
  ['handshake', 'chain', 'recovery'],
  ['path', 'message'],
  ['connection'],
  ['endpoint'],
  ['index', 'internal'],
];

/** The same for packages/tunnel/src: its core has neither input nor output, devices and system are thin. */
const TUNNEL_LAYERS = [
  ['core'],
  ['device', 'system', 'store'],
  ['link'],
  ['client', 'server'],
  ['(ground)'],
  ['index'],
];

/** What stands apart in its line: only the top may know of it. */
const APART = 'legacy';
const TOP = 'index';

const LAYERS = { core: CORE_LAYERS, tunnel: TUNNEL_LAYERS };

/** Which packages a package may import, beside files of its own. */
const PACKAGE_RULES = {
  core: (name) => name.startsWith('@noble/'),
  testkit: (name) => name === '@vcl-protocol/core',
  'vcl-protocol': (name) =>
    !['@vcl-protocol/cli', '@vcl-protocol/testkit', '@vcl-protocol/tunnel'].includes(name),
  tunnel: (name) => !['@vcl-protocol/cli', '@vcl-protocol/testkit'].includes(name),
  cli: (name) => name !== '@vcl-protocol/testkit',
};

/** Code whose time and chance come from outside. */
const PURE_CODE = ['packages/core/', 'packages/testkit/', 'packages/tunnel/src/core/'];
const IMPURE_NAMES = new Set([
  'Date',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
]);
/** A provider whose keys can be predicted: for tests and simulations. */
const SEEDED_PROVIDER = 'createSeededProvider';

/** @param files pairs of path and text @returns the violations, one string each */
export function layerProblems(files) {
  return files.flatMap(([path, text]) => {
    const file = parse(path, text);
    const [, packageName] = path.split('/');
    if (PACKAGE_RULES[packageName] === undefined) {
      return [`${path}: the package ${packageName} has no rule in scripts/check-layers.mjs`];
    }
    return [
      ...importsOf(file).flatMap((one) =>
        importProblems(path, packageName, one).map((problem) => `${path}:${one.line}: ${problem}`),
      ),
      ...(isPure(path) ? impurities(path, file) : []),
    ];
  });
}

function importProblems(path, packageName, { from, names }) {
  const problems = [];
  if (!isPure(path) && names.includes(SEEDED_PROVIDER)) {
    problems.push(`imports ${SEEDED_PROVIDER}, which is for tests: its keys can be predicted`);
  }
  if (!from.startsWith('.')) {
    const name = from.split('/', from.startsWith('@') ? 2 : 1).join('/');
    const isAllowed =
      PACKAGE_RULES[packageName](name) && !(isPure(path) && from.startsWith('node:'));
    if (!isAllowed) problems.push(`${packageName} imports ${from}`);
    return problems;
  }
  const target = resolveImport(path, from);
  if (!target.startsWith(`packages/${packageName}/src/`)) {
    problems.push(`imports ${from}, which is outside of the sources of its package`);
  } else if (LAYERS[packageName] !== undefined) {
    const layers = LAYERS[packageName];
    problems.push(...folderProblems(layers, folderOf(layers, path), folderOf(layers, target)));
  }
  return problems;
}

function isPure(path) {
  return PURE_CODE.some((start) => path.startsWith(start));
}

function folderProblems(layers, own, other) {
  const ownRank = rankOf(layers, own);
  const otherRank = rankOf(layers, other);
  if (ownRank === -1) return [`the folder ${own} has no place in scripts/check-layers.mjs`];
  if (own === other) return [];
  if (other === APART && own !== TOP) return [`${own} imports ${other}, which only ${TOP} may`];
  if (otherRank < ownRank) return [];
  const relation = otherRank === ownRank ? 'beside' : 'above';
  return [`${own} imports ${other}, which is ${relation} it`];
}

function folderOf(layers, path) {
  const [, , , first, second] = path.split('/');
  if (second !== undefined) return first;
  const name = first.replace(/\.ts$/, '');
  return rankOf(layers, name) === -1 ? '(ground)' : name;
}

function rankOf(layers, layer) {
  return layers.findIndex((names) => names.includes(layer));
}

function impurities(path, file) {
  const problems = [];
  walk(file, (node) => {
    if (!ts.isIdentifier(node) || isNameOfMember(node)) return;
    const isChance = node.text === 'Math' && node.parent.name?.text === 'random';
    if (!isChance && !IMPURE_NAMES.has(node.text)) return;
    const name = isChance ? 'Math.random' : node.text;
    problems.push(`${path}:${lineOf(node)}: ${name}: time and chance come in from outside`);
  });
  return problems;
}

/** Whether the identifier only names a member, as `performance` does in `report.performance`. */
function isNameOfMember(node) {
  return node.parent.name === node && !ts.isShorthandPropertyAssignment(node.parent);
}

if (isMain(import.meta.url)) {
  const paths = listFiles().filter((path) => isPackageCode(path, 'src'));
  const files = paths.map((path) => [path, readText(path)]);
  report('layers', layerProblems(files), `${files.length} files import downwards only`);
}
