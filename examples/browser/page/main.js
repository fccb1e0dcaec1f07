// The page: one session with the server, and what is shown of it.
import { fingerprint, StoredKnownHosts, VCLConnection } from 'vcl-protocol';
import { IDLE_TIMEOUT_MS, Kind, readJson } from '../messages.js';
import { ChainView } from './chain-view.js';
import { element, onDrop } from './elements.js';
import { FileShelf } from './file-shelf.js';
import { ownIdentity } from './identity.js';
import { showVerdict } from './log-verdict.js';
import { chooseCrypto } from './providers.js';

const PING_INTERVAL_MS = 5_000;

const incoming = new ChainView(element('incoming'));
const outgoing = new ChainView(element('outgoing'));

onDrop(element('log-drop'), element('log-input'), showVerdict);
run().catch((error) => setState('failed', error.message));

async function run() {
  const crypto = await chooseCrypto();
  const identity = ownIdentity();
  const connection = await VCLConnection.bind('0.0.0.0:0', {
    identity,
    crypto: crypto.provider,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
  });
  element('provider').textContent = crypto.name;
  element('own-key').textContent = fingerprint(identity.publicKey);
  await connection.connect(serverAddress(), { server: serverTrust() });
  element('server-key').textContent = fingerprint(connection.peerIdentity);
  setState('connected', 'connected');

  const shelf = new FileShelf(connection);
  onDrop(element('file-drop'), element('file-input'), (file) => shelf.put(file));
  listenToUser(connection);
  // Whoever leaves the page leaves the room.
  addEventListener('pagehide', () => connection.abort());
  void watchVerification(connection);
  void keepPinging(connection);
  for await (const packet of connection) take(packet, shelf);
  setState('ended', 'the session has ended');
  element('leave').hidden = true;
}

function take(packet, shelf) {
  incoming.add(packet.number, packet.hash);
  switch (packet.type) {
    case Kind.Chat: {
      const said = readJson(packet);
      if (said !== undefined) show(said.who, said.text);
      break;
    }
    case Kind.Receipt: {
      const receipt = readJson(packet);
      if (receipt === undefined) break;
      for (const [i, leaf] of receipt.leaves.entries()) outgoing.add(receipt.from + i, leaf);
      outgoing.verify(receipt.through);
      break;
    }
    default:
      shelf.take(packet);
  }
}

async function watchVerification(connection) {
  for await (const event of connection.subscribe()) {
    if (event.type === 'Verified') incoming.verify(Number(event.through));
  }
}

async function keepPinging(connection) {
  while (!connection.isClosed()) {
    try {
      element('ping').textContent = `${(await connection.ping()).toFixed(1)} ms`;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, PING_INTERVAL_MS));
  }
}

function listenToUser(connection) {
  element('say').addEventListener('submit', (event) => {
    event.preventDefault();
    const input = element('text');
    const text = input.value.trim();
    if (text === '' || connection.isClosed()) return;
    input.value = '';
    show('me', text);
    connection.send(text, { kind: Kind.Chat }).catch((error) => setState('failed', error.message));
  });
  const leave = element('leave');
  leave.hidden = false;
  leave.addEventListener('click', () => {
    leave.disabled = true;
    setState('leaving', 'leaving');
    connection.close().then(
      () => setState('ended', 'left'),
      (error) => setState('failed', error.message),
    );
  });
}

/** A key in the address is the server's. Without one, the first that is shown is remembered. */
function serverTrust() {
  const key = decodeURIComponent(location.hash.slice(1));
  return key === '' ? { knownHosts: new StoredKnownHosts(localStorage) } : key;
}

function serverAddress() {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}/vcl`;
}

function show(who, text) {
  const line = document.createElement('li');
  const author = document.createElement('b');
  author.textContent = who;
  line.className = who === 'me' ? 'mine' : '';
  line.append(author, ` ${text}`);
  element('talk').append(line);
  line.scrollIntoView({ block: 'nearest' });
}

function setState(state, text) {
  const place = element('state');
  if (place.dataset.state === 'failed') return;
  place.dataset.state = state;
  place.textContent = text;
}
