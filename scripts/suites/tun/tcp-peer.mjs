// In a namespace of its own: waits for its interface, and answers each connection with the digest of
// what came. Ends when its input does.
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { configure } from './devices.mjs';

console.log('here');
for await (const line of createInterface({ input: process.stdin })) {
  const { name, address } = JSON.parse(line);
  configure(name, [address]);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const hash = createHash('sha256');
    socket.on('data', (data) => hash.update(data));
    socket.on('end', () => socket.end(hash.digest('hex')));
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, address.split('/')[0], () => console.log(server.address().port));
}
process.exit(0);
