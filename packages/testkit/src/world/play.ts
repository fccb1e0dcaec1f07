import type { NetworkAddress } from '../network/address.js';
import type { Simulation } from '../simulation/simulation.js';
import type { World, WorldMessage, WorldNetworkEvent, WorldSide } from './world.js';

/** The two addresses a world is played between. */
export interface WorldPlace {
  readonly client: NetworkAddress;
  readonly server: NetworkAddress;
}

/** Does to the machines under test what a world asks for. */
export interface WorldActor {
  /** @param index the message's place in {@link World.messages}, for `fillWorldMessage` */
  send(message: WorldMessage, index: number, now: number): void;
  rotate(side: WorldSide, now: number): void;
  ping(side: WorldSide, now: number): void;
}

/**
 * Gives the network between two addresses the conditions of `world` and schedules what happens to
 * it. Times of the world count from 0 of virtual time.
 */
export function playWorldNetwork(world: World, simulation: Simulation, place: WorldPlace): void {
  const { client, server } = place;
  simulation.network.setConditions(client, server, world.links.toServer);
  simulation.network.setConditions(server, client, world.links.toClient);
  world.networkEvents.forEach((event, index) => {
    simulation.at(event.atMs, () => playEvent(event, index, simulation, place));
  });
}

/** Schedules the messages, rotations and pings of `world`; times count from 0 of virtual time. */
export function playWorldWorkload(world: World, simulation: Simulation, actor: WorldActor): void {
  world.messages.forEach((message, index) => {
    simulation.at(message.atMs, (now) => actor.send(message, index, now));
  });
  for (const { atMs, side } of world.rotations) {
    simulation.at(atMs, (now) => actor.rotate(side, now));
  }
  for (const { atMs, side } of world.pings) {
    simulation.at(atMs, (now) => actor.ping(side, now));
  }
}

function playEvent(
  event: WorldNetworkEvent,
  index: number,
  { network }: Simulation,
  { client, server }: WorldPlace,
): void {
  if (event.kind === 'rebind') {
    network.nat.rebind(client, event.newAddress ? { address: `203.0.113.${index + 1}` } : {});
  } else if (event.direction === 'toServer') {
    network.setConditions(client, server, event.conditions);
  } else {
    network.setConditions(server, client, event.conditions);
  }
}
