// One end of VCL's tunnel, in a process of its own: the parent says which. Everything that the benchmark
// knows of the tunnel's API is here.
import {
  MemoryPeerStore,
  TunnelConfig,
  VCLTunnel,
  VCLTunnelServer,
} from '../../packages/tunnel/dist/index.js';
import {
  dgramNetwork,
  encodePublicKey,
  KeyPair,
  VCLConnection,
  VCLListener,
} from '../../packages/vcl-protocol/dist/index.js';
import { serve } from '../../scripts/lib/carriers/orders.mjs';
import { startProfile } from '../link/profile.mjs';

const DEVICE = 'vclb';
const CONNECTED_MS = 10_000;

const identity = KeyPair.generate();
let tunnel;
let endProfile;

serve({
  begin({ isDgram }) {
    if (isDgram) useDgram();
    return { pid: process.pid, publicKey: encodePublicKey(identity.publicKey) };
  },

  async serve({ listen, address, client, journal }) {
    const store = new MemoryPeerStore();
    await store.putPeer(peerOf(client));
    const options = { listen, identity, addresses: [address], store, device: DEVICE, nat: false };
    tunnel = await VCLTunnelServer.start(options, { journal });
  },

  async connect({ server, serverKey, journal }) {
    const settings = { server, peerKey: serverKey, identity, routes: 'assigned', device: DEVICE };
    const config = TunnelConfig.home('', '', settings);
    tunnel = await VCLTunnel.withConfig(config, { journal });
    await connected(tunnel);
  },

  details: () => (tunnel instanceof VCLTunnel ? tunnel.stats() : tunnel.status()),

  async startProfile({ file }) {
    endProfile = await startProfile(file);
  },

  endProfile: () => endProfile(),

  stop: () => tunnel?.stop(),
});

function peerOf({ publicKey, address }) {
  return {
    publicKey,
    name: 'client',
    addresses: [address],
    allowedIps: [],
    addedAt: Date.now(),
    expiresAt: undefined,
    enabled: true,
  };
}

async function connected(client) {
  const isLate = setTimeout(() => void client.stop(), CONNECTED_MS);
  try {
    for await (const event of client.events()) {
      if (event.type === 'connected') return;
      if (event.type === 'failed') break;
    }
  } finally {
    clearTimeout(isLate);
  }
  throw new Error(`not connected: ${client.lastError?.message ?? 'no answer'}`);
}

/** As where koffi has no fast sockets: the interface still needs it. */
function useDgram() {
  for (const Endpoint of [VCLConnection, VCLListener]) {
    const bind = Endpoint.bind;
    Endpoint.bind = (address, options) =>
      bind.call(Endpoint, address, { ...options, network: dgramNetwork });
  }
}
