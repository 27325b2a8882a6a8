// One topic of one client: joined or not, how far it has come, who is there, and what is still to be sent. Pure.
//
// The rule that makes resuming right: `position` moves only by an event that is exactly the next one, or by a snapshot.
// A repeat is ignored; a gap means that something was lost, and the topic is left and joined again from `position`.

import { backoffMs } from './backoff.js';
import { TroupeError, isRetryable } from './errors.js';
import type { Limits } from './options.js';
import { Outbox } from './outbox.js';
import type { EventMessage, JoinedMessage, Position, ServerMessage } from './protocol.js';
import type { Request } from './requests.js';
import { earliest, type TopicNotice } from './turn.js';

/** What a topic can do in a turn; `Session` provides it. */
export interface TopicHost {
  now: number;
  random: () => number;
  isOpen: boolean;
  join(topic: string, after: Position | undefined, options: JoinOptions): number;
  leave(topic: string): void;
  send(topic: string, key: string, data: unknown, bytes: number): void;
  present(topic: string, present: unknown): void;
  signal(topic: string, data: unknown): void;
  /** Answers to earlier requests of this topic no longer matter. */
  forget(topic: string): void;
  notify(topic: string, notice: TopicNotice): void;
}

export type TopicPhase = 'offline' | 'joining' | 'joined' | 'pausing' | 'failed';

export interface JoinOptions {
  present?: unknown;
  after?: Position;
  /** Opens a locked topic for writing; without the right one it can only be read. */
  writeKey?: string | undefined;
}

export class TopicState {
  readonly outbox: Outbox;
  /** Who is there, this session included if it shows anything: session name to what it shows. */
  readonly people = new Map<string, unknown>();
  phase: TopicPhase = 'offline';
  available = true;
  readOnly = false;
  reason = '';
  position: Position | undefined;
  session = '';
  node = '';
  failure: TroupeError | undefined;

  readonly #limits: Limits;
  readonly #writeKey: string | undefined;
  #present: unknown;
  #presentIsStale = false;
  #joinId = -1;
  #joinedAtServer = false;
  #pauseUntil: number | undefined;
  #troubles = 0;
  // Sessions that this client had before a reconnect: the server may still list them until it notices.
  readonly #formerSessions = new Set<string>();

  constructor(
    readonly name: string,
    options: JoinOptions,
    limits: Limits,
  ) {
    this.#limits = limits;
    this.#present = options.present;
    this.#writeKey = options.writeKey;
    this.position = options.after;
    this.outbox = new Outbox(limits);
  }

  connected(host: TopicHost): void {
    this.#joinedAtServer = false;
    if (this.phase !== 'failed') this.#join(host);
  }

  disconnected(host: TopicHost): void {
    this.outbox.rewind();
    this.#joinedAtServer = false;
    this.#pauseUntil = undefined;
    if (this.phase === 'failed') return;
    this.phase = 'offline';
    host.notify(this.name, { kind: 'state' });
  }

  /** Queues a send, and transmits it if it is its turn. Returns what went wrong, if it was not queued. */
  send(host: TopicHost, key: string, data: unknown, bytes: number): TroupeError | undefined {
    if (this.failure !== undefined) return this.failure;
    if (bytes > this.#limits.dataBytesMax) {
      return new TroupeError('too_large', `${bytes} bytes of data; at most ${this.#limits.dataBytesMax} are taken`);
    }
    const outcome = this.outbox.add(key, data, bytes);
    if (outcome === 'queue_full') return new TroupeError(outcome, 'too many sends wait for their acknowledgement');
    if (outcome === 'duplicate_key') return new TroupeError(outcome, `a send with the key ${key} is waiting already`);
    this.#pump(host);
    return undefined;
  }

  /** Returns false if the signal was dropped, as nobody could be reached now. */
  signal(host: TopicHost, data: unknown): boolean {
    if (this.phase !== 'joined') return false;
    host.signal(this.name, data);
    return true;
  }

  setPresent(host: TopicHost, present: unknown): void {
    this.#present = present;
    this.#presentIsStale = true;
    this.#listSelf();
    host.notify(this.name, { kind: 'people' });
    this.#pump(host);
  }

  /** Ends the topic: whoever waits for an acknowledgement learns that none will come. */
  end(host: TopicHost, error: TroupeError): void {
    if (this.#joinedAtServer && host.isOpen) host.leave(this.name);
    this.#fail(host, error);
  }

  message(host: TopicHost, message: Extract<ServerMessage, { topic: string }>): void {
    switch (message.op) {
      case 'joined':
        return this.#joined(host, message);
      case 'event':
        return this.#event(host, message);
      case 'present':
        for (const { session, present } of message.joined) this.#addPerson(session, present);
        for (const session of message.left) this.people.delete(session);
        return host.notify(this.name, { kind: 'people' });
      case 'signal':
        return host.notify(this.name, { kind: 'signal', from: message.from, data: message.data });
      case 'status':
        return this.#status(host, message.available, message.reason);
    }
  }

  acknowledged(host: TopicHost, request: Request, seq: number | undefined): void {
    if (request.kind === 'send') this.#settleGood(host, request.key, seq ?? 0);
  }

  refused(host: TopicHost, request: Request, error: TroupeError): void {
    switch (request.kind) {
      case 'join':
        return this.#joinRefused(host, error);
      case 'send':
        return this.#sendRefused(host, request.key, error);
      case 'present':
        if (isRetryable(error.code)) {
          this.#presentIsStale = true;
          this.#pause(host);
        } else {
          host.notify(this.name, { kind: 'problem', error });
        }
        return;
      default:
        return;
    }
  }

  time(host: TopicHost): void {
    if (this.#pauseUntil !== undefined && host.now >= this.#pauseUntil) {
      this.#pauseUntil = undefined;
      if (this.phase === 'pausing') this.#join(host);
    }
    this.#pump(host);
  }

  deadline(): number | undefined {
    return earliest(this.#pauseUntil, this.phase === 'joined' ? this.outbox.deadline() : undefined);
  }

  #join(host: TopicHost): void {
    if (this.#joinedAtServer) host.leave(this.name);
    // Answers to what was sent before are not waited for: all of it goes out again after the join, with its keys.
    host.forget(this.name);
    this.outbox.rewind();
    this.#joinedAtServer = false;
    this.#presentIsStale = false;
    this.#joinId = host.join(this.name, this.position, { present: this.#present, writeKey: this.#writeKey });
    this.phase = 'joining';
    host.notify(this.name, { kind: 'state' });
  }

  #joined(host: TopicHost, message: JoinedMessage): void {
    const unasked = message.id === undefined;
    if (unasked ? this.phase !== 'joined' : message.id !== this.#joinId || this.phase !== 'joining') return;
    this.#joinedAtServer = true;
    if (message.recovered && message.epoch !== this.position?.epoch) return this.#startOver(host);
    this.#becomeSession(message.session);
    this.node = message.node;
    this.phase = 'joined';
    this.available = true;
    this.reason = '';
    this.readOnly = message.readOnly;
    this.people.clear();
    for (const { session, present } of message.present) this.#addPerson(session, present);
    this.#listSelf();
    if (!message.recovered) {
      this.position = { epoch: message.epoch, seq: message.seq };
      this.#troubles = 0;
      host.notify(this.name, { kind: 'reset', snapshot: message.snapshot, position: { ...this.position } });
    } else if (this.position !== undefined) {
      host.notify(this.name, { kind: 'resumed', position: { ...this.position } });
    }
    host.notify(this.name, { kind: 'state' });
    host.notify(this.name, { kind: 'people' });
    this.#pump(host);
  }

  #event(host: TopicHost, message: EventMessage): void {
    // Between leaving and joining again, events of the old subscription may still arrive.
    if (this.phase !== 'joined' || this.position === undefined) return;
    if (message.seq <= this.position.seq) return;
    if (message.seq > this.position.seq + 1) return this.#rejoin(host);
    this.position.seq = message.seq;
    this.#troubles = 0;
    // An own event is as good as its acknowledgement, which may have been lost with an earlier connection.
    this.#settleGood(host, message.key, message.seq);
    host.notify(this.name, { kind: 'event', event: message });
  }

  #settleGood(host: TopicHost, key: string, seq: number): void {
    if (!this.outbox.settle(key, true)) return;
    host.notify(this.name, { kind: 'settled', key, outcome: { ok: true, seq } });
    this.#pump(host);
  }

  #status(host: TopicHost, available: boolean, reason: string): void {
    this.available = available;
    this.reason = available ? '' : reason;
    if (available) this.outbox.release();
    else this.outbox.hold(host.now, host.random());
    host.notify(this.name, { kind: 'state' });
    this.#pump(host);
  }

  #sendRefused(host: TopicHost, key: string, error: TroupeError): void {
    if (error.code === 'not_joined') return this.#serverForgot(host);
    if (isRetryable(error.code)) {
      this.outbox.retry(key, host.now, host.random());
    } else if (this.outbox.settle(key, false)) {
      host.notify(this.name, { kind: 'settled', key, outcome: { ok: false, error } });
    }
    this.#pump(host);
  }

  #joinRefused(host: TopicHost, error: TroupeError): void {
    if (error.code === 'already_joined') {
      this.#joinedAtServer = true;
    } else if (!isRetryable(error.code)) {
      return this.#fail(host, error);
    }
    if (error.code === 'unavailable') {
      this.available = false;
      this.reason = error.message;
    }
    this.#pauseBeforeJoin(host);
  }

  /** The server says that this session has not joined: only a fault brings that about, so join again. */
  #serverForgot(host: TopicHost): void {
    this.#joinedAtServer = false;
    if (this.phase === 'joined') this.#rejoin(host);
  }

  /** The first time at once; if that did not help, after growing pauses. */
  #rejoin(host: TopicHost): void {
    if (this.#troubles > 0) return this.#pauseBeforeJoin(host);
    this.#troubles = 1;
    this.#join(host);
  }

  /** What the server sends cannot follow what this client has. */
  #startOver(host: TopicHost): void {
    this.position = undefined;
    this.phase = 'joined';
    this.#rejoin(host);
  }

  #pauseBeforeJoin(host: TopicHost): void {
    this.phase = 'pausing';
    this.#pause(host);
    this.#troubles += 1;
    host.notify(this.name, { kind: 'state' });
  }

  #pause(host: TopicHost): void {
    const { retryBaseMs, retryMaxMs } = this.#limits;
    this.#pauseUntil = host.now + backoffMs(this.#troubles, { baseMs: retryBaseMs, maxMs: retryMaxMs }, host.random());
  }

  #fail(host: TopicHost, error: TroupeError): void {
    this.phase = 'failed';
    this.failure = error;
    this.#joinedAtServer = false;
    this.#pauseUntil = undefined;
    for (const key of this.outbox.keys()) {
      this.outbox.settle(key, false);
      host.notify(this.name, { kind: 'settled', key, outcome: { ok: false, error } });
    }
    host.notify(this.name, { kind: 'state' });
  }

  #pump(host: TopicHost): void {
    if (this.phase !== 'joined' || !host.isOpen) return;
    if (this.#presentIsStale && this.#pauseUntil === undefined) {
      this.#presentIsStale = false;
      host.present(this.name, this.#present);
    }
    for (const { key, data, bytes } of this.outbox.take(host.now)) host.send(this.name, key, data, bytes);
  }

  /** The server tells sessions of the others; what this one shows is known here, and at once. */
  #listSelf(): void {
    if (this.session !== '' && this.#present !== undefined) this.people.set(this.session, this.#present);
  }

  #becomeSession(session: string): void {
    if (this.session !== '' && this.session !== session) this.#formerSessions.add(this.session);
    this.session = session;
    this.#formerSessions.delete(session);
    // A server forgets a gone session within its idle timeout; more than a few cannot matter.
    const [oldest] = this.#formerSessions;
    if (this.#formerSessions.size > 16 && oldest !== undefined) this.#formerSessions.delete(oldest);
  }

  #addPerson(session: string, present: unknown): void {
    if (!this.#formerSessions.has(session)) this.people.set(session, present);
  }
}
