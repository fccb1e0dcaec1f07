// What a source file imports and exports, read from its syntax tree: a comment or a string that looks
// like an import deceives a regular expression, and this not.
import { posix } from 'node:path';
import ts from 'typescript';

/**
 * @typedef {object} Import
 * @property {string} from the specifier as written
 * @property {string[]} names what is taken; `*` for everything
 * @property {boolean} isReexport whether it goes out again under the name in `as`
 * @property {string[]} as the names under which a re-export goes out
 * @property {number} line
 */

/** @returns {ts.SourceFile} with parents set */
export function parse(path, text) {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

/** Calls `visit` for every node of a file. */
export function walk(node, visit) {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** The line of a node, counted from 1. */
export function lineOf(node) {
  return node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;
}

/** @returns {Import[]} static, dynamic and type imports, and `export ... from` */
export function importsOf(file) {
  const found = [];
  walk(file, (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined) return;
    const isReexport = ts.isExportDeclaration(node);
    found.push({ from: specifier, line: lineOf(node), isReexport, ...namesOf(node) });
  });
  return found;
}

/** What a file declares and exports itself: name, line and whether it is only a type. */
export function exportsOf(file) {
  return file.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier === undefined) {
      return (statement.exportClause?.elements ?? []).map((element) => exported(element));
    }
    if (ts.isExportAssignment(statement)) return [exported(statement)];
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
    const has = (kind) => modifiers?.some((modifier) => modifier.kind === kind) ?? false;
    if (!has(ts.SyntaxKind.ExportKeyword)) return [];
    if (!ts.isVariableStatement(statement)) {
      return [exported(statement, has(ts.SyntaxKind.DefaultKeyword) ? 'default' : undefined)];
    }
    return statement.declarationList.declarations.map((declaration) => exported(declaration));
  });
}

/** The names of all types that a file refers to. */
export function mentionedTypes(file) {
  const names = new Set();
  walk(file, (node) => {
    if (ts.isTypeReferenceNode(node)) names.add(node.typeName.getText());
    if (ts.isExpressionWithTypeArguments(node)) names.add(node.expression.getText());
  });
  return names;
}

/** What `#platform` of vcl-protocol means outside of browsers. */
const PLATFORM = 'packages/vcl-protocol/src/node/platform.ts';

/**
 * The source file that a specifier means: relative paths name a `.js` that is a `.ts` here, and the
 * name of a package means its index.
 *
 * @returns a path from the root, or undefined for what is not part of this repository
 */
export function resolveImport(path, specifier) {
  if (specifier === '#platform') return PLATFORM;
  if (specifier.startsWith('.')) {
    const target = posix.normalize(posix.join(posix.dirname(path), specifier));
    return target.replace(/\.(m?)js$/, '.$1ts');
  }
  const match = /^(?:@vcl-protocol\/([\w-]+)|(vcl-protocol))(?:\/([\w-]+))?$/.exec(specifier);
  if (match === null) return undefined;
  return `packages/${match[1] ?? match[2]}/src/${match[3] ?? 'index'}.ts`;
}

function specifierOf(node) {
  const expression =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isImportTypeNode(node)
        ? node.argument.literal
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined;
  return expression !== undefined && ts.isStringLiteralLike(expression)
    ? expression.text
    : undefined;
}

function namesOf(node) {
  const everything = { names: ['*'], as: ['*'] };
  if (ts.isImportTypeNode(node)) {
    return node.qualifier === undefined
      ? everything
      : { names: [node.qualifier.getText().split('.')[0]], as: [] };
  }
  const clause = ts.isImportDeclaration(node) ? node.importClause : node.exportClause;
  if (clause === undefined)
    return ts.isImportDeclaration(node) ? { names: [], as: [] } : everything;
  const bindings = ts.isImportClause(clause) ? clause.namedBindings : clause;
  const elements = bindings?.elements ?? [];
  const names = elements.map((element) => (element.propertyName ?? element.name).text);
  if (bindings !== undefined && bindings.elements === undefined) names.push('*');
  if (ts.isImportClause(clause) && clause.name !== undefined) names.push('default');
  return { names, as: elements.map((element) => element.name.text) };
}

function exported(node, name = node.name?.getText() ?? 'default') {
  const isType = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
  return { name, line: lineOf(node.name ?? node), isType };
}
