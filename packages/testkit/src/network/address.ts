/** Where a datagram comes from or goes to. */
export interface NetworkAddress {
  /** An IP address or any other name; the simulated network only compares it. */
  readonly address: string;
  /** 0..65535. */
  readonly port: number;
}

/** One text per address, for use as a key and in messages: `10.0.0.1:443`, `[::1]:443`. */
export function addressKey({ address, port }: NetworkAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
