// The pure state machine's view of one moment: what time it is, randomness, and where its actions go. The machine
// itself has no clock, timer, socket or promise; the shell in client.ts carries the actions out.

import type { TroupeError } from './errors.js';
import type { ClientMessage, EventMessage, Position } from './protocol.js';

export interface ConnectionStatus {
  phase: 'idle' | 'connecting' | 'open' | 'waiting' | 'closed';
  /** The node that is used, tried, or tried next. */
  address: string;
  /** Tries since the last good connection; 0 while all is well. */
  failures: number;
  /** Why the last connection ended; empty before that. */
  reason: string;
}

export type Outcome = { ok: true; seq: number } | { ok: false; error: TroupeError };

/** What a topic has to tell its user. */
export type TopicNotice =
  | { kind: 'reset'; snapshot: unknown; position: Position }
  | { kind: 'resumed'; position: Position }
  | { kind: 'event'; event: EventMessage }
  | { kind: 'people' }
  | { kind: 'signal'; from: string; data: unknown }
  | { kind: 'state' }
  | { kind: 'settled'; key: string; outcome: Outcome }
  | { kind: 'problem'; error: TroupeError };

export type Action =
  | { kind: 'open'; serial: number; address: string }
  | { kind: 'close'; serial: number; code: number; reason: string }
  | { kind: 'transmit'; message: ClientMessage }
  | { kind: 'status'; status: ConnectionStatus }
  | { kind: 'latency'; latencyMs: number }
  | { kind: 'topic'; topic: string; notice: TopicNotice };

export class Turn {
  readonly actions: Action[] = [];

  constructor(
    /** Milliseconds on a clock that never goes back. */
    readonly now: number,
    /** In [0, 1). */
    readonly random: () => number,
  ) {}

  notify(topic: string, notice: TopicNotice): void {
    this.actions.push({ kind: 'topic', topic, notice });
  }
}

/** The earliest of several deadlines, of which any may be absent. */
export function earliest(...deadlines: (number | undefined)[]): number | undefined {
  let first: number | undefined;
  for (const deadline of deadlines) {
    if (deadline !== undefined && (first === undefined || deadline < first)) first = deadline;
  }
  return first;
}
