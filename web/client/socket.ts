// One WebSocket behind the few things that the client needs of it. Works with the browser's and with the `ws` package.

import { SUBPROTOCOL } from './protocol.js';

/** What browsers, newer Node and the `ws` package have in common. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike;

export interface SocketEvents {
  opened(): void;
  message(text: string): void;
  closed(code: number, reason: string): void;
}

const OPEN = 1;

export class Socket {
  readonly #socket: WebSocketLike;
  #abandoned = false;

  constructor(constructor: WebSocketConstructor, url: string, events: SocketEvents) {
    const socket = new constructor(url, SUBPROTOCOL);
    this.#socket = socket;
    socket.onopen = () => {
      if (!this.#abandoned) events.opened();
    };
    socket.onmessage = (event: { data: unknown }) => {
      if (!this.#abandoned && typeof event.data === 'string') events.message(event.data);
    };
    socket.onclose = (event: { code: number; reason: string }) => {
      if (!this.#abandoned) events.closed(event.code, event.reason);
    };
    // An error is always followed by a close, which says more. The handler must exist: `ws` throws without it.
    socket.onerror = () => {};
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    // Between the loss of a connection and its close event a send would throw; what is lost so is sent again.
    if (!this.#abandoned && this.#socket.readyState === OPEN) this.#socket.send(text);
  }

  /** Closes without waiting for the peer: nothing is reported from here on. */
  abandon(code: number, reason: string): void {
    this.#abandoned = true;
    this.#socket.close(code, reason.slice(0, 100));
  }
}
