import { TlvReader, type TlvValue, TlvWriter } from './tlv.js';

/** What the two ends of a tunnel say to each other in the reliable lane, kind 0x7476 (SPEC 14.2). */
export const TUNNEL_KIND = 0x7476;

/** The version of the tunnel's messages. */
export const TUNNEL_VERSION = 1;

/** An address with the length of its network, as both ends write it. */
export interface TunnelPrefix {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  /** 0 to 32, or to 128. */
  readonly bits: number;
}

/** CONFIGURE: a client asks for its place in the network. */
export interface ConfigureMessage {
  readonly type: 'configure';
  readonly version: number;
  /** The longest packet that the client takes, 576 to 65,535 bytes. */
  readonly mtu: number;
  /** What the client calls itself; may be empty. Of more than 64 bytes of UTF-8, the first are sent. */
  readonly name: string;
  /** Addresses that the client would like to have. */
  readonly addresses: readonly Uint8Array[];
  /** The secret of an invitation, 32 bytes, from a client that the server does not know yet. */
  readonly invitation: Uint8Array | undefined;
}

/** CONFIGURED: the place that the server gives, and may change later. */
export interface ConfiguredMessage {
  readonly type: 'configured';
  readonly version: number;
  /** The longest packet that travels in the tunnel, both ways. */
  readonly mtu: number;
  /** The client's addresses, each with the network it is in. */
  readonly addresses: readonly TunnelPrefix[];
  /** Networks that the server reaches for the client. */
  readonly routes: readonly TunnelPrefix[];
  /** The server's own addresses in the tunnel. */
  readonly gateways: readonly Uint8Array[];
  /** Resolvers to be used through the tunnel. */
  readonly resolvers: readonly Uint8Array[];
}

/** REFUSED: there is no place. The server closes the session afterwards. */
export interface RefusedMessage {
  readonly type: 'refused';
  readonly code: RefusalCode;
  /** For people. Of more than 256 bytes of UTF-8, the first are sent. */
  readonly reason: string;
}

/** Why a client gets no place. */
export const RefusalCode = {
  /** Of another reason, which the text says. */
  Other: 0,
  /** The server does not speak this version. */
  Version: 1,
  /** All addresses are taken. */
  NoAddress: 2,
  /** Another session of this identity is alive. */
  InUse: 3,
  /** The client is not, or no longer, allowed in. */
  NotAllowed: 4,
} as const;
/** One of {@link RefusalCode}; others count as `Other`. */
export type RefusalCode = number;

/** Any message of SPEC 14.2. */
export type TunnelMessage = ConfigureMessage | ConfiguredMessage | RefusedMessage;

const CONFIGURE = 1;
const CONFIGURED = 2;
const REFUSED = 3;

/** Numbers of the fields. Those that a decoder does not know are passed over. */
const Field = {
  version: 1,
  mtu: 2,
  name: 3,
  address: 4,
  route: 5,
  gateway: 6,
  resolver: 7,
  code: 8,
  reason: 9,
  invitation: 10,
} as const;

const MIN_MTU = 576;
const MAX_MTU = 65_535;
/** Of what a device calls itself. */
export const MAX_NAME_BYTES = 64;
const MAX_REASON_BYTES = 256;
/** Of the client, of the server, and of resolvers. */
export const MAX_ADDRESSES = 8;
const INVITATION_BYTES = 32;
export const MAX_ROUTES = 1_024;

/** The message's bytes, as {@link decodeTunnelMessage} reads them. */
export function encodeTunnelMessage(message: TunnelMessage): Uint8Array {
  switch (message.type) {
    case 'configure': {
      const writer = new TlvWriter(CONFIGURE)
        .number(Field.version, message.version)
        .number(Field.mtu, message.mtu)
        .text(Field.name, message.name, MAX_NAME_BYTES);
      for (const address of message.addresses) writer.bytes(Field.address, address);
      if (message.invitation !== undefined) writer.bytes(Field.invitation, message.invitation);
      return writer.finish();
    }
    case 'configured': {
      const writer = new TlvWriter(CONFIGURED)
        .number(Field.version, message.version)
        .number(Field.mtu, message.mtu);
      for (const prefix of message.addresses) writer.bytes(Field.address, packPrefix(prefix));
      for (const prefix of message.routes) writer.bytes(Field.route, packPrefix(prefix));
      for (const address of message.gateways) writer.bytes(Field.gateway, address);
      for (const address of message.resolvers) writer.bytes(Field.resolver, address);
      return writer.finish();
    }
    case 'refused':
      return new TlvWriter(REFUSED)
        .number(Field.code, message.code)
        .text(Field.reason, message.reason, MAX_REASON_BYTES)
        .finish();
  }
}

/** @returns undefined for bytes that are no message of SPEC 14.2 */
export function decodeTunnelMessage(bytes: Uint8Array): TunnelMessage | undefined {
  const reader = new TlvReader(bytes);
  switch (reader.type) {
    case CONFIGURE:
      return decodeConfigure(reader);
    case CONFIGURED:
      return decodeConfigured(reader);
    case REFUSED:
      return decodeRefused(reader);
    default:
      return undefined;
  }
}

function decodeConfigure(reader: TlvReader): ConfigureMessage | undefined {
  let version = 0;
  let mtu = 0;
  let name = '';
  let invitation: Uint8Array | undefined;
  const addresses: Uint8Array[] = [];
  const isSound = reader.each((field, value) => {
    if (field === Field.version) version = value.number();
    if (field === Field.mtu) mtu = mtuOf(value);
    if (field === Field.name) name = value.text(MAX_NAME_BYTES);
    if (field === Field.address) addresses.push(unpackAddress(value.bytes, value.fail));
    if (field === Field.invitation) invitation = invitationOf(value);
  });
  if (!isSound || version === 0 || mtu === 0 || addresses.length > MAX_ADDRESSES) return undefined;
  return { type: 'configure', version, mtu, name, addresses, invitation };
}

function decodeConfigured(reader: TlvReader): ConfiguredMessage | undefined {
  let version = 0;
  let mtu = 0;
  const addresses: TunnelPrefix[] = [];
  const routes: TunnelPrefix[] = [];
  const gateways: Uint8Array[] = [];
  const resolvers: Uint8Array[] = [];
  const isSound = reader.each((field, value) => {
    if (field === Field.version) version = value.number();
    if (field === Field.mtu) mtu = mtuOf(value);
    if (field === Field.address) addresses.push(unpackPrefix(value.bytes, value.fail));
    if (field === Field.route) routes.push(unpackPrefix(value.bytes, value.fail));
    if (field === Field.gateway) gateways.push(unpackAddress(value.bytes, value.fail));
    if (field === Field.resolver) resolvers.push(unpackAddress(value.bytes, value.fail));
  });
  if (!isSound || version === 0 || mtu === 0 || routes.length > MAX_ROUTES) return undefined;
  if (addresses.length === 0) return undefined;
  if ([addresses, gateways, resolvers].some((list) => list.length > MAX_ADDRESSES))
    return undefined;
  return { type: 'configured', version, mtu, addresses, routes, gateways, resolvers };
}

function decodeRefused(reader: TlvReader): RefusedMessage | undefined {
  let code: number | undefined;
  let reason = '';
  const isSound = reader.each((field, value) => {
    if (field === Field.code) code = value.number();
    if (field === Field.reason) reason = value.text(MAX_REASON_BYTES);
  });
  return isSound && code !== undefined ? { type: 'refused', code, reason } : undefined;
}

function mtuOf(value: TlvValue): number {
  const mtu = value.number();
  if (mtu < MIN_MTU || mtu > MAX_MTU) value.fail();
  return mtu;
}

function invitationOf({ bytes, fail }: TlvValue): Uint8Array {
  if (bytes.length !== INVITATION_BYTES) fail();
  return bytes.slice();
}

function packPrefix({ address, bits }: TunnelPrefix): Uint8Array {
  const packed = new Uint8Array(1 + address.length);
  packed[0] = bits;
  packed.set(address, 1);
  return packed;
}

function unpackPrefix(bytes: Uint8Array, fail: () => void): TunnelPrefix {
  const address = unpackAddress(bytes.subarray(1), fail);
  const bits = bytes[0] ?? 0;
  if (bits > 8 * address.length) fail();
  return { address, bits };
}

function unpackAddress(bytes: Uint8Array, fail: () => void): Uint8Array {
  if (bytes.length !== 4 && bytes.length !== 16) fail();
  return bytes.slice();
}
