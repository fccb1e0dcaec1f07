/** Where datagrams come from and go to. */
export interface RemoteAddress {
  /** IPv4 or IPv6 address in text form. */
  readonly address: string;
  readonly port: number;
}
