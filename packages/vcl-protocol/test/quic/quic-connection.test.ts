import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { NativeConfig } from '../../src/quic/native.js';
import { STREAM_WINDOW_BYTES } from '../../src/quic/pipe/message.js';
import { type End, NativePair, newServerConfig, noQuic } from './support/native-pair.js';

const text = (value: string): Buffer => Buffer.from(value);

describe.skipIf(noQuic !== undefined)('QuicConnection', () => {
  it('shakes hands and carries bytes both ways', () => {
    const { client, server, settle } = connected();
    client.connection.write(text('from the client'));
    settle();
    server.connection.write(text('from the server'));
    settle();
    expect(server.streamBytes.toString()).toBe('from the client');
    expect(client.streamBytes.toString()).toBe('from the server');
    expect(client.taken).toBe(15);
  });

  it('holds what is written before the handshake', () => {
    const pair = new NativePair();
    pair.client.connection.write(text('too soon'));
    pair.settle();
    expect(pair.server.streamBytes.toString()).toBe('too soon');
  });

  it('carries datagrams of the length it names, and drops longer ones', () => {
    const { client, server, settle } = connected();
    const { maxDatagramBytes } = client.connection;
    expect(maxDatagramBytes).toBeGreaterThanOrEqual(1_200);
    client.connection.sendDatagram(new Uint8Array(maxDatagramBytes));
    client.connection.sendDatagram(new Uint8Array(maxDatagramBytes + 1));
    settle();
    expect(server.datagrams.map((one) => one.length)).toEqual([maxDatagramBytes]);
  });

  it('hands over no more of the stream than was granted, and holds up the sender', () => {
    const { client, server, settle } = connected();
    const bytes = randomBytes(16 << 20);
    client.connection.write(bytes);
    settle();
    expect(server.streamBytes.length).toBe(STREAM_WINDOW_BYTES);
    expect(client.taken).toBeLessThan(4 << 20);
    while (server.streamBytes.length < bytes.length) {
      server.connection.grant(STREAM_WINDOW_BYTES);
      settle();
    }
    expect(server.streamBytes.equals(bytes)).toBe(true);
  });

  it('closes when both sides have read to the end', () => {
    const { client, server, settle } = connected();
    client.connection.write(text('last'));
    client.connection.finish();
    settle();
    expect(server.streamBytes.toString()).toBe('last');
    expect(server.heard).toContain('finished');
    server.connection.finish();
    settle();
    expect(server.connection.native.isDraining() || server.connection.isClosed).toBe(true);
  });

  it('tells the peer at once when it is closed', () => {
    const { client, server, settle } = connected();
    client.connection.close();
    settle();
    expect(server.connection.native.isDraining()).toBe(true);
  });

  it('takes junk without harm', () => {
    const { client, server, settle } = connected();
    for (let i = 0; i < 2_000; i++) {
      const junk = randomBytes(1 + (i % 1_400));
      server.connection.receive(
        junk,
        { host: '127.0.0.1', port: 9 },
        { host: '127.0.0.1', port: 2 },
      );
    }
    client.connection.write(text('still here'));
    settle();
    expect(server.streamBytes.toString()).toBe('still here');
  });

  it('writes early on a session, and the server reads it before the handshake has ended', () => {
    const config = newServerConfig();
    const first = connected(config);
    expect(first.client.session?.length).toBeGreaterThan(0);
    const second = new NativePair(config, first.client.session);
    second.client.connection.write(text('early'));
    second.client.connection.flush();
    expect(second.client.heard).toEqual(['early']);
    second.toServer();
    expect(second.server.streamBytes.toString()).toBe('early');
    expect(second.server.heard[0]).toBe('before established');
    second.settle();
    expect(second.client.connection.native.isResumed()).toBe(true);
    expect(second.server.streamBytes.toString()).toBe('early');
  });

  it('delivers early bytes once and later when the server has another ticket key', async () => {
    const first = connected();
    const second = new NativePair(newServerConfig(), first.client.session);
    second.client.connection.write(text('early'));
    second.client.connection.flush();
    second.toServer();
    expect(second.server.streamBytes.length).toBe(0);
    second.settle();
    while (second.server.streamBytes.length === 0) {
      // Until it finds that what left early was lost; its clock is the system's.
      await new Promise((resolve) => setTimeout(resolve, second.client.connection.timeoutMs));
      second.client.connection.onTimeout();
      second.settle();
    }
    expect(second.client.connection.native.isResumed()).toBe(false);
    expect(second.server.streamBytes.toString()).toBe('early');
  });

  it('gives the peer ids to move with', () => {
    const { client, server } = connected();
    expect(client.heard.filter((one) => one === 'id').length).toBeGreaterThan(0);
    expect(server.connection.native.availableDcids()).toBeGreaterThan(0);
    expect(client.connection.native.availableDcids()).toBeGreaterThan(0);
  });
});

function connected(config: NativeConfig = newServerConfig()): {
  readonly client: End;
  readonly server: End;
  readonly settle: () => void;
} {
  const pair = new NativePair(config);
  pair.settle();
  const { client, server } = pair;
  return { client, server, settle: () => pair.settle() };
}
