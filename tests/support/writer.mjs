// A client that does what docs/protocol.md tells clients to do: it sends each event again, with the same key, until it is acknowledged, and goes
// to another node when its own does not answer. So each of its events is stored exactly once, whatever happens.

import { setTimeout as pause } from 'node:timers/promises';
import { TroupeClient } from './client.mjs';
import { until } from './wait.mjs';

const PAUSE_MS = 30;

export class RetryingWriter {
  /** Seq by key of all that was acknowledged. @type {Map<string, number>} */
  acknowledged = new Map();
  /** Acknowledgements of one key with different seqs, and other things that must not be. @type {string[]} */
  faults = [];
  connections = 0;
  /** Answers that told it to send again. */
  refusals = 0;
  /** The longest time from one acknowledgement to the next, in ms, since it was set to 0. */
  silence = 0;
  #heard = performance.now();
  /** By key, in order of writing: what is not acknowledged. @type {Map<string, any>} */
  #pending = new Map();
  #written = 0;
  #stopped = false;

  /**
   * @param {{name: string, topic: string, addresses: () => string[], inFlight?: number, data?: (number: number) => any}} options
   * `addresses`: of the nodes that it may use, the preferred one first. `data`: of the event with this number.
   */
  constructor({ name, topic, addresses, inFlight = 16, data }) {
    this.name = name;
    this.topic = topic;
    this.addresses = addresses;
    this.inFlight = inFlight;
    this.data = data ?? ((number) => ({ type: 'chat', name: name.slice(0, 40), text: `${number}` }));
    this.ended = this.#run();
  }

  /** The keys that were given out, acknowledged or not. */
  get written() {
    return Array.from({ length: this.#written }, (_, number) => this.#key(number));
  }

  /** Writes no more; waits until all that was written is acknowledged. @param {number} [within] */
  async finish(within) {
    this.#stopped = true;
    await until(`the acknowledgement of the last events of ${this.name}`, () => this.#pending.size === 0, { within });
    await this.ended;
    if (this.faults.length > 0) throw new Error(this.faults.join('\n'));
  }

  /** Gives up what is pending. */
  async abandon() {
    this.#stopped = true;
    this.#pending.clear();
    await this.ended;
  }

  /** @param {number} number */
  #key(number) {
    return `${this.name}-${number}`;
  }

  get #isDone() {
    return this.#stopped && this.#pending.size === 0;
  }

  async #run() {
    for (let attempt = 0; !this.#isDone; ++attempt) {
      const addresses = this.addresses();
      try {
        const client = await TroupeClient.connect(addresses[attempt % addresses.length], { within: 2_000 });
        ++this.connections;
        await this.#use(client);
        client.socket.destroy();
      } catch {
        // The node is away. The next attempt goes to the next one.
      }
      if (!this.#isDone) await pause(PAUSE_MS);  // poll: until a node answers
    }
  }

  /** Sends until the connection ends or all is done. @param {TroupeClient} client */
  async #use(client) {
    if ((await client.request({ op: 'join', topic: this.topic }, 5_000)).op !== 'joined') return;
    // One worker for each event in flight: a key is with one worker at a time.
    const taken = new Set();
    await Promise.all(Array.from({ length: this.inFlight }, async () => {
      while (client.isOpen && !this.#isDone) {
        const key = [...this.#pending.keys()].find((each) => !taken.has(each)) ?? this.#writeNext();
        if (key === undefined) return;
        taken.add(key);
        const answer = await client.request({ op: 'send', topic: this.topic, key, data: this.#pending.get(key) }).catch(() => null);
        taken.delete(key);
        if (answer === null) return client.socket.destroy();
        if (answer.op === 'ack') this.#onAck(key, answer.seq);
        else if (answer.op === 'error') await this.#onError(answer);
      }
    }));
  }

  #writeNext() {
    if (this.#stopped) return undefined;
    const key = this.#key(this.#written);
    this.#pending.set(key, this.data(this.#written++));
    return key;
  }

  /**
   * @param {string} key
   * @param {number} seq
   */
  #onAck(key, seq) {
    const before = this.acknowledged.get(key);
    if (before !== undefined && before !== seq) this.faults.push(`${key} was acknowledged with seq ${before}, then ${seq}`);
    this.acknowledged.set(key, seq);
    const now = performance.now();
    this.silence = Math.max(this.silence, now - this.#heard);
    this.#heard = now;
    this.#pending.delete(key);
  }

  /** @param {any} answer */
  async #onError(answer) {
    ++this.refusals;
    if (!['unavailable', 'busy', 'internal'].includes(answer.code)) this.faults.push(JSON.stringify(answer));
    await pause(PAUSE_MS);  // poll: until the owner is back
  }
}

/**
 * What is wrong with a document's events in view of what writers were told; nothing if each acknowledged event is there exactly once, at the seq
 * that was acknowledged, and the seqs have no gap.
 * @param {{seq: number, key: string}[]} events
 * @param {RetryingWriter[]} writers
 * @returns {string[]}
 */
export function faultsOf(events, writers) {
  const faults = [];
  const seqs = new Map();
  events.forEach(({ seq, key }, index) => {
    if (seq !== index + 1) faults.push(`event ${index + 1} has seq ${seq}`);
    if (seqs.has(key)) faults.push(`${key} is there twice, at ${seqs.get(key)} and ${seq}`);
    seqs.set(key, seq);
  });
  for (const writer of writers) {
    for (const [key, seq] of writer.acknowledged) {
      if (seqs.get(key) !== seq) faults.push(`${key} was acknowledged with seq ${seq}, and is at ${seqs.get(key)}`);
    }
  }
  return faults;
}
