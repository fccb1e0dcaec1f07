import { VCLError } from '@vcl-protocol/core';
import { IpPrefix } from '@vcl-protocol/tunnel';
import { type AddressPurpose, decodePublicKey, parseCarrierAddress } from 'vcl-protocol';
import { z } from 'zod';

/** Text that a check of the library takes. */
function checked(check: (text: string) => unknown, rule: string): z.ZodType<string> {
  return z.string().refine((text) => {
    try {
      check(text);
      return true;
    } catch {
      return false;
    }
  }, rule);
}

/** A network, or an address alone: `10.8.0.0/24`, `fd08::/64`, `192.0.2.7`. */
export const prefixField: z.ZodType<string> = checked(
  (text) => IpPrefix.parse(text),
  'must be an address or network such as 10.8.0.0/24 or fd08::/64',
);

/** A public key in text. */
export const publicKeyField: z.ZodType<string> = checked(
  (text) => decodePublicKey(text),
  'must be a public key as `vcl pubkey` prints it: vcl-ed25519:...',
);

/** The server's own address in a network, with the network's length: `10.8.0.1/24`. */
export const ownAddressField: z.ZodType<string> = checked((text) => {
  const { address, bits, network } = IpPrefix.parse(text);
  // All bits behind the network's 0 are the network itself; a client needs one as well.
  if (bits >= 8 * address.length - 1 || network.address.every((byte, i) => byte === address[i])) {
    throw new VCLError('InvalidConfig', 'it leaves no room');
  }
}, "must be the server's own address with the length of its network, such as 10.8.0.1/24");

/** One address: `10.8.0.53`, `fd08::53`. */
export const hostField: z.ZodType<string> = prefixField.refine(
  (text) => !text.includes('/'),
  'must be one address without a length, such as 10.8.0.53',
);

/** An address of a carrier. @param purpose whether its port may be 0 */
export function addressField(purpose: AddressPurpose): z.ZodType<string> {
  return z.string().superRefine((text, context) => {
    try {
      parseCarrierAddress(text, purpose);
    } catch (error) {
      context.addIssue((error as Error).message);
    }
  });
}

/** What a device is called: as much as a server takes. */
export const nameField: z.ZodType<string> = z
  .string()
  .refine((text) => /^\P{C}{1,48}$/u.test(text) && Buffer.byteLength(text) <= MAX_NAME_BYTES, {
    message: 'must be 1 to 48 characters, 64 bytes at most, and none that cannot be seen',
  });

const MAX_NAME_BYTES = 64;

/** The name of an interface. */
export const deviceField: z.ZodType<string> = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/, {
    message: 'must be a name of at most 15 letters, digits, dots, dashes and underscores',
  })
  .refine((text) => !['all', 'default', 'lo'].includes(text), 'is a name that the system uses');

export const mtuField: z.ZodType<number> = z
  .int({ message: 'must be a whole number of bytes' })
  .min(1_280, 'must be 1280 or more, which IPv6 needs')
  .max(9_000, 'must be 9000 or less');

/**
 * Checks what was given on the command line as a field would be.
 *
 * @param what what an error calls it
 * @throws VCLError `InvalidConfig`
 */
export function requireField(field: z.ZodType<string>, what: string, text: string): void {
  const { error } = field.safeParse(text);
  if (error !== undefined) {
    throw new VCLError('InvalidConfig', `${what} ${error.issues[0]!.message}`);
  }
}
