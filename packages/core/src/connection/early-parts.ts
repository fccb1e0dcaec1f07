import type { ReceivedMessage } from '../message/received-message.js';
import { CloseCode } from '../wire/close-codes.js';
import {
  ControlType,
  type EarlyMessageCount,
  type TicketMessage,
} from '../wire/control-messages.js';
import type { ConnectionParts } from './connection-parts.js';

/** Messages that went early keep their numbers: nothing overtakes them. */
const EARLY_MESSAGE = {
  reliability: 'reliable',
  deadline: Number.POSITIVE_INFINITY,
  maxRetries: 0,
  priority: Number.MAX_SAFE_INTEGER,
} as const;

/** What went before the handshake goes again, ahead of everything else; a server gives a ticket (SPEC 4.7). */
export function beginEarly(parts: ConnectionParts): void {
  const { early, handshake } = parts.options;
  const sent = early?.earlyBody();
  if (sent !== undefined) parts.sendControl(ControlType.EARLY, sent);
  for (const { kind, payload } of early?.messages ?? []) {
    parts.outgoing.enqueue({ payload, kind, ...EARLY_MESSAGE });
  }
  const ticket = parts.role === 'server' ? early?.ticketBody(handshake, parts.now) : undefined;
  if (ticket !== undefined) parts.sendControl(ControlType.TICKET, ticket);
}

/** TICKET. @returns 0 or a close code */
export function handleTicket(parts: ConnectionParts, message: TicketMessage, now: number): number {
  if (parts.role === 'server') return CloseCode.PROTOCOL_VIOLATION;
  const { early, handshake } = parts.options;
  if (early === undefined) return 0;
  const ticket = early.ticket(handshake, message, now);
  // One a session: more would wait for an application that does not ask.
  if (ticket === undefined) return CloseCode.PROTOCOL_VIOLATION;
  parts.events.push({ type: 'ticket', ticket });
  return 0;
}

/** EARLY: before OPEN, so that nothing was handed over yet. @returns 0 or a close code */
export function handleEarly(parts: ConnectionParts, told: EarlyMessageCount): number {
  if (parts.role === 'client') return CloseCode.PROTOCOL_VIOLATION;
  const hasOpened = parts.checkpoints.reader.verified > 0;
  const { early, handshake } = parts.options;
  return early?.onEarly(handshake, told, hasOpened) ?? 0;
}

/**
 * Whether the application has a message already, from before the handshake. Another one under its
 * number ends the session.
 */
export function wasEarly(parts: ConnectionParts, message: ReceivedMessage): boolean {
  const known = parts.options.early?.isKnown(message) ?? false;
  if (known === 'altered') {
    parts.fail(CloseCode.CHAIN_INVALID, 0, 'a message is another one than it was early');
  }
  return known !== false;
}
