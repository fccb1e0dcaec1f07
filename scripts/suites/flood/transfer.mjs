// The honest client whose transfer the floods are to stop: sends as fast as `send` lets it.
import { VCLConnection } from '../../../packages/vcl-protocol/dist/index.js';
import { CpuMeter, serve } from './orders.mjs';
import { Sniffer } from './raw-socket.mjs';

let connection;
let isRunning = false;
let failure;
let sent = 0;
let cpu = new CpuMeter();

serve({
  async start({ local, server, serverKey, messageBytes }) {
    connection = await VCLConnection.bind(`${local}:0`);
    await connection.connect(server, { server: Buffer.from(serverKey, 'hex') });
    isRunning = true;
    void run(new Uint8Array(messageBytes).fill(7)).catch((error) => {
      failure = error;
    });
    return connection.localAddress();
  },
  /** Reads datagrams of this session off the wire. */
  async sniff({ port, count }) {
    const sniffer = new Sniffer();
    const taken = [];
    while (taken.length < count) {
      taken.push(...sniffer.take(port, count - taken.length));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    sniffer.close();
    return { sniffed: taken.map((datagram) => datagram.toString('base64')) };
  },
  watch() {
    cpu = new CpuMeter();
    return {};
  },
  report() {
    return { sent, cpu: cpu.read(), failure: failure && String(failure) };
  },
  async stop() {
    isRunning = false;
    await connection.close();
    return {};
  },
});

async function run(payload) {
  while (isRunning) {
    await connection.send(payload);
    sent += payload.length;
  }
}
