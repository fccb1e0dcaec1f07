// Everybody who is connected: hands chat from one to the others, keeps files, and tells each page what
// of its chain has arrived here.
import { fingerprint, hashData } from 'vcl-protocol';
import { FileIntake, hex, Kind, MAX_FILE_BYTES, readJson, sendFile } from './messages.js';

/** What all files together may take, in bytes; the oldest go first. */
const SHELF_BYTES = 4 * MAX_FILE_BYTES;
const MAX_CHAT_LENGTH = 2_000;
/** How many leading digits of a leaf are shown. */
const LEAF_DIGITS = 8;

/** The pages of one server. */
export class Room {
  /** Files by name: `name`, `size`, `sha256`, `bytes`. */
  files = new Map();
  #guests = new Set();

  /** The guests who are here. */
  get guests() {
    return [...this.#guests];
  }

  /** Talks with a page until it leaves. Never rejects. */
  async welcome(connection) {
    const guest = new Guest(connection, this);
    this.#guests.add(guest);
    const why = await guest.run().catch((error) => `: ${error.message}`);
    this.#guests.delete(guest);
    await connection.close().catch(() => undefined);
    this.#say('room', `${guest.name} has left${why ?? ''}`);
  }

  /** Hands a text to all but its author. */
  chat(author, text) {
    this.#say(author.name, text.slice(0, MAX_CHAT_LENGTH), author);
  }

  /** Keeps a file and tells everybody. */
  keep(author, file) {
    this.files.delete(file.name);
    this.files.set(file.name, file);
    let total = [...this.files.values()].reduce((sum, { size }) => sum + size, 0);
    for (const [name, { size }] of this.files) {
      if (total <= SHELF_BYTES) break;
      this.files.delete(name);
      total -= size;
    }
    this.#say('room', `${author.name} has put ${file.name} here`);
    for (const guest of this.#guests) guest.sendList();
  }

  #say(who, text, except) {
    for (const guest of this.#guests) {
      if (guest !== except) guest.sendJson(Kind.Chat, { who, text });
    }
  }
}

/** One page. */
class Guest {
  name;
  /** Messages of the page that have arrived, and that a verified statement covers. */
  received = 0;
  verified = 0;
  #connection;
  #room;
  #intake = new FileIntake();
  /** Leaves that the page was not told of yet, and how far it was told that its chain is verified. */
  #leaves = [];
  #toldThrough = 0;
  #isTelling = false;

  constructor(connection, room) {
    this.#connection = connection;
    this.#room = room;
    this.name = fingerprint(connection.peerIdentity).slice(0, 'SHA256:'.length + 6);
  }

  async run() {
    const watching = this.#watch();
    this.sendJson(Kind.Chat, { who: 'room', text: `welcome, you are ${this.name}` });
    this.sendList();
    for await (const packet of this.#connection) this.#take(packet);
    await watching;
  }

  sendList() {
    const heads = [...this.#room.files.values()].map(({ name, size, sha256 }) => ({
      name,
      size,
      sha256,
    }));
    this.sendJson(Kind.FileList, heads);
  }

  sendJson(kind, value) {
    this.#whileHere(this.#connection.send(JSON.stringify(value), { kind }));
  }

  #take(packet) {
    this.received++;
    this.#leaves.push(hex(packet.hash).slice(0, LEAF_DIGITS));
    this.#tellSoon();
    switch (packet.type) {
      case Kind.Chat:
        this.#room.chat(this, packet.text());
        break;
      case Kind.FileHead:
        this.#keep(this.#intake.begin(readJson(packet)));
        break;
      case Kind.FilePiece:
        this.#keep(this.#intake.add(packet.payload));
        break;
      case Kind.FileWanted:
        this.#supply(packet.text());
        break;
    }
  }

  #keep(file) {
    if (file === undefined) return;
    const sha256 = hex(hashData(file.bytes));
    if (sha256 === file.sha256) this.#room.keep(this, file);
    else this.sendJson(Kind.Chat, { who: 'room', text: `${file.name} is not what was announced` });
  }

  #supply(name) {
    const file = this.#room.files.get(name);
    if (file !== undefined) this.#whileHere(sendFile(this.#connection, file));
  }

  async #watch() {
    for await (const event of this.#connection.subscribe()) {
      if (event.type !== 'Verified') continue;
      this.verified = Number(event.through);
      this.#tellSoon();
    }
  }

  /** Tells the page what of its chain has arrived and is verified: once for all of one turn. */
  #tellSoon() {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      const leaves = this.#leaves.splice(0);
      if (leaves.length === 0 && this.verified === this.#toldThrough) return;
      this.#toldThrough = this.verified;
      const from = this.received - leaves.length;
      this.sendJson(Kind.Receipt, { from, leaves, through: this.verified });
    });
  }

  /** A page that leaves takes what was not sent with it; its end is heard of elsewhere. */
  #whileHere(sending) {
    sending.catch(() => undefined);
  }
}
