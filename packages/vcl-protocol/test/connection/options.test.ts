import { createNobleProvider, createSeededProvider } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import { FlowController, TransportMode, VCLConfig, VCLConnection } from '../../src/index.js';
import { useConnections } from '../support/connections.js';

const { bind } = useConnections();

describe('bind', () => {
  it('has the configuration of the guide by default, and takes another', async () => {
    const byDefault = await bind();
    expect(byDefault.getConfig()).toMatchObject({ ...VCLConfig.auto() });
    const gaming = await VCLConnection.bindWithConfig('127.0.0.1:0', VCLConfig.gaming());
    expect(gaming.getConfig()).toMatchObject({ reliability: 'partial', fragmentSize: 1400 });
    await gaming.close();
  });

  it('runs the preset for VPNs over TCP, as it says, or over UDP when told', async () => {
    const clients = 'any';
    const config = VCLConfig.vpn();
    const server = await bind({ config, clients });
    const client = await bind({ config });
    const accepting = server.acceptHandshake();
    const { port } = server.localAddress();
    await client.connect(`127.0.0.1:${port}`, { server: server.getPublicKey() });
    await accepting;
    expect([client.carrier(), server.carrier()]).toEqual(['tcp', 'tcp']);
    const udp = { ...config, transport: TransportMode.Udp };
    expect((await bind({ config: udp })).getConfig().reliability).toBe('reliable');
  });

  it('refuses random bytes that can be predicted', async () => {
    const crypto = createSeededProvider(
      createNobleProvider(() => {}),
      1,
    );
    await expect(bind({ crypto })).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining('for tests'),
    });
  });

  it('refuses an option that there is not, and guesses what was meant', async () => {
    await expect(bind({ client: 'any' } as object)).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: 'client is not an option: did you mean clients?',
    });
  });

  it.each([
    [{ idleTimeoutMs: -1 }, 'InvalidConfig', 'idleTimeoutMs'],
    [{ crypto: 'rot13' }, 'InvalidConfig', 'rot13'],
    [{ identity: 42 }, 'InvalidConfig', 'identity'],
    [{ clients: 'everybody' }, 'InvalidConfig', "'everybody'"],
    [{ clients: ['vcl-ed25519:short'] }, 'InvalidKey', 'base64url'],
    [{ invitations: [new Uint8Array(32)] }, 'InvalidKey', 'invitation'],
    [{ invitations: [1, 2, 3] }, 'InvalidConfig', 'at most 2'],
    [{ config: { fragmentSize: 1 } }, 'InvalidConfig', 'fragmentSize'],
  ])('refuses %j', async (options, code, what) => {
    await expect(bind(options as object)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(what),
    });
  });

  it('does nothing when its signal is aborted already', async () => {
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(bind({ signal })).rejects.toThrow('never mind');
  });

  it('refuses an address that is none', async () => {
    await expect(bind({}, '::1:80')).rejects.toMatchObject({ code: 'IoError' });
    await expect(bind({}, '203.0.113.1:0')).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('no address of this machine'),
    });
  });
});

describe('FlowController', () => {
  it('needs no clock to be made, and takes one', () => {
    expect(new FlowController().windowSize()).toBe(64);
    let now = 0;
    const controller = FlowController.withRto(4, 100, { now: () => now });
    controller.onSend(0, new Uint8Array(1));
    expect(controller.timedOutPackets()).toEqual([]);
    now = 101;
    expect(controller.timedOutPackets()).toHaveLength(1);
  });
});
