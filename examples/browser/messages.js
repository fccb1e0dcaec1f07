// What page and server say to each other. Each is one VCL message; its kind travels with it, signed and
// encrypted like the rest.

/** The kinds of messages. */
export const Kind = {
  /** Text of a chat: from the page as it is, from the server as JSON with `who` and `text`. */
  Chat: 1,
  /** JSON `{ name, size, sha256 }`: the pieces of this file follow. */
  FileHead: 2,
  /** A piece of the file that was announced last. */
  FilePiece: 3,
  /** The name of a file that the page wants. */
  FileWanted: 4,
  /** JSON: all files that the server has, as heads. */
  FileList: 5,
  /** JSON `{ from, leaves, through }`: what of the page's chain has arrived and is verified. */
  Receipt: 6,
};

/** Silence after which a session ends, in ms: browsers wake a page that is not seen once a minute only. */
export const IDLE_TIMEOUT_MS = 180_000;

/** The longest file, in bytes. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
const MAX_NAME_LENGTH = 200;

/** @returns what JSON a message holds; undefined for none */
export function readJson(packet) {
  try {
    return JSON.parse(packet.text());
  } catch {
    return undefined;
  }
}

/** Sends a file as a head and its pieces. Waits whenever the connection has enough to send. */
export async function sendFile(connection, { name, bytes, sha256 }) {
  const head = JSON.stringify({ name, size: bytes.length, sha256 });
  await connection.send(head, { kind: Kind.FileHead });
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    const piece = bytes.subarray(start, start + PIECE_BYTES);
    await connection.send(piece, { kind: Kind.FilePiece });
  }
}

/** Puts a file together that comes in pieces. */
export class FileIntake {
  #head;
  #bytes = new Uint8Array(0);
  #filled = 0;

  /** How much of the present file is here, from 0 to 1. */
  get progress() {
    return this.#bytes.length === 0 ? 0 : this.#filled / this.#bytes.length;
  }

  /** @returns the file, when it is empty; undefined when pieces follow, or the head is none */
  begin(head) {
    this.#head = isHead(head) ? head : undefined;
    this.#bytes = new Uint8Array(this.#head?.size ?? 0);
    this.#filled = 0;
    return this.#finished();
  }

  /** @returns the file, when this was the last piece */
  add(piece) {
    if (this.#head === undefined || piece.length > this.#bytes.length - this.#filled)
      return undefined;
    this.#bytes.set(piece, this.#filled);
    this.#filled += piece.length;
    return this.#finished();
  }

  #finished() {
    if (this.#head === undefined || this.#filled < this.#bytes.length) return undefined;
    const file = { ...this.#head, bytes: this.#bytes };
    this.#head = undefined;
    return file;
  }
}

function isHead(head) {
  if (typeof head !== 'object' || head === null) return false;
  const { name, size, sha256 } = head;
  const isName = typeof name === 'string' && name !== '' && name.length <= MAX_NAME_LENGTH;
  const isSize = Number.isSafeInteger(size) && size >= 0 && size <= MAX_FILE_BYTES;
  return isName && isSize && /^[0-9a-f]{64}$/.test(sha256);
}

/** Bytes as hexadecimal text. */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
