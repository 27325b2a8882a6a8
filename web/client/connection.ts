// Which node to be connected to, and when to try again. Pure: it asks for sockets by `open` and `close` actions.
//
// After a loss the next address is tried almost at once. When every address has failed in a row, pauses with
// exponential backoff begin, so that a cluster that is down is not hammered.

import { AddressRing } from './addresses.js';
import { backoffMs } from './backoff.js';
import type { Limits } from './options.js';
import type { ConnectionStatus, Turn } from './turn.js';

/** Close codes that the protocol gives a meaning to; the others are all "the connection broke". */
export const CLOSE_NORMAL = 1000;
/** What a socket reports when there was no closing handshake. */
export const CLOSE_ABNORMAL = 1006;
export const CLOSE_TOO_LARGE = 1009;
export const CLOSE_DRAINING = 1012;

export class Connection {
  readonly ring: AddressRing;
  readonly #limits: Limits;
  #phase: ConnectionStatus['phase'] = 'idle';
  // Every socket has its number, so that what an abandoned one still reports is recognised and ignored.
  #serial = 0;
  #until: number | undefined;
  #openedAt = 0;
  #failures = 0;
  #reason = '';

  constructor(addresses: readonly string[], limits: Limits) {
    this.ring = new AddressRing(addresses);
    this.#limits = limits;
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  get status(): ConnectionStatus {
    return { phase: this.#phase, address: this.ring.current, failures: this.#failures, reason: this.#reason };
  }

  /** Whether `serial` is the socket in use now. */
  isCurrent(serial: number): boolean {
    return serial === this.#serial && (this.#phase === 'connecting' || this.#phase === 'open');
  }

  deadline(): number | undefined {
    return this.#until;
  }

  start(turn: Turn): void {
    if (this.#phase === 'idle') this.#open(turn);
  }

  opened(turn: Turn): void {
    this.#phase = 'open';
    this.#until = undefined;
    this.#openedAt = turn.now;
    this.#announce(turn);
  }

  /** A connection that has lived long enough is good; failures before it no longer count. */
  proveStable(now: number): void {
    if (this.#phase === 'open' && now - this.#openedAt >= this.#limits.stableAfterMs) this.#failures = 0;
  }

  /** The socket is gone, by itself. `elsewhere` says that the node asked for it, so the next one need not wait. */
  lost(turn: Turn, reason: string, elsewhere: boolean): void {
    this.proveStable(turn.now);
    this.#failures += 1;
    this.#reason = reason;
    this.ring.advance();
    const round = Math.floor((this.#failures - 1) / this.ring.size);
    const pause = this.#pause(turn, round, elsewhere);
    if (pause === 0) return this.#open(turn);
    this.#phase = 'waiting';
    this.#until = turn.now + pause;
    this.#announce(turn);
  }

  /** Gives the socket up and goes on with the next address. */
  abandon(turn: Turn, code: number, reason: string, elsewhere: boolean): void {
    turn.actions.push({ kind: 'close', serial: this.#serial, code, reason });
    this.lost(turn, reason, elsewhere);
  }

  time(turn: Turn): void {
    if (this.#until === undefined || turn.now < this.#until) return;
    if (this.#phase === 'waiting') this.#open(turn);
    else if (this.#phase === 'connecting') this.abandon(turn, CLOSE_NORMAL, 'connect timeout', false);
  }

  /** The network may be back: a pause ends now. */
  wake(turn: Turn): void {
    if (this.#phase === 'waiting') this.#open(turn);
  }

  stop(turn: Turn): void {
    if (this.#phase === 'connecting' || this.#phase === 'open') {
      turn.actions.push({ kind: 'close', serial: this.#serial, code: CLOSE_NORMAL, reason: 'closed by the user' });
    }
    this.#phase = 'closed';
    this.#until = undefined;
    this.#announce(turn);
  }

  #pause(turn: Turn, round: number, elsewhere: boolean): number {
    const { firstRetryMaxMs, retryBaseMs, retryMaxMs } = this.#limits;
    if (round > 0) return backoffMs(round - 1, { baseMs: retryBaseMs, maxMs: retryMaxMs }, turn.random());
    if (elsewhere && this.ring.size > 1) return 0;
    return 1 + turn.random() * firstRetryMaxMs;
  }

  #open(turn: Turn): void {
    this.#serial += 1;
    this.#phase = 'connecting';
    this.#until = turn.now + this.#limits.connectTimeoutMs;
    turn.actions.push({ kind: 'open', serial: this.#serial, address: this.ring.current });
    this.#announce(turn);
  }

  #announce(turn: Turn): void {
    turn.actions.push({ kind: 'status', status: this.status });
  }
}
