// The nodes that a client may talk to, and whose turn it is.

import { SOCKET_PATH } from './protocol.js';

/** `host:port`, or with a scheme (`ws`, `wss`, `http`, `https`), to the address of the WebSocket. */
export function socketUrl(address: string): string {
  const match = /^(?:(ws|wss|http|https):\/\/)?([^/]+)/.exec(address.trim());
  if (!match || match[2] === undefined) throw new RangeError(`not an address of a node: ${address}`);
  const secure = match[1] === 'wss' || match[1] === 'https';
  return `${secure ? 'wss' : 'ws'}://${match[2]}${SOCKET_PATH}`;
}

/** A ring of addresses: the current one is used until it fails, then the next in line. */
export class AddressRing {
  #addresses: string[];
  #current = 0;

  constructor(addresses: readonly string[]) {
    this.#addresses = distinct(addresses);
  }

  get current(): string {
    return this.#addresses[this.#current] as string;
  }

  get size(): number {
    return this.#addresses.length;
  }

  get all(): readonly string[] {
    return this.#addresses;
  }

  advance(): void {
    this.#current = (this.#current + 1) % this.#addresses.length;
  }

  /** Takes a new list. The current address stays current if the list still has it. */
  replace(addresses: readonly string[]): void {
    const current = this.current;
    this.#addresses = distinct(addresses);
    this.#current = Math.max(0, this.#addresses.indexOf(current));
  }
}

function distinct(addresses: readonly string[]): string[] {
  const kept = new Map<string, string>();
  for (const address of addresses) {
    const url = socketUrl(address);
    if (!kept.has(url)) kept.set(url, address);
  }
  if (kept.size === 0) throw new RangeError('a client needs the address of at least one node');
  return [...kept.values()];
}
