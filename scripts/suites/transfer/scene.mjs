// A directory with all that one check needs: two users, and the commands they run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Vcl } from './commands.mjs';

const START_MS = 20_000;
const CARRIERS = { udp: 'udp', tcp: 'tcp', ws: 'websocket' };

/** Two users of vcl on this machine. What they start is ended, and what they write removed. */
export class Scene {
  #directory;
  #scheme;
  #running = new Set();
  #place;

  /** @param {'udp' | 'tcp' | 'ws'} scheme how clients connect; servers offer all three */
  static async open(scheme) {
    return new Scene(await mkdtemp(join(tmpdir(), `vcl-transfer-${process.pid}-`)), scheme);
  }

  constructor(directory, scheme) {
    this.#directory = directory;
    this.#scheme = scheme;
  }

  /** What a client says that it went over. */
  get carrier() {
    return CARRIERS[this.#scheme];
  }

  /** A path of the scene. */
  path(...names) {
    return join(this.#directory, ...names);
  }

  /** Where clients find the last server. */
  get address() {
    return `${this.#scheme}://${this.#place}`;
  }

  /** Starts `vcl listen`; a second one takes the address of the first. */
  async listen(args, options = {}) {
    const place = this.#place ?? '127.0.0.1:0';
    const server = this.run('server', ['listen', place, '--allow-any', '--json', ...args], options);
    // What belongs to standard output is on standard error when that takes the contents.
    const said = () =>
      [...server.news, ...server.events].find(({ event }) => event === 'listening');
    await server.until('it listens', () => said() !== undefined, START_MS);
    this.#place = `127.0.0.1:${said().port}`;
    return server;
  }

  /** Starts a command of the other user. */
  client(args, options) {
    return this.run('client', args, options);
  }

  run(who, args, options = {}) {
    const vcl = new Vcl(args, { home: this.path(`home-${who}`), ...options });
    this.#running.add(vcl);
    return vcl;
  }

  async close() {
    for (const vcl of this.#running) await vcl.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
