// The user's handle of a topic.

import { Emitter, type Listener } from './emitter.js';
import { TroupeError } from './errors.js';
import type { EventMessage, Position } from './protocol.js';
import type { TopicPhase, TopicState } from './topic-state.js';
import type { Outcome, TopicNotice } from './turn.js';

export interface TopicEvent<Data> {
  seq: number;
  key: string;
  from: string;
  data: Data;
}

export interface Person<Present> {
  session: string;
  present: Present;
  /** Whether this is the client's own session. */
  self: boolean;
}

export interface TopicStatus {
  phase: TopicPhase;
  /** False while the document's owner cannot be reached; sends wait meanwhile. */
  available: boolean;
  reason: string;
  /** This client may only look: sends reject with `read_only`. */
  readOnly: boolean;
  /** The node that this topic was joined through. */
  node: string;
  session: string;
  error: TroupeError | undefined;
}

/** The types of a topic's data; each is `unknown` unless the user says better. */
export interface TopicTypes {
  event: unknown;
  snapshot: unknown;
  present: unknown;
  signal: unknown;
}

export interface TopicEvents<Types extends TopicTypes> {
  /** Throw away what you have of this topic, and begin from the snapshot. */
  reset: { snapshot: Types['snapshot']; position: Position };
  /** Keep what you have: the events after `position` follow. */
  resumed: Position;
  /** The next event: exactly once and in order. */
  event: TopicEvent<Types['event']>;
  people: Person<Types['present']>[];
  signal: { from: string; data: Types['signal'] };
  status: TopicStatus;
  /** A request failed that nobody waits for, such as a presence that is too large. */
  problem: TroupeError;
}

/** What a handle asks of its client. */
export interface TopicPort {
  send(topic: string, key: string, data: unknown): TroupeError | undefined;
  signal(topic: string, data: unknown): boolean;
  setPresent(topic: string, present: unknown): void;
  leave(topic: string): void;
  newKey(): string;
  schedule(callback: () => void, delayMs: number): () => void;
}

export class Topic<Types extends TopicTypes = TopicTypes> {
  readonly #state: TopicState;
  readonly #port: TopicPort;
  readonly #events = new Emitter<TopicEvents<Types>>();
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();

  /** Topics are made by `Client.join`. */
  constructor(state: TopicState, port: TopicPort) {
    this.#state = state;
    this.#port = port;
  }

  get name(): string {
    return this.#state.name;
  }

  /** How far this client has come; undefined until the first join worked. To be passed as `after` by a later client. */
  get position(): Position | undefined {
    return this.#state.position && { ...this.#state.position };
  }

  get status(): TopicStatus {
    const { phase, available, reason, readOnly, node, session, failure } = this.#state;
    return { phase, available, reason, readOnly, node, session, error: failure };
  }

  get people(): Person<Types['present']>[] {
    return [...this.#state.people].map(([session, present]) => ({
      session,
      present: present as Types['present'],
      self: session === this.#state.session,
    }));
  }

  /** The keys of the sends without an acknowledgement, oldest first. */
  get unacknowledged(): string[] {
    return this.#state.outbox.keys();
  }

  on<Name extends keyof TopicEvents<Types>>(name: Name, listener: Listener<TopicEvents<Types>[Name]>): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Appends an event. Resolves with its seq once it is on disk, however many reconnects that takes. Rejects with a
   * `TroupeError`: `queue_full` or `too_large` at once, `invalid_event` and the like when the server says so, `left`
   * or `closed` if that comes first. `key` is made up unless given; an event with the same key is applied once.
   */
  send(data: Types['event'], key = this.#port.newKey()): Promise<{ seq: number }> {
    return new Promise((resolve, reject) => {
      // Registered first, as the answer may come within the call when the topic has failed already.
      const settle = (outcome: Outcome) => (outcome.ok ? resolve({ seq: outcome.seq }) : reject(outcome.error));
      if (!this.#waiting.has(key)) this.#waiting.set(key, settle);
      const refusal = this.#port.send(this.name, key, data);
      if (refusal === undefined) return;
      if (this.#waiting.get(key) === settle) this.#waiting.delete(key);
      reject(refusal);
    });
  }

  /** Shows `data` to the others who are there now. Returns false if it was dropped. */
  signal(data: Types['signal']): boolean {
    return this.#port.signal(this.name, data);
  }

  /** Replaces what others see of this session, now and after each reconnect. */
  setPresent(present: Types['present']): void {
    this.#port.setPresent(this.name, present);
  }

  /** Resolves when the topic is joined; rejects if it cannot be, or not within `timeoutMs`. */
  whenJoined(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        cancel();
        unsubscribe();
        settle();
      };
      const look = () => {
        if (this.#state.phase === 'joined') finish(resolve);
        else if (this.#state.failure !== undefined) finish(() => reject(this.#state.failure));
      };
      const late = () => finish(() => reject(new TroupeError('timeout', `${this.name} was not joined in time`)));
      const cancel = this.#port.schedule(late, timeoutMs);
      const unsubscribe = this.on('status', look);
      look();
    });
  }

  /** Leaves the topic; sends without an acknowledgement reject with `left`. */
  leave(): void {
    this.#port.leave(this.name);
  }

  /** For the client only: nothing more will come, so whoever still waits is told why. */
  end(error: TroupeError): void {
    for (const settle of this.#waiting.values()) settle({ ok: false, error });
    this.#waiting.clear();
  }

  /** For the client only: hands on what the state machine says. */
  deliver(notice: TopicNotice): void {
    switch (notice.kind) {
      case 'reset':
        return this.#events.emit('reset', { snapshot: notice.snapshot, position: notice.position });
      case 'resumed':
        return this.#events.emit('resumed', notice.position);
      case 'event':
        return this.#events.emit('event', pick(notice.event));
      case 'people':
        return this.#events.emit('people', this.people);
      case 'signal':
        return this.#events.emit('signal', { from: notice.from, data: notice.data });
      case 'state':
        return this.#events.emit('status', this.status);
      case 'settled':
        this.#waiting.get(notice.key)?.(notice.outcome);
        this.#waiting.delete(notice.key);
        return;
      case 'problem':
        return this.#events.emit('problem', notice.error);
    }
  }
}

function pick({ seq, key, from, data }: EventMessage): TopicEvent<unknown> {
  return { seq, key, from, data };
}
