import { setTimeout } from 'node:timers/promises';
import { VCLConnection } from 'vcl-protocol';

const client = await VCLConnection.bind('127.0.0.1:0');
await client.connect(process.argv[2] ?? '127.0.0.1:8080');
console.log('Connected to server!');
for (let i = 1; i <= 5; i++) {
  await client.send(`Message ${i}`);
  console.log(`Sent: Message ${i}`);
  await setTimeout(100);
}
await client.close();
