export { type Appointment, type TimedAction, VirtualTime } from './clock.js';
export { addressKey, type NetworkAddress } from './network/address.js';
export {
  CarrierEnd,
  CarrierPipe,
  type CarrierPipeEnds,
  type CarrierPipeOptions,
  type CarrierTap,
  type LossySideOptions,
} from './network/carrier-pipe.js';
export { type LinkConditions, PERFECT_LINK, type TimeWindow } from './network/conditions.js';
export type { LinkCounters } from './network/counters.js';
export type { AddressTranslator } from './network/nat.js';
export { type DatagramReceiver, type NetworkOptions, SimulatedNetwork } from './network/network.js';
export type { NetworkTap, TappedDatagram, TapVerdict } from './network/tap.js';
export { Pair, type PairOptions, PairSide } from './pair.js';
export { SeededRandom } from './random.js';
export { EventQueue, type QueueEntry } from './scheduler.js';
export { type HostOptions, type HostPlace, SimulatedHost } from './simulation/host.js';
export type { DatagramMachine } from './simulation/machine.js';
export {
  type RunEnd,
  type RunOptions,
  type RunResult,
  Simulation,
  type SimulationOptions,
} from './simulation/simulation.js';
export { TraceHash } from './trace-hash.js';
export {
  playWorldNetwork,
  playWorldWorkload,
  type WorldActor,
  type WorldPlace,
} from './world/play.js';
export { type RunWorldOptions, runWorld, type WorldResult } from './world/run-world.js';
export type {
  World,
  WorldDirection,
  WorldMessage,
  WorldMoment,
  WorldNetworkEvent,
  WorldReliability,
  WorldSettings,
  WorldSide,
} from './world/world.js';
export { fillWorldMessage, randomWorld } from './world.js';
