import { describe, expect, it } from 'vitest';
import type { EarlyArrival } from '../../src/connection-options.js';
import {
  KeyPair,
  VCLConfig,
  VCLConnection,
  VCLListener,
  type VCLListenerOptions,
} from '../../src/index.js';

const config = { ...VCLConfig.auto(), delivery: 'authenticated' as const };

interface Served {
  readonly listener: VCLListener;
  readonly early: EarlyArrival[];
  /** What happened, in order. */
  readonly events: string[];
}

async function serve(options: Partial<VCLListenerOptions> = {}, address = 'udp://127.0.0.1:0') {
  const early: EarlyArrival[] = [];
  const events: string[] = [];
  const listener = await VCLListener.bind(address, {
    clients: 'any',
    config,
    onEarlyData(arrival) {
      early.push(arrival);
      events.push('early');
    },
    ...options,
  });
  return { listener, early, events } satisfies Served;
}

const texts = (arrival: EarlyArrival | undefined): string[] =>
  arrival?.messages.map(({ payload }) => new TextDecoder().decode(payload)) ?? [];

/** Connects with `earlyData`, says goodbye, and gives all that the session has handed out. */
async function visit(
  { listener, events }: Served,
  identity: KeyPair,
  earlyData: readonly string[],
  scheme = 'udp',
): Promise<string[]> {
  const { port } = listener.localAddress();
  const client = await VCLConnection.bind(`${scheme}://127.0.0.1:0`, { identity, config });
  const server = listener.getPublicKey();
  const accepting = listener.accept();
  // A client that is refused leaves it waiting until the listener is closed.
  accepting.catch(() => undefined);
  await client.connect(`${scheme}://127.0.0.1:${port}`, { server, earlyData });
  const connection = await accepting;
  events.push('accepted');
  await client.send('last');
  const got: string[] = [];
  while (got.at(-1) !== 'last') got.push((await connection.recv()).text());
  await client.close();
  return got;
}

describe('early data', () => {
  it.each(['udp', 'tcp', 'ws'])(
    'is handed over before the handshake has ended over %s',
    async (scheme) => {
      const served = await serve({}, `${scheme}://127.0.0.1:0`);
      const identity = KeyPair.generate();
      expect(await visit(served, identity, ['one', 'two'], scheme)).toEqual(['one', 'two', 'last']);
      expect(served.early).toEqual([]);
      expect(await visit(served, identity, ['three', 'four'], scheme)).toEqual(['last']);
      expect(served.early.map(texts)).toEqual([['three', 'four']]);
      expect(served.early[0]?.peerIdentity).toEqual(identity.publicKey);
      expect(served.events).toEqual(['accepted', 'early', 'accepted']);
      await served.listener.close();
    },
  );

  it('comes in the session when the server was restarted and knows no ticket', async () => {
    const identity = KeyPair.generate();
    const serverKey = KeyPair.generate();
    const first = await serve({ identity: serverKey });
    const { port } = first.listener.localAddress();
    await visit(first, identity, ['one']);
    await first.listener.close();
    const second = await serve({ identity: serverKey }, `udp://127.0.0.1:${port}`);
    expect(await visit(second, identity, ['two'])).toEqual(['two', 'last']);
    expect(second.early).toEqual([]);
    await second.listener.close();
  });

  it('needs a ticket of the same identity', async () => {
    const served = await serve();
    await visit(served, KeyPair.generate(), ['one']);
    expect(await visit(served, KeyPair.generate(), ['two'])).toEqual(['two', 'last']);
    expect(served.early).toEqual([]);
    await served.listener.close();
  });

  it('is not handed over when the policy does not want the client any more', async () => {
    let isWanted = true;
    const served = await serve({ clients: { authorize: () => isWanted } });
    const identity = KeyPair.generate();
    await visit(served, identity, []);
    isWanted = false;
    await expect(visit(served, identity, ['one'])).rejects.toMatchObject({ code: 'AuthRefused' });
    expect(served.early).toEqual([]);
    await served.listener.close();
  });

  it('comes in the session when the policy wanted the client only later', async () => {
    const verdicts = [true, false, true];
    const served = await serve({ clients: { authorize: () => verdicts.shift() === true } });
    const identity = KeyPair.generate();
    await visit(served, identity, []);
    expect(await visit(served, identity, ['one'])).toEqual(['one', 'last']);
    expect(served.early).toEqual([]);
    await served.listener.close();
  });

  it('comes again in the session when the application throws', async () => {
    const served = await serve({
      onEarlyData() {
        throw new Error('of the application');
      },
    });
    const identity = KeyPair.generate();
    await visit(served, identity, []);
    expect(await visit(served, identity, ['one'])).toEqual(['one', 'last']);
    await served.listener.close();
  });

  it('is refused by a side that waits for signatures', async () => {
    const waiting = serve({ config: VCLConfig.auto() });
    await expect(waiting).rejects.toMatchObject({ code: 'InvalidConfig' });
  });

  it('is no more than fits', async () => {
    const client = await VCLConnection.bind('udp://127.0.0.1:0');
    const tooLong = client.connect('127.0.0.1:9', { earlyData: ['x'.repeat(8_193)] });
    await expect(tooLong).rejects.toMatchObject({ code: 'MessageTooBig' });
    const none = client.connect('127.0.0.1:9', { earlyData: 'x' as unknown as string[] });
    await expect(none).rejects.toMatchObject({ code: 'InvalidConfig' });
    await client.close();
  });
});
