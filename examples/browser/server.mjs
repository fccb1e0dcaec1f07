// Chat and file drop between web pages and Node on one port: `node examples/browser/server.mjs`, then
// open the address that it prints. `[address] [folder]`: where to listen, and where identity and session
// logs are kept.
import { serve } from './serve.mjs';

const [address = '127.0.0.1:8080', folder = '.vcl/browser'] = process.argv.slice(2);
const server = await serve({ address, folder });
console.log(`Open ${server.url}`);
console.log(`Session logs: ${server.logs} (drop one on the page when its session has ended)`);

process.once('SIGINT', async () => {
  await server.close();
  process.exit();
});
