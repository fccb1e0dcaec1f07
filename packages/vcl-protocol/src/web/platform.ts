import { VCLError } from '@vcl-protocol/core';
import type { Platform } from '../platform.js';
import { chooseProvider } from './crypto/choose.js';
import { dialWebSocket } from './dial.js';
import { isIP } from './ip.js';
import { Turns } from './turns.js';

const turns = new Turns();

/** What the shared code needs, by a browser: no files, no datagrams, nobody who could connect. */
export const platform: Platform = {
  chooseProvider,
  loadIdentity: () => notHere('identity', 'a KeyPair: KeyPair.generate(), or importIdentity(text)'),
  openKnownHosts() {
    throw noFiles('server', 'the public key of the server, { knownHosts: a store } or a function');
  },
  decideClient: () => notHere('clients', 'nothing: nobody can connect to a page'),
  openSessionLog: () => notHere('record', 'nothing: let the other side record the session'),
  openKeyLog: () => notHere('keyLogFile', 'nothing'),
  defaultKeyLogFile: () => '',
  datagramNetwork: () => undefined,
  isIP,
  dialCarrier: dialWebSocket,
  listenCarriers: () => notHere('clients', 'nothing: nobody can connect to a page'),
  listenQuic: () => notHere('clients', 'nothing: nobody can connect to a page'),
  defer(turn) {
    turns.defer(turn);
  },
};

async function notHere(option: string, instead: string): Promise<never> {
  throw noFiles(option, instead);
}

function noFiles(option: string, instead: string): VCLError {
  return new VCLError('InvalidConfig', `a browser has no files: as ${option} pass ${instead}`);
}
