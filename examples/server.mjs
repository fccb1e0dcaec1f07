import { VCLConnection } from 'vcl-protocol';

const address = process.argv[2] ?? '127.0.0.1:8080';
const server = await VCLConnection.bind(address, { identity: 'server.key', clients: 'any' });
console.log(`Server started on ${address}`);

await server.acceptHandshake();
console.log('Client connected!');

for await (const packet of server) console.log(`Received: ${packet.text()}`);
await server.close();
