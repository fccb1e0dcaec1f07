const REPLACEMENT = 0xfffd;

/** The smallest code point that needs a sequence of this many bytes; shorter forms are refused. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x1_0000] as const;

/**
 * Encodes text as UTF-8, cut after the last character that fits into `maxBytes`. Half surrogate
 * pairs become U+FFFD.
 */
export function utf8Encode(text: string, maxBytes: number): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    const point = scalar(character.codePointAt(0)!);
    if (out.length + utf8Length(point) > maxBytes) break;
    pushPoint(out, point);
  }
  return Uint8Array.from(out);
}

/**
 * Decodes UTF-8 strictly (RFC 3629).
 *
 * @returns undefined when the bytes are not the one valid form of some text
 */
export function utf8Decode(bytes: Uint8Array): string | undefined {
  let text = '';
  let pos = 0;
  while (pos < bytes.length) {
    const first = bytes[pos]!;
    const length = sequenceLength(first);
    if (length === 0 || pos + length > bytes.length) return undefined;
    let point = length === 1 ? first : first & (0x7f >> length);
    for (let i = 1; i < length; i++) {
      const next = bytes[pos + i]!;
      if (next >> 6 !== 2) return undefined;
      point = (point << 6) | (next & 0x3f);
    }
    if (point < SMALLEST[length]! || point > 0x10_ffff || isSurrogate(point)) return undefined;
    text += String.fromCodePoint(point);
    pos += length;
  }
  return text;
}

function pushPoint(out: number[], point: number): void {
  const length = utf8Length(point);
  if (length === 1) {
    out.push(point);
    return;
  }
  const marker = (0xf00 >> length) & 0xff;
  out.push(marker | (point >> (6 * (length - 1))));
  for (let i = length - 2; i >= 0; i--) out.push(0x80 | ((point >> (6 * i)) & 0x3f));
}

function utf8Length(point: number): number {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x1_0000 ? 3 : 4;
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc0) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf8 ? 4 : 0;
}

function scalar(point: number): number {
  return isSurrogate(point) ? REPLACEMENT : point;
}

function isSurrogate(point: number): boolean {
  return point >= 0xd800 && point <= 0xdfff;
}
