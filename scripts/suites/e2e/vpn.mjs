// The command vcl in namespaces: a server and its clients, each a process of its own.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SERVER_ADDRESS } from './network.mjs';
import { ping } from './traffic.mjs';

const VCL = fileURLToPath(new URL('../../../packages/cli/bin/vcl.js', import.meta.url));
const PORT = 51_820;
const LIMIT_MS = 20_000;
/** An orderly end, with a server that is gone. */
const STOP_MS = 4_000;

/** A server, with the configurations and keys of all clients below one directory. */
export class Vpn {
  network;
  #home = mkdtempSync(join(tmpdir(), 'vcl-e2e-'));
  #server;
  #clients = [];

  constructor(network) {
    this.network = network;
    this.serverDevice = `vs${process.pid}`;
    this.serverConfig = join(this.#home, 'server', 'server.toml');
    const endpoint = `${SERVER_ADDRESS}:${PORT}`;
    const options = ['--device', this.serverDevice, '--endpoint', endpoint];
    vcl('init', 'server', '--dir', join(this.#home, 'server'), ...options);
    this.configureServer('routes', ['10.8.0.0/24', 'fd08::/64', '192.168.50.0/24', 'fd50::/64']);
  }

  /** Changes a field in the server's configuration, as its owner would: in the file. */
  configureServer(field, value) {
    setField(this.serverConfig, field, value);
  }

  /** Starts the server; resolves when it listens. */
  async startServer() {
    this.#server = this.#run('s', ['server', this.serverConfig]);
    await eventually('the server listens', () => this.#server.printed().includes('listening on'));
  }

  /** Ends the server. @param signal SIGKILL for one that dies */
  async stopServer(signal = 'SIGTERM') {
    await end(this.#server, signal);
  }

  /** From here on, after a restart, the server translates the addresses of clients, or it does not. */
  async translate(does) {
    this.configureServer('nat', does);
    await this.restartServer();
  }

  async restartServer() {
    await this.stopServer();
    await this.startServer();
  }

  /** SIGHUP to the server. */
  reloadServer() {
    process.kill(this.#server.pid, 'SIGHUP');
  }

  /**
   * Sets a client up by an invitation.
   *
   * @param side its namespace
   * @param options further ones for `vcl init client`
   */
  invite(side, ...options) {
    const { invitation } = JSON.parse(
      vcl('invite', '-c', this.serverConfig, '--name', side, '--json'),
    );
    const directory = join(this.#home, side);
    const device = `vc${process.pid}${side}`.slice(0, 15);
    const all = ['--device', device, '--invite', invitation, ...options];
    vcl('init', 'client', '--dir', directory, ...all);
    const client = new Client(this, side, device, join(directory, 'client.toml'));
    this.#clients.push(client);
    return client;
  }

  /** The status of the server. */
  status() {
    return JSON.parse(vcl('status', this.serverDevice, '--json'));
  }

  peers(...args) {
    return vcl('peers', ...args, '-c', this.serverConfig);
  }

  /** Ends everything. @throws when something does not end */
  async stop() {
    const clients = this.#clients.map((client) => client.stop());
    const outcomes = await Promise.allSettled([...clients, this.stopServer()]);
    rmSync(this.#home, { recursive: true, force: true });
    for (const { reason } of outcomes) if (reason !== undefined) throw reason;
  }

  /** What was printed last, for reports. */
  lastWords() {
    return [this.#server, ...this.#clients.map(({ process: one }) => one)]
      .map((one) => one?.printed().trim().split('\n').slice(-3).join(' | '))
      .join('\n');
  }

  /** @internal */
  run(side, args, env) {
    return this.#run(side, args, env);
  }

  #run(side, args, env = {}) {
    const command = [process.execPath, VCL, ...args, '--log-level', 'info'];
    const child = spawn('ip', [...this.network.prefix(side), ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
    }
    child.printed = () => text;
    return child;
  }
}

/** A client, up or not. */
class Client {
  #vpn;
  #config;

  constructor(vpn, side, device, config) {
    this.#vpn = vpn;
    this.side = side;
    this.device = device;
    this.#config = config;
  }

  /** Brings it up; resolves when it is connected. @param env further environment */
  async up(env) {
    this.process = this.#vpn.run(this.side, ['up', this.#config], env);
    // Asking for the status of many clients at a time would take all there is of the machine.
    await eventually(`${this.side} connects`, () =>
      this.process.printed().includes('connected to'),
    );
    const { addresses } = this.status();
    [this.address, this.address6] = addresses.map((one) => one.split('/')[0]);
  }

  /** Changes a field in its configuration. */
  configure(field, value) {
    setField(this.#config, field, value);
  }

  /** Resolves when it is connected. */
  async connected() {
    await eventually(`${this.side} is connected`, () => this.status()?.state === 'connected');
  }

  /** Takes it down and brings it up: sessions that were short make it wait ever longer otherwise. */
  async restart() {
    await this.stop();
    await this.up();
  }

  /** Resolves when an address answers it. */
  async reaches(address) {
    await eventually(`${this.side} reaches ${address}`, () => {
      return ping(this.#vpn.network, this.side, address, 1) === 1;
    });
  }

  /** Its status, undefined while it does not run. */
  status() {
    const { status, stdout } = run('status', this.device, '--json');
    return status === 0 || status === 1 ? JSON.parse(stdout) : undefined;
  }

  /** Ends it. @param signal SIGKILL for one that dies */
  async stop(signal = 'SIGTERM') {
    await end(this.process, signal);
  }

  /** The command that takes it down, or cleans up after it. */
  downCommand() {
    return [process.execPath, VCL, 'down', this.device];
  }
}

function setField(file, field, value) {
  const line = `${field} = ${JSON.stringify(value)}`;
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(new RegExp(`^(# )?${field} = .*`, 'm'), line));
}

/** Runs `vcl` to its end. @returns what it prints */
function vcl(...args) {
  const { status, stdout, stderr } = run(...args);
  if (status !== 0) throw new Error(`vcl ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}

function run(...args) {
  return spawnSync(process.execPath, [VCL, ...args], { encoding: 'utf8', timeout: LIMIT_MS });
}

/** Resolves when `holds` does. @throws after 20 s, with what it was about */
export async function eventually(what, holds, limitMs = LIMIT_MS) {
  for (const endAt = Date.now() + limitMs; Date.now() < endAt; await delay(50)) {
    if (await holds()) return;
  }
  throw new Error(`it never came about within ${limitMs / 1000} s: ${what}`);
}

/** Ends a process. @throws when it does not end by itself, as one must that is asked to */
async function end(child, signal) {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(limit);
  if (child.signalCode === 'SIGKILL' && signal !== 'SIGKILL') {
    throw new Error(`vcl did not end within ${STOP_MS / 1000} s: ${child.printed().slice(-300)}`);
  }
}
