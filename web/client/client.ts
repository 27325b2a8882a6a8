// The shell around the pure session: it owns the socket, the one timer and the promises, and carries actions out.

import { socketUrl } from './addresses.js';
import { systemClock, type Clock } from './clock.js';
import { CLOSE_ABNORMAL } from './connection.js';
import { Emitter, type Listener } from './emitter.js';
import { TroupeError } from './errors.js';
import { DEFAULT_LIMITS, type Limits } from './options.js';
import { decode } from './protocol.js';
import { Session } from './session.js';
import { Socket, type WebSocketConstructor } from './socket.js';
import type { JoinOptions } from './topic-state.js';
import { Topic, type TopicTypes } from './topic.js';
import { Turn, type Action, type ConnectionStatus } from './turn.js';

export interface ClientOptions extends Partial<Limits> {
  /** Nodes of one cluster, `host:port` or with a scheme. The first is tried first. */
  addresses: readonly string[];
  /** Needed where there is no global WebSocket, as in Node 18: `import WebSocket from 'ws'`. */
  webSocket?: WebSocketConstructor;
  clock?: Clock;
  random?: () => number;
}

export interface ClientEvents {
  status: ConnectionStatus;
  /** The round trip to the node, measured every `pingIntervalMs`. */
  latency: number;
}

export class Client {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #webSocket: WebSocketConstructor;
  readonly #session: Session;
  readonly #events = new Emitter<ClientEvents>();
  // Each handle has its own types, which only its user knows.
  readonly #topics = new Map<string, Pick<Topic, 'deliver' | 'end'>>();
  readonly #keyPrefix: string;
  #keys = 0;
  #socket: Socket | undefined;
  #cancelTimer: (() => void) | undefined;
  readonly #actions: Action[] = [];
  #isDraining = false;

  constructor(options: ClientOptions) {
    const { addresses, webSocket, clock, random, ...limits } = options;
    const constructor = webSocket ?? (globalThis.WebSocket as unknown as WebSocketConstructor | undefined);
    if (constructor === undefined) throw new TypeError('there is no global WebSocket here: pass one as `webSocket`');
    this.#webSocket = constructor;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#clock = clock ?? systemClock;
    this.#random = random ?? Math.random;
    this.#keyPrefix = randomPrefix(this.#random);
    this.#session = new Session(addresses, this.#limits);
  }

  get status(): ConnectionStatus {
    return this.#session.connection.status;
  }

  get addresses(): readonly string[] {
    return this.#session.connection.ring.all;
  }

  /** Replaces the nodes to use from the next reconnect on; a connection that works stays. */
  set addresses(addresses: readonly string[]) {
    this.#session.connection.ring.replace(addresses);
  }

  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<ClientEvents[Name]>): () => void {
    return this.#events.on(name, listener);
  }

  /** Connects, and stays connected until `close`. */
  connect(): void {
    this.#turn((turn) => this.#session.start(turn));
  }

  /** Joins a topic now and after each reconnect. Each topic is joined once by a client. */
  join<Types extends TopicTypes = TopicTypes>(name: string, options: JoinOptions = {}): Topic<Types> {
    if (this.#topics.has(name)) throw new RangeError(`${name} is joined already`);
    const state = this.#turn((turn) => this.#session.join(turn, name, options));
    const topic = new Topic<Types>(state, {
      send: (topicName, key, data) => this.#send(topicName, key, data),
      signal: (topicName, data) => this.#signal(topicName, data),
      setPresent: (topicName, present) => this.#turn((turn) => this.#session.setPresent(turn, topicName, present)),
      leave: (topicName) => this.#leave(topicName),
      newKey: () => this.newKey(),
      schedule: (callback, delayMs) => this.#clock.schedule(callback, delayMs),
    });
    this.#topics.set(name, topic as unknown as Topic);
    return topic;
  }

  /** A key that no other client makes: a random prefix, then a counter. */
  newKey(): string {
    this.#keys += 1;
    return `${this.#keyPrefix}-${this.#keys}`;
  }

  /** To be called when the network may be back or the machine woke up: checks at once instead of at the next timer. */
  wake(): void {
    this.#turn((turn) => this.#session.wake(turn));
  }

  /** Ends everything. Sends without an acknowledgement reject with `closed`. */
  close(): void {
    this.#turn((turn) => this.#session.stop(turn));
    for (const topic of this.#topics.values()) topic.end(new TroupeError('closed', 'the client was closed'));
    this.#topics.clear();
  }

  #send(topic: string, key: string, data: unknown): TroupeError | undefined {
    const bytes = new TextEncoder().encode(JSON.stringify(data)).length;
    return this.#turn((turn) => this.#session.send(turn, topic, key, data, bytes));
  }

  #signal(topic: string, data: unknown): boolean {
    if ((this.#socket?.bufferedBytes ?? 0) > this.#limits.signalBufferMaxBytes) return false;
    return this.#turn((turn) => this.#session.signal(turn, topic, data));
  }

  #leave(topic: string): void {
    this.#turn((turn) => this.#session.leave(turn, topic));
    this.#topics.get(topic)?.end(new TroupeError('left', `${topic} was left`));
    this.#topics.delete(topic);
  }

  #turn<T>(step: (turn: Turn) => T): T {
    const turn = new Turn(this.#clock.now(), this.#random);
    const result = step(turn);
    this.#actions.push(...turn.actions);
    this.#drain();
    return result;
  }

  /** Carries actions out in order. A listener that calls the client adds its actions behind those still waiting. */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let action = this.#actions.shift(); action !== undefined; action = this.#actions.shift()) this.#perform(action);
    this.#isDraining = false;
    this.#setTimer();
  }

  #perform(action: Action): void {
    switch (action.kind) {
      case 'open':
        return this.#open(action.serial, action.address);
      case 'close':
        this.#socket?.abandon(action.code, action.reason);
        this.#socket = undefined;
        return;
      case 'transmit':
        return this.#socket?.send(JSON.stringify(action.message));
      case 'status':
        return this.#events.emit('status', action.status);
      case 'latency':
        return this.#events.emit('latency', action.latencyMs);
      case 'topic':
        return this.#topics.get(action.topic)?.deliver(action.notice);
    }
  }

  #open(serial: number, address: string): void {
    const closed = (code: number, reason: string) =>
      this.#turn((turn) => this.#session.closed(turn, serial, code, reason));
    try {
      this.#socket = new Socket(this.#webSocket, socketUrl(address), {
        opened: () => this.#turn((turn) => this.#session.opened(turn, serial)),
        closed,
        message: (text) => {
          const message = decode(text);
          if (message !== undefined) this.#turn((turn) => this.#session.message(turn, serial, message));
        },
      });
    } catch (error) {
      // A browser refuses some addresses outright, such as an insecure one from a secure page. The next may do.
      closed(CLOSE_ABNORMAL, error instanceof Error ? error.message : 'refused by the browser');
    }
  }

  #setTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const deadline = this.#session.deadline();
    if (deadline === undefined) return;
    const delayMs = Math.max(0, deadline - this.#clock.now());
    this.#cancelTimer = this.#clock.schedule(() => this.#turn((turn) => this.#session.time(turn)), delayMs);
  }
}

function randomPrefix(random: () => number): string {
  const bytes = new Uint8Array(9);
  // Node 18 has no global crypto; there the given randomness must do.
  if (globalThis.crypto !== undefined) globalThis.crypto.getRandomValues(bytes);
  else for (let index = 0; index < bytes.length; index += 1) bytes[index] = Math.floor(random() * 256);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
