// One server endpoint with many sessions, each with a client endpoint of its own, without a network:
// what one side sends is handed to the other at once, at a time that only the caller moves.
import { Endpoint, resolveConfig } from '../../../packages/core/dist/index.js';
import { chooseProvider } from '../../../packages/vcl-protocol/dist/index.js';

const SERVER = { address: '192.0.2.1', port: 4_433 };
const UNIX_OFFSET_MS = 1_700_000_000_000;
/** A handshake is over well before so many rounds of datagrams. */
const MAX_ROUNDS = 40;
/** A server remembers a handshake for 10 s (SPEC 4.5). */
const HALF_OPEN_MS = 11_000;
/** Longer than any acknowledgement is held back. */
const ACK_MS = 50;
const DATAGRAM_BYTES = 2_048;

/** A server and the clients that reached it. */
export class SessionFarm {
  #crypto = chooseProvider();
  #config = resolveConfig({});
  #out = new Uint8Array(DATAGRAM_BYTES);
  #clientIdentity = this.#crypto.createSigner(new Uint8Array(32).fill(7));
  #serverIdentity = this.#crypto.createSigner(new Uint8Array(32).fill(9));
  #made = 0;

  /** Moves by itself while clients connect, as hellos are limited. */
  now = 0;

  constructor() {
    this.server = this.#endpoint(true);
  }

  /** Connects a new client and lets both sides come to rest. */
  connect() {
    const n = this.#made++;
    this.now += 4;
    const address = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
    const endpoint = this.#endpoint(false);
    const client = { endpoint, from: { address, port: 1_024 }, connection: undefined };
    client.endpoint.connect(SERVER, {}, this.now);
    for (let round = 0; round < MAX_ROUNDS && client.connection === undefined; round++) {
      this.exchange(client);
    }
    if (client.connection === undefined) throw new Error(`client ${n} did not connect`);
    this.now += ACK_MS;
    client.endpoint.handleTimeout(this.now);
    this.server.handleTimeout(this.now);
    this.exchange(client);
    this.exchange(client);
    return client;
  }

  /** Forgets what the handshakes have left at the server. */
  settle() {
    this.now += HALF_OPEN_MS;
    this.server.handleTimeout(this.now);
    this.discard();
  }

  /** Hands over what client and server have for each other. */
  exchange(client) {
    for (const datagram of this.sentBy(client)) this.arrive(client, datagram);
    for (const { data } of this.sentByServer()) {
      client.endpoint.handleDatagram(data, SERVER, this.now);
    }
  }

  /** A datagram of a client reaches the server. */
  arrive(client, datagram) {
    this.server.handleDatagram(datagram, client.from, this.now);
  }

  /** A datagram of the server reaches the client that it is for. */
  answer(client, { data }) {
    client.endpoint.handleDatagram(data, SERVER, this.now);
  }

  /** Datagrams that a client has to send, copies of their own. */
  sentBy(client) {
    const sent = this.#sent(client.endpoint, (event) => {
      if (event.type === 'serverKey') client.endpoint.acceptServer(event.attempt, this.now);
      if (event.type === 'connected') client.connection = event.connection;
    });
    return sent.map(({ data }) => data);
  }

  /** Datagrams that the server has to send, copies of their own, and where they go. */
  sentByServer() {
    return this.#sent(this.server, (event) => {
      if (event.type === 'clientKey') this.server.acceptClient(event.attempt, this.now);
    });
  }

  /** Takes what the server has to send and to tell, and throws it away. */
  discard() {
    for (let ready = this.server.pollReady(); ready; ready = this.server.pollReady()) {
      drain(ready, this.now);
    }
    while (this.server.pollTransmit(this.now, this.#out) > 0);
  }

  #sent(endpoint, onEvent) {
    const datagrams = [];
    for (let isBusy = true; isBusy; ) {
      isBusy = false;
      for (let event = endpoint.pollEvent(); event; event = endpoint.pollEvent()) {
        onEvent(event);
        isBusy = true;
      }
      for (let ready = endpoint.pollReady(); ready; ready = endpoint.pollReady()) {
        drain(ready, this.now);
      }
      for (let n = endpoint.pollTransmit(this.now, this.#out); n > 0; ) {
        datagrams.push({ data: this.#out.slice(0, n), to: endpoint.transmitTo });
        isBusy = true;
        n = endpoint.pollTransmit(this.now, this.#out);
      }
    }
    return datagrams;
  }

  #endpoint(accepts) {
    return new Endpoint({
      crypto: this.#crypto,
      identity: accepts ? this.#serverIdentity : this.#clientIdentity,
      config: this.#config,
      now: this.now,
      unixOffsetMs: UNIX_OFFSET_MS,
      accepts,
      idleTimeoutMs: 0,
    });
  }
}

/** Takes events and messages, as a driver does at the end of a turn. */
function drain(connection, now) {
  while (connection.pollEvent() !== undefined);
  while (connection.pollMessage(now) !== undefined);
}
