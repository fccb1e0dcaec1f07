import { IpPrefix } from '@vcl-protocol/tunnel';
import { decodePublicKey } from 'vcl-protocol';
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

/** An address of a carrier to bind or to connect to. */
export const addressField: z.ZodType<string> = z
  .string()
  .regex(/^([a-z]+:\/\/)?(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+)(:\d{1,5})?(\/\S*)?$/, {
    message: 'must be host:port, [IPv6]:port, or one behind udp://, tcp://, ws://, wss://, quic://',
  });

/** The name of an interface. */
export const deviceField: z.ZodType<string> = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/, {
  message: 'must be a name of at most 15 letters, digits, dots, dashes and underscores',
});

export const mtuField: z.ZodType<number> = z
  .int({ message: 'must be a whole number of bytes' })
  .min(1_280, 'must be 1280 or more, which IPv6 needs')
  .max(9_000, 'must be 9000 or less');
