import { Carrier, carrierOf, type RemoteAddress, TransportMode } from '@vcl-protocol/core';

/** What carries a session at a time; never `auto`. */
export type CarrierName = Exclude<TransportMode, 'auto'>;

/** The carrier that leads to `remote`. */
export function carrierName(remote: RemoteAddress): CarrierName {
  switch (carrierOf(remote)) {
    case Carrier.Tcp:
      return TransportMode.Tcp;
    case Carrier.WebSocket:
      return TransportMode.WebSocket;
    case Carrier.Quic:
      return TransportMode.Quic;
    default:
      return TransportMode.Udp;
  }
}
