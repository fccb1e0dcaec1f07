import { type Runtime, Session } from 'node:inspector';

/** What two objects that behave alike may differ in: what is derived, kept for speed or outside. */
const APART: ReadonlySet<string> = new Set([
  '__proto__',
  // Of the world around a session, or the same object before and after.
  ...['options', '#options', 'crypto', '#crypto', 'outer', 'signer', 'drops', 'counters', 'log'],
  ...['secrets', 'keyLogLines', 'handler', '#handler', 'memory', '#memory'],
  // Back to what is looked at already.
  ...['#parts', '#host', '#observer', '#chains', '#issuer'],
  // Room that was made once, and is made again.
  ...['#scratch', '#pool', '#reader'],
  // Derived from secrets when it is needed.
  ...['#leavesOut', '#leavesIn', '#exporter'],
]);
/** By the class they stand in: room, and messages that are settled. */
const APART_IN: Readonly<Record<string, readonly string[]>> = {
  Fifo: ['#slots', '#head'],
  MessageRing: ['#slots', '#mask'],
  SendQueue: ['#levels'],
  LeafRing: ['#marks', '#leaves', '#count'],
  ControlParser: ['#buffer', '#start', '#end'],
  SendLane: ['#resend', '#partials', '#partialTimes'],
  OutgoingLanes: ['#gaps'],
  StatementReader: ['#queueHead'],
};

/** Deeper than anything in a session: whatever is deeper leads round in a circle. */
const MAX_DEPTH = 12;

/** All that an object is made of, private fields included, as primitives by the way that leads there. */
export class PrivateState {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
  }

  dispose(): void {
    this.#session.disconnect();
  }

  /** @param root each value that can be reached from it, once */
  of(root: object): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    const holder = globalThis as { probed?: object };
    holder.probed = root;
    const expression = 'globalThis.probed';
    const { result } = this.#post<Runtime.EvaluateReturnType>('Runtime.evaluate', {
      expression,
      objectGroup: 'probe',
    });
    this.#visit(result, '', found);
    this.#post('Runtime.releaseObjectGroup', { objectGroup: 'probe' });
    delete holder.probed;
    return found;
  }

  #visit(value: Runtime.RemoteObject, path: string, found: Record<string, unknown>): void {
    if (value.type === 'function') return;
    if (path.split('.').length > MAX_DEPTH) throw new Error(`a circle: ${path}`);
    if (value.objectId === undefined || value.subtype === 'null') {
      found[path] = value.unserializableValue ?? value.value;
      return;
    }
    const { className = '', objectId } = value;
    const properties = this.#post<
      Runtime.GetPropertiesReturnType & {
        privateProperties?: { name: string; value?: Runtime.RemoteObject }[];
      }
    >('Runtime.getProperties', { objectId, ownProperties: true });
    const internal = (properties.internalProperties ?? []).filter(
      ({ name }) => name === '[[Entries]]',
    );
    const all = [...properties.result, ...(properties.privateProperties ?? []), ...internal];
    for (const { name, value: of } of all) {
      // The options of the checkpoints hold their writer and reader.
      const isPart = className === 'Checkpoints' && name === '#options';
      const isApart = !isPart && (APART.has(name) || APART_IN[className]?.includes(name));
      if (of === undefined || isApart) continue;
      this.#visit(of, `${path}.${name}`, found);
    }
  }

  #post<T>(method: string, params: object): T {
    let answer: unknown;
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw new Error(`${method}: ${error.message}`);
      answer = result;
    });
    return answer as T;
  }
}
