/** Where datagrams come from and go to. */
export interface RemoteAddress {
  /** IPv4 or IPv6 address in text form. */
  readonly address: string;
  readonly port: number;
}

export function sameAddress(a: RemoteAddress, b: RemoteAddress): boolean {
  return a.port === b.port && a.address === b.address;
}
