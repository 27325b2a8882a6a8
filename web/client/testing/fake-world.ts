// A world for tests: a clock that is turned by hand and sockets whose other end is the test.

import { Client, type ClientOptions } from '../client.js';
import type { Clock } from '../clock.js';
import type { ClientMessage } from '../protocol.js';
import type { WebSocketLike } from '../socket.js';

export class FakeClock implements Clock {
  #now = 1_000;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  schedule(callback: () => void, delayMs: number): () => void {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  advance(durationMs: number): void {
    const end = this.#now + durationMs;
    for (let turns = 0; ; turns += 1) {
      if (turns > 10_000) throw new Error('timers fire again and again without time going on');
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }
}

type SentMessage = ClientMessage & { id?: number; key?: string; topic?: string };

export class FakeSocket implements WebSocketLike {
  readyState = 0;
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly sent: SentMessage[] = [];
  closedWith: { code: number | undefined; reason: string | undefined } | undefined;

  constructor(
    readonly url: string,
    readonly protocols: string | string[] | undefined,
  ) {}

  send(data: string): void {
    this.sent.push(JSON.parse(data) as SentMessage);
  }

  close(code?: number, reason?: string): void {
    this.readyState = 2;
    this.closedWith = { code, reason };
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  receive(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  receiveText(data: unknown): void {
    this.onmessage?.({ data });
  }

  drop(code = 1006, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  /** The messages with this `op`, oldest first. */
  of<Op extends ClientMessage['op']>(op: Op): Extract<ClientMessage, { op: Op }>[] {
    return this.sent.filter((message) => message.op === op) as Extract<ClientMessage, { op: Op }>[];
  }

  last<Op extends ClientMessage['op']>(op: Op): Extract<ClientMessage, { op: Op }> {
    const found = this.of(op).at(-1);
    if (found === undefined) throw new Error(`no ${op} was sent`);
    return found;
  }

  /** Answers the last join as the server does. */
  join(fields: { epoch?: string; seq?: number; recovered?: boolean; snapshot?: unknown; present?: unknown[] } = {}): void {
    const { id, topic } = this.last('join');
    this.receive({
      ...{ op: 'joined', id, topic, epoch: 'e1', seq: 0, recovered: false, present: [] },
      ...{ session: `session-${this.url}`, node: 'a' },
      ...(fields.recovered === true ? {} : { snapshot: {} }),
      ...fields,
    });
  }

  event(seq: number, key = `other-${seq}`, topic = 'canvas/t'): void {
    this.receive({ op: 'event', topic, seq, key, from: 'x', data: { seq } });
  }

  /** Acknowledges the newest send with this key. */
  acknowledge(key: string, seq: number): void {
    this.receive({ op: 'ack', id: this.#idOf(key), seq });
  }

  refuse(key: string, code: string): void {
    this.receive({ op: 'error', id: this.#idOf(key), code, message: code });
  }

  #idOf(key: string): number {
    const send = this.of('send').filter((each) => each.key === key).at(-1);
    if (send === undefined) throw new Error(`nothing was sent with the key ${key}`);
    return send.id;
  }
}

export class FakeWorld {
  readonly clock = new FakeClock();
  readonly sockets: FakeSocket[] = [];
  /** What the client draws as random: 0 makes every pause as short as it may be. */
  random = 0;

  client(options: Partial<ClientOptions> = {}): Client {
    const { sockets } = this;
    class Recorded extends FakeSocket {
      constructor(url: string, protocols?: string | string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    }
    return new Client({
      addresses: ['a:1'],
      webSocket: Recorded,
      clock: this.clock,
      random: () => this.random,
      ...options,
    });
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('the client has not opened a socket');
    return socket;
  }

  get hosts(): string[] {
    return this.sockets.map((socket) => new URL(socket.url).host);
  }
}
