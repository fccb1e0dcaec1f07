import { type Reveal, revealId } from './adversary.js';
import { clientSteps, showStart, startClient } from './client.js';
import { Knowledge } from './knowledge.js';
import type { Property } from './properties.js';
import type { Session, SessionConfig, Stage, Step, World } from './roles.js';
import { serverSteps, startServer } from './server.js';
import type { Term } from './term.js';

/** One global state. */
export interface State {
  readonly sessions: readonly Session[];
  /** For each session the secrets that had leaked when it authenticated its peer; undefined before. */
  readonly leakedBefore: readonly (readonly string[] | undefined)[];
  /** Secrets that have leaked by now. */
  readonly leaked: readonly string[];
  readonly knowledge: Knowledge;
}

/** What is searched: sessions, leaks, bounds and the adversary's first knowledge. */
export interface Problem {
  readonly sessions: readonly SessionConfig[];
  readonly reveals: readonly Reveal[];
  readonly world: World;
  readonly initial: readonly Term[];
  /** True when E only listens: it may delay and repeat messages, but makes none. */
  readonly passive: boolean;
  /** The search gives up beyond this number of states, and says so. */
  readonly maxStates: number;
}

/** A broken property and how to get there. */
export interface Attack {
  readonly property: string;
  readonly reason: string;
  readonly trace: readonly string[];
}

/** The result of a search. */
export interface Outcome {
  readonly states: number;
  /** True when every reachable state within the bounds was visited. */
  readonly complete: boolean;
  readonly attack: Attack | undefined;
  /** `session stage peer` of every local state seen: shows that a scenario is not vacuous. */
  readonly reached: ReadonlySet<string>;
}

interface Node {
  readonly state: State;
  readonly parent: Node | undefined;
  readonly line: string;
}

/** Visits the reachable states breadth first, so that the first attack found is one of the shortest. */
export function explore(problem: Problem, properties: readonly Property[]): Outcome {
  const steps = rememberSteps(problem.world);
  const first: Node = { state: firstState(problem), parent: undefined, line: '' };
  const queue: Node[] = [first];
  const seen = new Set([keyOf(first.state)]);
  const reached = new Set<string>();
  for (let next = 0; next < queue.length; next += 1) {
    const node = queue[next] as Node;
    note(node.state, reached);
    for (const property of properties) {
      const reason = property.check(node.state, problem);
      if (reason === undefined) continue;
      const attack = { property: property.name, reason, trace: traceOf(node) };
      return { states: seen.size, complete: false, attack, reached };
    }
    for (const { state, line } of successors(node.state, problem, steps)) {
      const key = keyOf(state);
      if (seen.has(key)) continue;
      if (seen.size >= problem.maxStates) {
        return { states: seen.size, complete: false, attack: undefined, reached };
      }
      seen.add(key);
      queue.push({ state, parent: node, line });
    }
  }
  return { states: seen.size, complete: true, attack: undefined, reached };
}

type StepSource = (session: Session) => readonly Step[];

/** A session's possible steps depend on its local state only: they are built once a local state. */
function rememberSteps(world: World): StepSource {
  const byHistory = new Map<string, readonly Step[]>();
  return (session) => {
    const known = byHistory.get(session.history);
    if (known !== undefined) return known;
    const steps = (session.config.role === 'client' ? clientSteps : serverSteps)(session, world);
    byHistory.set(session.history, steps);
    return steps;
  };
}

function firstState(problem: Problem): State {
  const sessions = problem.sessions.map((config) =>
    config.role === 'client' ? startClient(config, problem.world.protocol) : startServer(config),
  );
  return {
    sessions,
    leakedBefore: sessions.map(() => undefined),
    leaked: [],
    knowledge: Knowledge.of([...problem.initial, ...sessions.flatMap((session) => session.sent)]),
  };
}

function* successors(
  state: State,
  problem: Problem,
  steps: StepSource,
): Generator<{ readonly state: State; readonly line: string }> {
  for (const reveal of problem.reveals) {
    const id = revealId(reveal);
    const secret = state.leaked.includes(id) ? undefined : reveal.secret(state.sessions);
    if (secret === undefined) continue;
    const leaked = [...state.leaked, id].sort();
    yield {
      state: { ...state, leaked, knowledge: state.knowledge.with([secret]) },
      line: `E learns ${id}`,
    };
  }
  for (const [index, session] of state.sessions.entries()) {
    if (mustWait(state.sessions, index, problem.reveals)) continue;
    for (const step of steps(session)) {
      if (!state.knowledge.derivable(step.requires)) continue;
      const original = state.knowledge.holds(step.requires);
      if (problem.passive && !original) continue;
      const composed = original ? '' : ' [composed by E]';
      yield { state: advance(state, index, step), line: `${step.line}${composed}` };
    }
  }
}

/** Idle servers that differ in their name only are interchangeable: they start in order. */
function mustWait(
  sessions: readonly Session[],
  index: number,
  reveals: readonly Reveal[],
): boolean {
  const [before, session] = [sessions[index - 1], sessions[index]];
  if (before?.stage !== 'idle' || session?.stage !== 'idle') return false;
  const ids = [before.config.id, session.config.id];
  const anonymous = (config: SessionConfig) => JSON.stringify({ ...config, id: '' });
  return (
    anonymous(before.config) === anonymous(session.config) &&
    !reveals.some((reveal) => ids.includes(reveal.of))
  );
}

function advance(state: State, index: number, step: Step): State {
  const authenticates = state.sessions[index]?.peer === undefined && step.next.peer !== undefined;
  return {
    sessions: state.sessions.with(index, step.next),
    leakedBefore: authenticates ? state.leakedBefore.with(index, state.leaked) : state.leakedBefore,
    leaked: state.leaked,
    knowledge: step.sends.length === 0 ? state.knowledge : state.knowledge.with(step.sends),
  };
}

/** Knowledge follows from the histories and the leaks, so it is no part of the key. */
const keyOf = (state: State): string =>
  [
    ...state.sessions.map((session) => session.history),
    ...state.leakedBefore.map((leaked) => leaked?.join() ?? '-'),
    state.leaked.join(),
  ].join(';');

function note(state: State, reached: Set<string>): void {
  for (const session of state.sessions) {
    const stage: Stage = session.stage;
    reached.add(`${session.config.id} ${stage} ${session.peer ?? '-'}`);
  }
}

function traceOf(node: Node): string[] {
  const lines: string[] = [];
  let at: Node = node;
  while (at.parent !== undefined) {
    lines.unshift(at.line);
    at = at.parent;
  }
  const clients = at.state.sessions.filter((session) => session.config.role === 'client');
  return [...clients.map(showStart), ...lines];
}
