// Plays a script to a live connection and watches over what must hold whatever a peer sends.
import { ChaChaMask } from '../../../packages/core/dist/crypto/chacha-block.js';
import { VCLError } from '../../../packages/core/dist/errors.js';
import { CloseCode } from '../../../packages/core/dist/wire/close-codes.js';
import { FrameType } from '../../../packages/core/dist/wire/frame-types.js';
import { encodeControl } from '../../../packages/core/dist/wire/frames/control-frame.js';
import { maskRecord, writeRecordHeader } from '../../../packages/core/dist/wire/record-header.js';
import { Writer } from '../../../packages/core/dist/wire/writer.js';
import { check } from './checks.mjs';
import { ADDRESSES, cidOf, makeConnection } from './connection-maker.mjs';
import { walkFrames } from './frame-walk.mjs';
import { Action, DELAYS_MS, FORM_CONTROL, FORM_MOVED, FORM_RESERVED } from './script.mjs';

const RECORD_BYTES = 2_048;
const TAG_BYTES = 16;
const PN_BYTES = 4;
const NO_MASK = {
  mask(_buffer, _offset, out) {
    out.fill(0);
  },
};
const MOVED = { address: '203.0.113.9', port: 999 };
/** What a connection may send after one input; pacing and windows hold it far below. */
const MAX_DATAGRAMS = 2_000;
const MAX_TIMEOUTS = 400;
const CODES = new Set(Object.values(CloseCode));
const LONG = new Uint8Array(3_000).map((_, i) => i);
const SHORT = Uint8Array.of(1, 2, 3, 4, 5);
const out = new Uint8Array(65_507);

/** One connection under attack. */
export class Victim {
  now = 0;
  onDatagram;
  received = 0;
  #role;
  #mask;
  #numbers = new Map();
  #controlEnd = 0;
  #isHolding = false;
  #closed = 0;
  #established = 0;
  #next = [0, 0];
  #log = [];

  /**
   * @param settings config (2 bits), a log (1 bit), signatures that are always right (1 bit)
   * @param onDatagram called with every datagram it sends, a view
   */
  constructor(role, settings, onDatagram) {
    this.onDatagram = onDatagram;
    this.#role = role;
    this.isLenient = (settings & 8) !== 0;
    const record = (settings & 4) !== 0 ? { payloads: 'kept' } : undefined;
    const options = { config: settings & 3, isLenient: this.isLenient, record };
    const { connection, cids, hpKeys, crypto } = makeConnection(role, options);
    this.connection = connection;
    this.crypto = crypto;
    this.#mask = new ChaChaMask(hpKeys[role === 'client' ? 1 : 0]);
    this.cids = cids;
    if (role === 'server') connection.sendHandshakeDone(0);
    this.settle();
  }

  /** All recorded of the session. */
  get log() {
    return Buffer.concat(this.#log);
  }

  /** Plays one operation of a script. */
  play({ op, form, payload }) {
    this.now += DELAYS_MS[form & 7];
    if ((form & 7) !== 0) this.runTimers(3);
    this.act(op & 15);
    if (payload.length > 0) this.#receivePayload(op, form, payload);
    this.#checkState();
  }

  #receivePayload(op, form, payload) {
    const bytes = form & FORM_CONTROL ? this.#asControl(payload) : payload;
    this.receive(bytes, {
      epochBits: (op >> 4) & 3,
      pathId: op >> 6,
      skip: (form >> 3) & 3,
      from: form & FORM_MOVED ? MOVED : this.#peerAddress,
      reserved: form & FORM_RESERVED ? 1 : 0,
    });
  }

  /** An action of the application; its own errors are answers. */
  act(action) {
    const { connection, now } = this;
    try {
      switch (action) {
        case Action.SendReliable:
          connection.send(SHORT, { reliability: 'reliable', kind: 7 }, now);
          break;
        case Action.SendLong:
          connection.send(LONG, { reliability: 'reliable' }, now);
          break;
        case Action.SendLossy:
          connection.send(SHORT, { reliability: 'unreliable' }, now);
          break;
        case Action.SendLongLossy:
          connection.send(LONG, { reliability: 'partial', deadlineMs: 200 }, now);
          break;
        case Action.Read:
          this.#isHolding = false;
          break;
        case Action.Hold:
          this.#isHolding = true;
          break;
        case Action.Rotate:
          connection.rotateKeys(now);
          break;
        case Action.Ping:
          connection.ping(now);
          break;
        case Action.Migrate:
          connection.migrate(now);
          break;
        case Action.Timeout:
          this.runTimers(1, true);
          break;
        case Action.Timeouts:
          this.runTimers(8, true);
          break;
        case Action.Close:
          connection.close({ applicationCode: 5, reason: 'bye' }, now);
          break;
        case Action.Abort:
          connection.abort(18, 'no more', now);
          break;
        case Action.GiveUp:
          connection.giveUp(0, now);
          break;
        case Action.Done:
          if (this.#role === 'server') connection.sendHandshakeDone(now);
          break;
      }
    } catch (error) {
      if (!(error instanceof VCLError)) throw error;
    }
    if (action !== Action.None) this.settle();
  }

  /** A record of the peer with that plaintext, sealed under the right keys. */
  receive(payload, { epochBits = 0, pathId = 0, skip = 0, from, reserved = 0 }) {
    const last = this.#numbers.get(pathId) ?? -1;
    const pn = Math.max(0, [last + 1, last + 3, last, last + 70][skip]);
    this.#numbers.set(pathId, Math.max(last, pn));
    const record = seal(payload, { cid: cidOf(this.#role, pathId), epochBits, pn, reserved });
    maskRecord(record, record.length, PN_BYTES, this.#mask, NO_MASK);
    this.received++;
    const wasEnded = this.connection.isEnded;
    const reason = this.connection.handleRecord(
      record,
      pathId,
      from ?? this.#peerAddress,
      this.now,
    );
    check(reason !== 'authentication' && reason !== 'size', 'a genuine record does not open');
    if (wasEnded) check(reason !== undefined, 'a record counts after the end');
    this.settle();
  }

  /** Lets timers run that are due, or come next when `jump`; a timer that stays due is a spin. */
  runTimers(count, jump = false) {
    for (let i = 0; i < count; i++) {
      const at = this.#deadline();
      if (at === Number.POSITIVE_INFINITY) return;
      if (jump) this.now = Math.max(this.now, at);
      let turns = 0;
      while (this.#deadline() <= this.now) {
        check(turns++ < MAX_TIMEOUTS, 'a timer stays due');
        this.connection.handleTimeout(this.now);
        this.settle();
      }
    }
  }

  /** Takes everything the connection has to give and looks at it. */
  settle() {
    const { connection, now } = this;
    let datagrams = 0;
    for (;;) {
      const length = connection.pollTransmit(now, out);
      if (length === 0) break;
      if (length > 1_500 || length < 29) check(false, `a datagram of ${length} bytes`);
      check(datagrams++ < MAX_DATAGRAMS, 'it sends without end');
      this.onDatagram?.(out.subarray(0, length));
    }
    for (let event = connection.pollEvent(); event; event = connection.pollEvent()) {
      this.#noteEvent(event);
    }
    if (!this.#isHolding) this.#read();
    for (let chunk = connection.pollLog(); chunk; chunk = connection.pollLog()) {
      this.#log.push(chunk);
    }
  }

  #read() {
    for (
      let m = this.connection.pollMessage(this.now);
      m;
      m = this.connection.pollMessage(this.now)
    ) {
      const { lane, n, payload } = m;
      check(lane === 0 || lane === 1, 'a message of no lane');
      check(payload.length <= this.connection.config.maxMessageBytes, 'a message that is too long');
      if (lane === 0) check(n === this.#next[0]++, 'reliable messages out of order');
      else check(Number.isSafeInteger(n) && n >= 0, 'a message without a number');
    }
  }

  #noteEvent(event) {
    if (event.type === 'established') check(this.#established++ === 0, 'established twice');
    if (event.type !== 'closed') return;
    check(this.#closed++ === 0, 'closed twice');
    const { code, remote } = event;
    if (remote) return;
    check(CODES.has(code), `closed with the unknown code ${code}`);
    check(code !== CloseCode.INTERNAL, `closed for a fault of its own: ${event.reason}`);
  }

  #checkState() {
    const { connection } = this;
    check(connection.isEnded === this.#closed > 0, 'the end and its event disagree');
    const { flow, counters, bufferedBytes } = connection;
    check(bufferedBytes >= 0, 'a negative buffer');
    check(flow.inFlightCount() >= 0 && flow.rto() > 0, 'a wrong flow');
    check(flow.cwnd() > 0 && flow.cwnd() < 2 ** 40, 'a wrong congestion window');
    check((flow.srtt() ?? 0) >= 0, 'a negative round-trip time');
    check(counters.payloadBytesAcked >= 0, 'a wrong counter');
    check(this.cids.size <= 9, 'it issues ids without end');
    const [reliable] = connection.verifiedThrough;
    check(reliable >= 0 && Number.isSafeInteger(reliable), 'a wrong head');
  }

  #deadline() {
    const at = this.connection.pollTimeout();
    check(!Number.isNaN(at), 'a deadline that is no number');
    return at;
  }

  get #peerAddress() {
    return ADDRESSES[this.#role === 'client' ? 'server' : 'client'];
  }

  /** The payload as the next bytes of the control stream. */
  #asControl(payload) {
    const frame = new Uint8Array(payload.length + 20);
    const w = new Writer().reset(frame, 0, frame.length);
    encodeControl(w, this.#controlEnd, payload, 0, payload.length);
    return frame.subarray(0, w.pos);
  }

  /** Follows the control stream in what is to be received. */
  followControl(payload) {
    walkFrames(payload, (type, _start, _end, frame) => {
      if (type !== FrameType.CONTROL) return;
      this.#controlEnd = Math.max(this.#controlEnd, frame.offset + frame.data.length);
    });
  }
}

function seal(payload, { cid, epochBits, pn, reserved }) {
  const length = Math.min(payload.length, RECORD_BYTES);
  const record = new Uint8Array(9 + PN_BYTES + length + TAG_BYTES);
  const start = writeRecordHeader(record, cid, epochBits, pn, PN_BYTES);
  record[0] |= reserved;
  record.set(length === payload.length ? payload : payload.subarray(0, length), start);
  return record;
}
