// The few calls of node:fs and node:fs/promises that readers of people's files make, on one file in
// memory: a run of the fuzzer then costs microseconds, and nothing is ever written.

/** What the one file holds. Every path leads to it. */
let contents = new Uint8Array(0);
const MODE = 0o100_600;
const HANDLE = {
  stat: async () => ({ mode: MODE, size: contents.length }),
  readFile: async () => Buffer.from(contents),
  close: async () => {},
};

/** Sets the file. */
export function setFile(bytes) {
  contents = bytes;
}

export async function open() {
  return HANDLE;
}

export async function stat() {
  return { mode: MODE, size: contents.length };
}

export async function readFile(_path, encoding) {
  const bytes = Buffer.from(contents.buffer, contents.byteOffset, contents.length);
  return encoding === undefined ? Buffer.from(bytes) : bytes.toString(encoding);
}

/** Gives the file in two pieces, so that an entry may lie across their border. */
export async function* createReadStream() {
  const middle = contents.length >> 1;
  yield contents.subarray(0, middle);
  yield contents.subarray(middle);
}

/** Writing is an error of the caller: a reader has no business with it. */
function refuse() {
  throw new Error('a reader of the fuzzer wants to write');
}

export {
  refuse as appendFile,
  refuse as createWriteStream,
  refuse as link,
  refuse as mkdir,
  refuse as mkdtemp,
  refuse as rename,
  refuse as rm,
  refuse as writeFile,
};
