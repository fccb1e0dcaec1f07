// A web server on the host behind the VPN server: `/small`, `/file/BYTES`, whose SHA-256
// is `/hash/BYTES`, and `/sink`, which tells how many bytes were put there.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const BLOCK = Buffer.alloc(65_536, 'what a file is made of, over and over again; ');

const server = createServer((request, response) => {
  const [, kind, size] = request.url.split('/');
  const bytes = Number(size);
  if (kind === 'file') {
    response.writeHead(200, { 'content-length': bytes });
    send(response, bytes, 0);
  } else if (kind === 'hash') {
    const hash = createHash('sha256');
    for (let at = 0; at < bytes; at += BLOCK.length) hash.update(block(at, bytes));
    response.end(hash.digest('hex'));
  } else if (kind === 'sink') void count(request, response);
  else response.end(`small ${request.url}\n`);
});
server.listen(8080, '::', () => console.log('serving'));

async function count(request, response) {
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.length;
  response.end(String(bytes));
}

function send(response, bytes, from) {
  for (let at = from; at < bytes; at += BLOCK.length) {
    if (response.write(block(at, bytes))) continue;
    response.once('drain', () => send(response, bytes, at + BLOCK.length));
    return;
  }
  response.end();
}

/** Each block is another one: its place stands in it. */
function block(at, bytes) {
  BLOCK.writeUInt32BE(at / BLOCK.length, 0);
  return Buffer.from(BLOCK.subarray(0, Math.min(BLOCK.length, bytes - at)));
}
