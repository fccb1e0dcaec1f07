import type { CarrierRemote } from '@vcl-protocol/core';
import { platform } from '#platform';
import type { CarrierHandler } from '../carrier-link.js';

/**
 * How far a link is in its life, and whom it tells: it is open until this side ends it, which nobody
 * is told, or it is lost, which the handler is told once, and only after what came before.
 */
export class LinkLife {
  readonly #remote: CarrierRemote;
  #handler: CarrierHandler | undefined;
  #isOpen = true;
  #loss: { readonly error: Error | undefined } | undefined;
  #isHandingOver = false;

  constructor(remote: CarrierRemote) {
    this.#remote = remote;
  }

  /** Whether neither this side has ended it nor it was lost. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Who takes records; undefined before the start and after this side ended it. */
  get handler(): CarrierHandler | undefined {
    return this.#handler;
  }

  /**
   * Records go to `handler` from here on. In a later turn `handOver` gives it those that came
   * before; if the link is lost by then it is told after that.
   */
  start(handler: CarrierHandler, handOver: () => void): void {
    this.#handler = handler;
    this.#isHandingOver = true;
    platform.defer(() => {
      if (this.#handler !== undefined) handOver();
      this.#isHandingOver = false;
      this.#tellLoss();
    });
  }

  /** This side ends it: the handler hears nothing more. */
  end(): void {
    this.#handler = undefined;
    this.#isOpen = false;
    if (!this.#remote.isLost) this.#remote.onLost();
  }

  /** Nothing comes or leaves any more. @param error why, when it was not the peer's wish */
  lose(error?: Error): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#loss = { error };
    this.#remote.onLost();
    if (!this.#isHandingOver) this.#tellLoss();
  }

  #tellLoss(): void {
    const handler = this.#handler;
    if (this.#loss === undefined || handler === undefined) return;
    this.#handler = undefined;
    handler.onClosed(this.#loss.error);
  }
}
