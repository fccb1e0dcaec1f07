// VCL: a tunnel server and a client, each in a process and a namespace of its own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '../../scripts/lib/carriers/worker.mjs';
import { LINK_ADDRESSES, TUNNEL_ADDRESSES } from './network.mjs';
import { makeFolder } from './scratch.mjs';

const END = new URL('vcl-end.mjs', import.meta.url);
const PORT = 51820;

/**
 * @param network a TunnelNetwork
 * @param {{ isDgram?: boolean }} settings whether datagrams go through node:dgram
 */
export async function openTunnel(network, { isDgram = false }) {
  const folder = makeFolder();
  const ends = {
    client: new Worker(END, { prefix: network.prefix('client') }),
    server: new Worker(END, { prefix: network.prefix('server') }),
  };
  const close = async () => {
    const stopping = Object.values(ends).map((end) => end.order('stop').catch(() => {}));
    await Promise.all(stopping);
    for (const end of Object.values(ends)) end.kill();
  };
  try {
    const client = await ends.client.order('begin', { isDgram });
    const server = await ends.server.order('begin', { isDgram });
    const listen = `${LINK_ADDRESSES.server}:${PORT}`;
    await ends.server.order('serve', {
      listen,
      journal: join(folder, 'server.journal'),
      address: `${TUNNEL_ADDRESSES.server}/24`,
      client: { publicKey: client.publicKey, address: TUNNEL_ADDRESSES.client },
    });
    await ends.client.order('connect', {
      server: listen,
      journal: join(folder, 'client.journal'),
      serverKey: server.publicKey,
    });
    return {
      address: TUNNEL_ADDRESSES.server,
      daemons: { client: client.pid, server: server.pid },
      profile: () => startProfiles(ends, folder),
      details: async () => ({
        client: await ends.client.order('details'),
        server: await ends.server.order('details'),
      }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @returns what ends it, and gives the profiles by side */
async function startProfiles(ends, folder) {
  for (const [side, end] of Object.entries(ends)) {
    await end.order('startProfile', { file: join(folder, `${side}.cpuprofile`) });
  }
  return async () => {
    const profiles = {};
    for (const [side, end] of Object.entries(ends)) {
      await end.order('endProfile');
      profiles[side] = JSON.parse(readFileSync(join(folder, `${side}.cpuprofile`), 'utf8'));
    }
    return profiles;
  };
}
