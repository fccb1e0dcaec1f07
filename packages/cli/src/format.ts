/** A whole number with thousands separated: `1,234`. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** `1 message`, `2 messages`. */
export function formatNumberOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Bytes in decimal units, three digits: `98.9 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : threeDigits(value)} ${UNITS[unit]}`;
}

/** Bytes a second: `12.5 MB/s`. */
export function formatRate(bytes: number, elapsedMs: number): string {
  return elapsedMs > 0 ? `${formatBytes(Math.round((bytes * 1000) / elapsedMs))}/s` : '-';
}

/** A time span in milliseconds: `0.85 ms`, `850 ms`, `7.90 s`, `1 min 12 s`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${threeDigits(ms)} ms`;
  if (ms < 59_950) return `${threeDigits(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A share from 0 to 1 as `2.03 %`. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** Unix milliseconds as ISO 8601; a log may hold numbers that are no date. */
export function formatUnixTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms after 1970` : date.toISOString();
}

/** Lines of a name and a text, the texts aligned; an empty name continues the line above. */
export function formatTable(
  rows: readonly (readonly [name: string, text: string])[],
  indent: string = '  ',
): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${indent}${name.padEnd(width)}  ${text}`.trimEnd());
}

/** `text` with everything escaped that a terminal may obey, so that it stays one line. */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, escaped);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const CONTROLS = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

function threeDigits(value: number): string {
  if (value === 0) return '0';
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** Each half of a character beyond the first 65,536 on its own, as JSON does. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
