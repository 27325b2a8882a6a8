// The sends of one topic that are not acknowledged yet, in the order in which the user made them.
//
// A send that fails for a passing reason goes out again under the same key. To keep the order, the later ones are held
// back meanwhile: nothing more is sent until every send on its way has its answer, and then all that is left goes out
// again from the oldest on. After a failure only one send at a time is on its way, until one succeeds.

import { backoffMs } from './backoff.js';
import type { Limits } from './options.js';

export interface Entry {
  key: string;
  data: unknown;
  bytes: number;
  inFlight: boolean;
}

type OutboxLimits = Pick<Limits, 'queueMax' | 'queueBytesMax' | 'inFlightMax' | 'retryBaseMs' | 'retryMaxMs'>;

export class Outbox {
  // Insertion order is the order of sending; answered sends are removed from anywhere.
  readonly #entries = new Map<string, Entry>();
  readonly #limits: OutboxLimits;
  #bytes = 0;
  #inFlight = 0;
  #mending = false;
  #failures = 0;
  #holdUntil = Number.NEGATIVE_INFINITY;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  keys(): string[] {
    return [...this.#entries.keys()];
  }

  add(key: string, data: unknown, bytes: number): 'queued' | 'queue_full' | 'duplicate_key' {
    if (this.#entries.has(key)) return 'duplicate_key';
    if (this.#entries.size >= this.#limits.queueMax) return 'queue_full';
    if (this.#bytes + bytes > this.#limits.queueBytesMax) return 'queue_full';
    this.#entries.set(key, { key, data, bytes, inFlight: false });
    this.#bytes += bytes;
    return 'queued';
  }

  /** The sends to transmit now; they count as in flight from here on. */
  take(now: number): Entry[] {
    if (now < this.#holdUntil) return [];
    if (this.#mending && this.#inFlight > 0) return [];
    this.#mending = false;
    const taken: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (this.#inFlight >= this.#window) break;
      if (entry.inFlight) continue;
      entry.inFlight = true;
      this.#inFlight += 1;
      taken.push(entry);
    }
    return taken;
  }

  /** The send has its final answer, good or bad. Returns whether it was still waiting for one. */
  settle(key: string, good: boolean): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    if (entry.inFlight) this.#inFlight -= 1;
    // While others of the same batch failed, a success says nothing about what comes next.
    if (good && !this.#mending) this.release();
    return true;
  }

  /** The send failed for a passing reason: it stays at its place, and goes out again after a pause. */
  retry(key: string, now: number, random: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || !entry.inFlight) return;
    entry.inFlight = false;
    this.#inFlight -= 1;
    // Several failures of one batch are one sign of trouble, not several.
    if (!this.#mending) this.hold(now, random);
    this.#mending = true;
  }

  /** Sends are known to fail now: pause, then try with one at a time. */
  hold(now: number, random: number): void {
    const { retryBaseMs, retryMaxMs } = this.#limits;
    this.#holdUntil = now + backoffMs(this.#failures, { baseMs: retryBaseMs, maxMs: retryMaxMs }, random);
    this.#failures += 1;
  }

  /** What made sends fail is over. */
  release(): void {
    this.#failures = 0;
    this.#holdUntil = Number.NEGATIVE_INFINITY;
  }

  /** No answer will come for what is on its way, as its connection is gone: all of it goes out again. */
  rewind(): void {
    for (const entry of this.#entries.values()) entry.inFlight = false;
    this.#inFlight = 0;
    this.#mending = false;
    this.release();
  }

  /** When `take` should be called again, if time alone holds a send back. */
  deadline(): number | undefined {
    const waiting = this.#entries.size > this.#inFlight;
    const blocked = this.#inFlight >= this.#window || (this.#mending && this.#inFlight > 0);
    return waiting && !blocked && Number.isFinite(this.#holdUntil) ? this.#holdUntil : undefined;
  }

  get #window(): number {
    return this.#failures > 0 ? 1 : this.#limits.inFlightMax;
  }
}
