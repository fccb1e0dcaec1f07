import type { NetworkAddress } from '../../src/network/address.js';
import type { DatagramMachine } from '../../src/simulation/machine.js';
import { BOB } from './lab.js';

/** A machine that does nothing but note its calls; a test replaces the verbs it is about. */
export function stubMachine(verbs: Partial<DatagramMachine> = {}) {
  const calls: string[] = [];
  const machine: DatagramMachine = {
    transmitTo: BOB as NetworkAddress | undefined,
    handleDatagram: (data, from, now) => {
      calls.push(`datagram ${data.length} ${from.address} @${now}`);
    },
    handleTimeout: (now) => {
      calls.push(`timeout @${now}`);
    },
    pollTimeout: () => Number.POSITIVE_INFINITY,
    pollTransmit: () => 0,
    ...verbs,
  };
  return { machine, calls };
}
