// Finds the examples of a Markdown file that can be run. One is marked by a comment before its fence:
//
//   <!-- example: NAME -->                 a program: js, ts (type-checked as well) or sh
//   <!-- example: NAME server -->          one half of a pair that runs at the same time,
//   <!-- example: NAME client -->          on a free port instead of the one that is written
//   <!-- example: NAME file=examples/x.mjs -->    the fence must be equal to that file, too
//
// When the next fence is ```text, it is the output, to the letter; `…` in it stands for what differs
// from run to run. Without one the program must only succeed. Fences without a mark are left alone.

const MARK = /^<!--\s*example:(.*?)-->\s*$/;
const FENCE = /^(`{3,})([\w-]*)/;
const LANGUAGES = ['js', 'ts', 'sh'];
const ROLES = ['server', 'client'];

/**
 * @param path of the Markdown file, for messages
 * @param text its contents
 * @returns `groups`: arrays of one program, or of a server and its client; `problems`: strings
 */
export function findExamples(path, text) {
  const problems = [];
  const groups = new Map();
  const tokens = tokenize(text);
  tokens.forEach((mark, index) => {
    if (mark.words === undefined) return;
    const where = `${path}:${mark.line}`;
    const code = tokens[index + 1];
    if (code?.body === undefined || !LANGUAGES.includes(code.language)) {
      problems.push(`${where}: no ${LANGUAGES.join(', ')} block follows the mark of an example`);
      return;
    }
    const output = tokens[index + 2];
    const expected = output?.language === 'text' ? output.body : undefined;
    const { name, ...parts } = partsOf(mark.words);
    const example = { where, name, ...parts, language: code.language, code: code.body, expected };
    groups.set(name, [...(groups.get(name) ?? []), example]);
  });
  for (const group of groups.values()) problems.push(...groupProblems(group));
  return { groups: problems.length === 0 ? [...groups.values()] : [], problems };
}

/** Marks and fences in the order in which they stand. */
function tokenize(text) {
  const tokens = [];
  let fence;
  text.split(/\r?\n/).forEach((line, index) => {
    if (fence !== undefined) {
      if (line.trimEnd() === fence.end) fence = undefined;
      else fence.token.body += `${line}\n`;
      return;
    }
    const [, ticks, language] = FENCE.exec(line) ?? [];
    const [, words] = MARK.exec(line) ?? [];
    if (ticks !== undefined) {
      fence = { end: ticks, token: { language, body: '', line: index + 1 } };
      tokens.push(fence.token);
    } else if (words !== undefined) {
      tokens.push({ words: words.trim().split(/\s+/), line: index + 1 });
    }
  });
  return tokens;
}

function partsOf(words) {
  const file = words.find((word) => word.startsWith('file='))?.slice('file='.length);
  const rest = words.filter((word) => !word.startsWith('file='));
  const role = ROLES.includes(rest.at(-1)) ? rest.pop() : undefined;
  return { name: rest.join(' '), role, file };
}

function groupProblems(group) {
  const [{ where, name, role }] = group;
  if (name === '') return [`${where}: the example has no name`];
  if (role === undefined && group.length === 1) return [];
  const roles = group.map((example) => example.role);
  if (group.length === 2 && ROLES.every((one) => roles.includes(one))) return [];
  return [`${where}: ${name} must be one program, or one server and one client`];
}
