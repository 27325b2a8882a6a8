// A client's whole protocol as one pure state machine: what happened goes in by a method call with the time and
// randomness as arguments, actions come out. See turn.ts for the actions and client.ts for the shell around it.

import { CLOSE_DRAINING, CLOSE_NORMAL, CLOSE_TOO_LARGE, Connection } from './connection.js';
import { TroupeError } from './errors.js';
import type { Limits } from './options.js';
import type { ClientMessage, ServerMessage } from './protocol.js';
import { RequestTable, type Request } from './requests.js';
import { TopicState, type JoinOptions, type TopicHost } from './topic-state.js';
import { earliest, type Turn } from './turn.js';

export class Session {
  readonly connection: Connection;
  readonly topics = new Map<string, TopicState>();
  readonly #limits: Limits;
  readonly #requests = new RequestTable();
  // Ids are never used twice, not even after a reconnect, so no late answer can be taken for another.
  #nextId = 1;
  #nextPingAt: number | undefined;

  constructor(addresses: readonly string[], limits: Limits) {
    this.#limits = limits;
    this.connection = new Connection(addresses, limits);
  }

  start(turn: Turn): void {
    this.connection.start(turn);
  }

  opened(turn: Turn, serial: number): void {
    if (!this.connection.isCurrent(serial) || this.connection.isOpen) return;
    this.connection.opened(turn);
    this.#ping(turn);
    for (const topic of this.topics.values()) topic.connected(this.#host(turn));
  }

  /** The socket reports its end. Close codes are the protocol's. */
  closed(turn: Turn, serial: number, code: number, reason: string): void {
    if (!this.connection.isCurrent(serial)) return;
    if (code === CLOSE_TOO_LARGE) this.#blameLargest(turn);
    this.#detach(turn);
    this.connection.lost(turn, reason === '' ? `closed with ${code}` : reason, code === CLOSE_DRAINING);
  }

  message(turn: Turn, serial: number, message: ServerMessage): void {
    if (!this.connection.isCurrent(serial)) return;
    switch (message.op) {
      case 'pong':
        return this.#pong(turn, message.id);
      case 'reconnect':
        return this.#abandon(turn, `node stops: ${message.reason}`, true);
      case 'ack':
      case 'error':
        return this.#answer(turn, message);
      case 'joined':
        if (message.id !== undefined) this.#requests.take(message.id);
    }
    this.topics.get(message.topic)?.message(this.#host(turn), message);
  }

  /** To be called when `deadline()` has come; early or late calls do no harm. */
  time(turn: Turn): void {
    this.connection.time(turn);
    if (this.connection.isOpen) {
      const overdue = this.#requests.overdue(turn.now);
      if (overdue !== undefined) this.#abandon(turn, `no answer to ${overdue.kind} in time`, false);
      else if (this.#nextPingAt !== undefined && turn.now >= this.#nextPingAt) this.#ping(turn);
    }
    for (const topic of this.topics.values()) topic.time(this.#host(turn));
  }

  deadline(): number | undefined {
    let first = earliest(this.connection.deadline(), this.#requests.deadline(), this.#nextPingAt);
    for (const topic of this.topics.values()) first = earliest(first, topic.deadline());
    return first;
  }

  /** The network may have changed, or the machine has slept: find out now rather than at the next deadline. */
  wake(turn: Turn): void {
    if (this.connection.isOpen) this.#ping(turn);
    else this.connection.wake(turn);
  }

  join(turn: Turn, name: string, options: JoinOptions): TopicState {
    const topic = new TopicState(name, options, this.#limits);
    this.topics.set(name, topic);
    if (this.connection.isOpen) topic.connected(this.#host(turn));
    return topic;
  }

  leave(turn: Turn, name: string): void {
    const topic = this.topics.get(name);
    if (topic === undefined) return;
    this.#requests.forget(name);
    topic.end(this.#host(turn), new TroupeError('left', `${name} was left`));
    this.topics.delete(name);
  }

  send(turn: Turn, name: string, key: string, data: unknown, bytes: number): TroupeError | undefined {
    const topic = this.topics.get(name);
    if (topic === undefined) return new TroupeError('left', `${name} was left`);
    return topic.send(this.#host(turn), key, data, bytes);
  }

  signal(turn: Turn, name: string, data: unknown): boolean {
    return this.topics.get(name)?.signal(this.#host(turn), data) ?? false;
  }

  setPresent(turn: Turn, name: string, present: unknown): void {
    this.topics.get(name)?.setPresent(this.#host(turn), present);
  }

  stop(turn: Turn): void {
    if (this.connection.isClosed) return;
    for (const topic of this.topics.values()) {
      topic.end(this.#host(turn), new TroupeError('closed', 'the client was closed'));
    }
    this.topics.clear();
    this.#requests.clear();
    this.#nextPingAt = undefined;
    this.connection.stop(turn);
  }

  #answer(turn: Turn, message: Extract<ServerMessage, { op: 'ack' | 'error' }>): void {
    const request = message.id === undefined ? undefined : this.#requests.take(message.id);
    // An error without an id is about a message that the server could not read. This client makes none such, so
    // there is nothing to mend here; a request that stays unanswered meets its deadline.
    if (request === undefined) return;
    if (request.kind === 'ping') return;
    const topic = this.topics.get(request.topic);
    if (topic === undefined) return;
    if (message.op === 'ack') topic.acknowledged(this.#host(turn), request, message.seq);
    else topic.refused(this.#host(turn), request, new TroupeError(message.code, message.message));
  }

  #ping(turn: Turn): void {
    const id = this.#request({ kind: 'ping', sentAt: turn.now }, turn.now + this.#limits.pingTimeoutMs);
    this.#transmit(turn, { op: 'ping', id });
    this.#nextPingAt = turn.now + this.#limits.pingIntervalMs;
  }

  #pong(turn: Turn, id: number): void {
    const request = this.#requests.take(id);
    if (request?.kind !== 'ping') return;
    this.connection.proveStable(turn.now);
    turn.actions.push({ kind: 'latency', latencyMs: turn.now - request.sentAt });
  }

  #abandon(turn: Turn, reason: string, elsewhere: boolean): void {
    this.#detach(turn);
    this.connection.abandon(turn, CLOSE_NORMAL, reason, elsewhere);
  }

  #detach(turn: Turn): void {
    this.#requests.clear();
    this.#nextPingAt = undefined;
    for (const topic of this.topics.values()) topic.disconnected(this.#host(turn));
  }

  /** Sending the same message again would close every connection anew, so its sender learns that it is too large. */
  #blameLargest(turn: Turn): void {
    const send = this.#requests.largestSend();
    if (send === undefined) return;
    const error = new TroupeError('too_large', 'the server closed the connection over the size of a message');
    this.topics.get(send.topic)?.refused(this.#host(turn), send, error);
  }

  #request(request: Request, deadline: number): number {
    const id = this.#nextId++;
    this.#requests.add(id, request, deadline);
    return id;
  }

  #transmit(turn: Turn, message: ClientMessage): void {
    turn.actions.push({ kind: 'transmit', message });
  }

  #host(turn: Turn): TopicHost {
    const ask = (request: Request) => this.#request(request, turn.now + this.#limits.ackTimeoutMs);
    return {
      now: turn.now,
      random: turn.random,
      isOpen: this.connection.isOpen,
      join: (topic, after, { present, writeKey }) => {
        const id = ask({ kind: 'join', topic });
        const optional = { ...(after && { after: { ...after } }), ...(present !== undefined && { present }), ...(writeKey !== undefined && { write_key: writeKey }) };
        this.#transmit(turn, { op: 'join', id, topic, ...optional });
        return id;
      },
      leave: (topic) => this.#transmit(turn, { op: 'leave', id: ask({ kind: 'leave', topic }), topic }),
      send: (topic, key, data, bytes) =>
        this.#transmit(turn, { op: 'send', id: ask({ kind: 'send', topic, key, bytes }), topic, key, data }),
      present: (topic, present) =>
        this.#transmit(turn, { op: 'present', id: ask({ kind: 'present', topic }), topic, present }),
      signal: (topic, data) => this.#transmit(turn, { op: 'signal', topic, data }),
      forget: (topic) => this.#requests.forget(topic),
      notify: (topic, notice) => turn.notify(topic, notice),
    };
  }
}
