import { describe, expect, it } from 'vitest';
import { CloseCode, closeCodeName } from '../../src/wire/close-codes.js';
import {
  FrameType,
  isAckEliciting,
  isGreaseType,
  isMessageType,
} from '../../src/wire/frame-types.js';

describe('frame types', () => {
  it('are all ack-eliciting but PADDING, ACK and CLOSE', () => {
    const quiet: number[] = [];
    for (let type = 0; type < 256; type++) if (!isAckEliciting(type)) quiet.push(type);
    expect(quiet).toEqual([FrameType.PADDING, FrameType.ACK, FrameType.CLOSE]);
  });

  it('are MESSAGE from 0x20 to 0x3f and grease from 0x40 to 0x7f', () => {
    const all = Array.from({ length: 256 }, (_, type) => type);
    expect(all.filter(isMessageType)).toEqual(all.slice(0x20, 0x40));
    expect(all.filter(isGreaseType)).toEqual(all.slice(0x40, 0x80));
  });
});

describe('closeCodeName', () => {
  it('names every code of the specification', () => {
    for (const [name, code] of Object.entries(CloseCode)) expect(closeCodeName(code)).toBe(name);
    expect(closeCodeName(0)).toBe('NO_ERROR');
    expect(closeCodeName(18)).toBe('APPLICATION');
  });

  it.each([-1, 19, 65_535, 0.5, Number.NaN])('calls %s unknown', (code) => {
    expect(closeCodeName(code)).toBe('UNKNOWN');
  });
});
