import { VCLError } from '../errors.js';
import type { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import type { RawParam } from './grease.js';
import { isDefaultValue, PARAM_FIELDS, type ParamsDraft } from './param-fields.js';
import { defaultParams, type TransportParams } from './params.js';

/** More than all parameters of this version take together. */
const SCRATCH_BYTES = 512;
const FIELDS = new Map(PARAM_FIELDS.map((field) => [field.id, field]));

/** Which unassigned parameter to add, and where (SPEC 4.1). */
export interface ParamGrease {
  readonly param: RawParam;
  readonly first: boolean;
}

/**
 * Encodes `<u16>` of `id varint || value<varint>` (SPEC 4.1), without what equals its default.
 *
 * @throws VCLError `InvalidConfig` naming the parameter that is out of range
 */
export function encodeParams(params: TransportParams, grease?: ParamGrease): Uint8Array {
  const bytes = new Uint8Array(SCRATCH_BYTES);
  const writer = new Writer().reset(bytes, 2, bytes.length);
  if (grease?.first) writeParam(writer, grease.param);
  for (const field of PARAM_FIELDS) {
    const value = field.write(params);
    if (value === undefined) {
      throw new VCLError(
        'InvalidConfig',
        `the transport parameter ${field.name} is out of range, see SPEC 4.2`,
      );
    }
    if (!isDefaultValue(field, value)) writeParam(writer, { id: field.id, value });
  }
  if (grease !== undefined && !grease.first) writeParam(writer, grease.param);
  const end = writer.pos;
  writer.reset(bytes, 0, 2).u16(end - 2);
  return bytes.slice(0, end);
}

/** Decodes what {@link encodeParams} writes; undefined when a value or its place is not allowed. */
export function decodeParams(reader: Reader): TransportParams | undefined {
  const end = reader.u16() + reader.pos;
  if (reader.failed || end > reader.end) return undefined;
  const draft: ParamsDraft = { ...defaultParams() };
  const seen = new Set<number>();
  while (reader.pos < end) {
    const id = reader.varint();
    const value = reader.varbytes(end - reader.pos);
    if (reader.failed || reader.pos > end || seen.has(id)) return undefined;
    seen.add(id);
    if (FIELDS.get(id)?.read(value, draft) === false) return undefined;
  }
  return draft;
}

function writeParam(writer: Writer, { id, value }: RawParam): void {
  writer.varint(id);
  writer.varint(value.length);
  writer.bytes(value);
}
