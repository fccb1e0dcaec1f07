// Stands in for vitest on runtimes that it does not run on: collects what the test files declare, and
// runs it one after the other. `expect` is vitest's own, which needs nothing but JavaScript.
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  customMatchers,
  GLOBAL_EXPECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';

const TEST_LIMIT_MS = 10_000;
const POLL_MS = 10;
const POLL_LIMIT_MS = 2_000;

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

/** Vitest's, with `poll` that looks again at a promise's value as well. */
export const expect = (value, message) => {
  setState({ assertionCalls: getState(expect).assertionCalls + 1 }, expect);
  return chai.expect(value, message);
};
Object.assign(expect, chai.expect);
Object.defineProperties(
  expect,
  Object.getOwnPropertyDescriptors(globalThis[ASYMMETRIC_MATCHERS_OBJECT]),
);
globalThis[GLOBAL_EXPECT] = expect;
setState({ assertionCalls: 0, testPath: '', currentTestName: '' }, expect);
chai.expect.extend(expect, customMatchers);
expect.poll = (look, { timeout = POLL_LIMIT_MS } = {}) => pollingMatchers(look, timeout);

let current = makeSuite('');
let finishing = [];

export const describe = withVariants((name, body) => {
  current.entries.push({ ...makeSuite(String(name)), body });
});
export const it = withVariants((name, ...rest) => {
  const [body, options] = typeof rest[0] === 'function' ? rest : rest.toReversed();
  current.entries.push({ name, body, limitMs: limitOf(options) });
});
export const test = it;
export const beforeAll = (hook) => current.beforeAll.push(hook);
export const afterAll = (hook) => current.afterAll.unshift(hook);
export const beforeEach = (hook) => current.beforeEach.push(hook);
export const afterEach = (hook) => current.afterEach.unshift(hook);
export const onTestFinished = (hook) => finishing.unshift(hook);

/**
 * Loads files of tests one after the other, and runs what each declares.
 *
 * @param files pairs of a name and a function that imports the file
 * @param onResult called with `file`, `name` and `problem`, which is undefined when the test passed
 */
export async function runFiles(files, onResult) {
  for (const [file, load] of files) {
    const suite = makeSuite(file);
    try {
      current = suite;
      await load();
      await declare(suite);
    } catch (error) {
      onResult({ file, name: 'the file loads', problem: textOf(error) });
      continue;
    }
    await runSuite(suite, (name, problem) => onResult({ file, name, problem }));
  }
}

function makeSuite(name) {
  return { name, entries: [], beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] };
}

/** Bodies of suites run when their file has been loaded: they may use what stands below them. */
async function declare(suite) {
  current = suite;
  await suite.body?.();
  for (const entry of suite.entries) if (entry.entries !== undefined) await declare(entry);
}

function withVariants(add) {
  const skip = Object.assign(() => {}, { each: () => () => {} });
  const each = (cases) => (name, body, options) => {
    const areLists = cases.every((one) => Array.isArray(one));
    cases.forEach((one, index) => {
      const run = () => (areLists ? body(...one) : body(one));
      add(`${name} #${index}`, run, options);
    });
  };
  const runIf = (condition) => (condition ? variants : skip);
  const variants = Object.assign((...args) => add(...args), {
    each,
    skip,
    runIf,
    skipIf: (condition) => runIf(!condition),
  });
  return variants;
}

function limitOf(options) {
  return (typeof options === 'number' ? options : options?.timeout) ?? TEST_LIMIT_MS;
}

async function runSuite(suite, onResult, { path = [], around = [] } = {}) {
  const suites = [...around, suite];
  try {
    for (const hook of suite.beforeAll) await hook();
  } catch (error) {
    onResult([...path, 'beforeAll'].join(' > '), textOf(error));
    return;
  }
  for (const entry of suite.entries) {
    if (entry.entries === undefined) await runTest(entry, { suites, path, onResult });
    else await runSuite(entry, onResult, { path: [...path, entry.name], around: suites });
  }
  try {
    for (const hook of suite.afterAll) await hook();
  } catch (error) {
    onResult([...path, 'afterAll'].join(' > '), textOf(error));
  }
}

async function runTest({ name, body, limitMs }, { suites, path, onResult }) {
  let problem;
  finishing = [];
  try {
    for (const { beforeEach: hooks } of suites) for (const hook of hooks) await hook();
    await within(limitMs, body({}));
  } catch (error) {
    problem = textOf(error);
  }
  try {
    for (const hook of finishing) await hook();
    for (const { afterEach: hooks } of suites.toReversed()) for (const hook of hooks) await hook();
  } catch (error) {
    problem ??= textOf(error);
  }
  onResult([...path, name].join(' > '), problem);
}

function within(limitMs, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${limitMs} ms`)), limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Any matcher, tried again and again until it holds or time is up. */
function pollingMatchers(look, limitMs) {
  const tryUntil = async (name, args) => {
    for (const start = performance.now(); ; ) {
      try {
        return expect(await look())[name](...args);
      } catch (error) {
        if (performance.now() - start > limitMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  };
  return new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...args) =>
          tryUntil(name, args),
    },
  );
}

function textOf(error) {
  if (!(error instanceof Error)) return String(error);
  return (
    (error.stack?.includes(error.message) ? error.stack : `${error.message}\n${error.stack}`) ?? ''
  );
}
