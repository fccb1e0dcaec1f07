import { Reader } from '../wire/reader.js';
import { varintLength, Writer } from '../wire/writer.js';
import { defaultParams, type PskOffer, TICKET_BYTES, type TransportParams } from './params.js';
import { EMPTY } from './registry.js';

/** Parameters under construction. */
export type ParamsDraft = { -readonly [K in keyof TransportParams]: TransportParams[K] };

/** How one parameter travels (SPEC 4.2). */
export interface ParamField {
  readonly id: number;
  /** The name in {@link TransportParams}, for messages. */
  readonly name: keyof TransportParams;
  /** Puts a received value into the draft; false when it is out of range. */
  read(value: Uint8Array, draft: ParamsDraft): boolean;
  /** The value to send, or undefined when it is out of range. */
  write(params: TransportParams): Uint8Array | undefined;
}

type KeysOf<T> = {
  [K in keyof TransportParams]: TransportParams[K] extends T ? K : never;
}[keyof TransportParams];
type NumberName = KeysOf<number>;
type ChoiceName = 'evidence' | 'signing' | 'delivery' | 'pq';

const MAX_CARRIERS = 16;
const EXTERNAL_PSK = 1;
const TICKET_PSK = 2;

/** All parameters of version 1, by id. */
export const PARAM_FIELDS: readonly ParamField[] = [
  numberField(1, 'idleTimeoutMs', 0, 2 ** 32),
  numberField(2, 'maxDatagramBytes', 512, 65_535),
  numberField(3, 'maxMessageBytes', 1, 25_165_824),
  numberField(4, 'initialCreditReliableBytes', 0, 2 ** 30),
  numberField(5, 'initialCreditLossyBytes', 0, 2 ** 30),
  numberField(6, 'initialCreditMessages', 1, 16_384),
  numberField(7, 'maxAckDelayMs', 0, 1000),
  numberField(8, 'maxCids', 2, 8),
  numberField(9, 'maxPaths', 1, 8),
  numberField(10, 'maxCheckpointRate', 10, 2000),
  numberField(11, 'maxUncovered', 64, 65_536),
  choiceField(12, 'evidence', ['identity', 'session']),
  choiceField(13, 'signing', ['group', 'message']),
  choiceField(14, 'delivery', ['signed', 'authenticated']),
  choiceField(15, 'pq', ['off', 'prefer', 'require']),
  {
    id: 16,
    name: 'carriers',
    read(value: Uint8Array, draft: ParamsDraft): boolean {
      draft.carriers = [...value];
      return value.length >= 1 && value.length <= MAX_CARRIERS;
    },
    write({ carriers }: TransportParams): Uint8Array | undefined {
      if (carriers.length < 1 || carriers.length > MAX_CARRIERS) return undefined;
      return Uint8Array.from(carriers);
    },
  },
  numberField(17, 'disguise', 0, 0),
  {
    id: 18,
    name: 'psk',
    read(value: Uint8Array, draft: ParamsDraft): boolean {
      const offer = readPskOffer(value);
      if (offer !== undefined) draft.psk = offer;
      return offer !== undefined;
    },
    write: ({ psk }: TransportParams): Uint8Array | undefined => writePskOffer(psk),
  },
];

const DEFAULTS = defaultParams();
const DEFAULT_VALUES = new Map(PARAM_FIELDS.map((field) => [field.id, field.write(DEFAULTS)]));

/** Whether `value` is what a receiver assumes when the parameter is absent. */
export function isDefaultValue(field: ParamField, value: Uint8Array): boolean {
  const expected = DEFAULT_VALUES.get(field.id);
  return (
    expected?.length === value.length && expected.every((byte, index) => byte === value[index])
  );
}

function numberField(id: number, name: NumberName, min: number, max: number): ParamField {
  const inRange = (value: number): boolean =>
    Number.isInteger(value) && value >= min && value <= max;
  return {
    id,
    name,
    read(value: Uint8Array, draft: ParamsDraft): boolean {
      const number = readNumber(value);
      if (number === undefined || !inRange(number)) return false;
      draft[name] = number;
      return true;
    },
    write(params: TransportParams): Uint8Array | undefined {
      return inRange(params[name]) ? writeNumber(params[name]) : undefined;
    },
  };
}

function choiceField<K extends ChoiceName>(
  id: number,
  name: K,
  values: readonly TransportParams[K][],
): ParamField {
  return {
    id,
    name,
    read(value: Uint8Array, draft: ParamsDraft): boolean {
      const chosen = values[readNumber(value) ?? values.length];
      if (chosen === undefined) return false;
      const target: Pick<ParamsDraft, K> = draft;
      target[name] = chosen;
      return true;
    },
    write(params: TransportParams): Uint8Array | undefined {
      const index = values.indexOf(params[name]);
      return index < 0 ? undefined : writeNumber(index);
    },
  };
}

function readNumber(value: Uint8Array): number | undefined {
  const reader = new Reader().reset(value, 0, value.length);
  const number = reader.varint();
  return reader.done ? number : undefined;
}

function writeNumber(value: number): Uint8Array {
  const bytes = new Uint8Array(varintLength(value));
  new Writer().reset(bytes, 0, bytes.length).varint(value);
  return bytes;
}

function readPskOffer(value: Uint8Array): PskOffer | undefined {
  if (value.length === 0) return 'none';
  if (value.length === 1 && value[0] === EXTERNAL_PSK) return 'external';
  return value.length === 1 + TICKET_BYTES && value[0] === TICKET_PSK ? value.slice(1) : undefined;
}

function writePskOffer(psk: PskOffer): Uint8Array | undefined {
  if (psk === 'none') return EMPTY;
  if (psk === 'external') return Uint8Array.of(EXTERNAL_PSK);
  return psk.length === TICKET_BYTES ? Uint8Array.of(TICKET_PSK, ...psk) : undefined;
}
