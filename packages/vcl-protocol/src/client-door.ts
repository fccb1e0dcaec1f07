import type { ClientDecision } from './identity/client-policy.js';
import type { ArrivedClient, Station } from './station.js';

/** So long before the client gives up is it told that nobody decided. */
const MARGIN_MS = 500;

/** What {@link ClientDoor} needs. */
export interface ClientDoorOptions {
  readonly station: Station;
  readonly decide: ClientDecision;
  /** The client is welcome: accept it, or refuse it for want of room. */
  readonly onWelcome: (client: ArrivedClient) => void;
}

/**
 * Lets the policy decide about clients, about any number at a time. A decision that takes longer
 * than the client's attempt lasts (10 s, SPEC 4.5) is a no.
 */
export class ClientDoor {
  readonly #options: ClientDoorOptions;

  constructor(options: ClientDoorOptions) {
    this.#options = options;
  }

  /** Decides about a client that has arrived. Never rejects. */
  async judge(client: ArrivedClient): Promise<void> {
    const { station, decide, onWelcome } = this.#options;
    const { address, port } = client.remote;
    const answer = await within(
      decide(client.key, { address, port }),
      client.attempt.responder.expiresAt - station.driver.now() - MARGIN_MS,
    );
    if (answer === undefined) {
      station.settings.dropLog.warn({}, 'client refused: the policy did not decide in time');
      station.refuse(client, 'no decision was made in time');
    } else if (answer) {
      onWelcome(client);
    } else {
      station.refuse(client, 'the key of this client is not admitted');
    }
  }
}

/** What `decision` resolves with, or undefined after `timeoutMs`. */
async function within(decision: Promise<boolean>, timeoutMs: number): Promise<boolean | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, timeoutMs), undefined);
  });
  try {
    return await Promise.race([decision, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
