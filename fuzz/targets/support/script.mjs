// What a live connection goes through in one run, as bytes that can be mutated:
//
//   settings u8 || ( op u8 || form u8 || length u16 || payload ) ...
//
// op: an action of the application (low 4 bits), key epoch (2 bits), path (2 bits). form: time that
// passes first (3 bits), packet number (2 bits), whether the payload stands for bytes of the control
// stream, another source address, a reserved bit of the header. No payload, no packet.

/** What the application does before a packet comes. */
export const Action = {
  None: 0,
  SendReliable: 1,
  SendLong: 2,
  SendLossy: 3,
  SendLongLossy: 4,
  Read: 5,
  Rotate: 6,
  Ping: 7,
  Migrate: 8,
  Timeout: 9,
  Close: 10,
  Abort: 11,
  GiveUp: 12,
  Hold: 13,
  Timeouts: 14,
  Done: 15,
};

/** Milliseconds that pass before an operation. */
export const DELAYS_MS = [0, 1, 5, 25, 100, 1_000, 15_000, 61_000];

export const FORM_CONTROL = 0x20;
export const FORM_MOVED = 0x40;
export const FORM_RESERVED = 0x80;

const HEAD_BYTES = 4;

/** Takes a script apart; what is cut short at its end counts as far as it goes. */
export function parseScript(bytes) {
  const ops = [];
  for (let at = 1; at + HEAD_BYTES <= bytes.length; ) {
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    const start = at + HEAD_BYTES;
    const end = Math.min(bytes.length, start + length);
    ops.push({ op: bytes[at], form: bytes[at + 1], payload: bytes.subarray(start, end) });
    at = end;
  }
  return { settings: bytes[0] ?? 0, ops };
}

/** Writes a script to `out` as far as it fits. @returns its length */
export function writeScript({ settings, ops }, out) {
  out[0] = settings;
  let at = 1;
  for (const { op, form, payload } of ops) {
    if (at + HEAD_BYTES + payload.length > out.length) break;
    out[at] = op;
    out[at + 1] = form;
    out[at + 2] = payload.length >> 8;
    out[at + 3] = payload.length & 0xff;
    out.set(payload, at + HEAD_BYTES);
    at += HEAD_BYTES + payload.length;
  }
  return at;
}

/** The number whose entry of {@link DELAYS_MS} is the longest that is not above `ms`. */
export function delayCode(ms) {
  let code = 0;
  while (code + 1 < DELAYS_MS.length && DELAYS_MS[code + 1] <= ms) code++;
  return code;
}
