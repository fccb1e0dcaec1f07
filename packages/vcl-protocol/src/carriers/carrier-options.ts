/** How carriers other than plain UDP are offered and reached. All of it has defaults. */
export interface CarrierOptions {
  /** Path of the WebSocket. Default `/vcl`. */
  readonly path?: string;
  /** TLS of `wss`: the certificate to offer, or the authorities to believe. */
  readonly tls?: CarrierTls;
  /**
   * Web pages that may connect by WebSocket, by their origins such as `https://example.com`. Default:
   * pages of the same host. Programs that name no origin always may.
   */
  readonly origins?: 'any' | readonly string[];
  /**
   * The proxy to connect through: `http://user:password@host:port` (CONNECT) or `socks5://host:port`.
   * Default `environment`: what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say. `none` for none.
   */
  readonly proxy?: string;
  /** QUIC: off unless it is asked for here or by an address `quic://`. Needs the platform's package. */
  readonly quic?: QuicCarrierOptions;
  /**
   * Answers HTTP requests that come to the port of a listener and are for no WebSocket of ours, such
   * as for the page that then connects. Default: 404.
   */
  onRequest?(request: HttpRequest, response: HttpResponse): void;
}

/** TLS of a carrier. It protects nothing that VCL does not protect already; networks expect it. */
export interface CarrierTls {
  /** The certificate chain of a listener, PEM. */
  readonly cert?: string;
  /** Its private key, PEM. */
  readonly key?: string;
  /** Authorities to believe instead of the system's, PEM. */
  readonly ca?: string;
  /** The name to ask for and to check. Default: the host of the address. */
  readonly servername?: string;
  /** Whether the server's certificate is checked. Default true. */
  readonly rejectUnauthorized?: boolean;
}

/** QUIC as a carrier of an automatic choice. */
export interface QuicCarrierOptions {
  /** The UDP port of its own that QUIC has. */
  readonly port: number;
  /** Server name to show. Default: the host of the address. */
  readonly servername?: string;
  /** Application protocols to show, best first. Default `h3`. */
  readonly alpn?: readonly string[];
}

/** What `node:http` hands over as a request, as far as it is certain. */
export interface HttpRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What `node:http` takes an answer by, as far as it is certain. */
export interface HttpResponse {
  writeHead(status: number, headers?: Readonly<Record<string, string>>): unknown;
  end(body?: string | Uint8Array): unknown;
}
