// The state of the cluster at any time of the record.

import { type Hop, hopsByBroadcast, type RunRecord } from './record.js';

export interface LinkEnds {
  a: number;
  b: number;
  /** Connections that are up at each end; there may be two for a moment. */
  atA: number;
  atB: number;
}

/** A list of the record, and how far it has been played. */
class Tape {
  at = 0;
  constructor(readonly numbers: number[], readonly width: number) {}

  play(until: number, apply: (at: number) => void): void {
    while (this.at < this.numbers.length && (this.numbers[this.at] as number) <= until) {
      apply(this.at);
      this.at += this.width;
    }
  }
}

export class Player {
  readonly nodes: number;
  time = 0;
  /** By node. */
  alive: Uint8Array;
  hasLived: Uint8Array;
  up: Uint16Array;
  suspected: Uint16Array;
  gone: Uint16Array;
  /** A square, row of the observer; stays empty without judgements. */
  opinions: Uint8Array;
  links = new Map<number, LinkEnds>();
  /** Empty: the network is whole. */
  sides: number[] = [];
  blocks: [from: number, to: number][] = [];
  /** The newest that has begun; -1: none. */
  broadcast = -1;
  readonly hops: Hop[][];
  #split = 0;
  #tapes;

  constructor(readonly record: RunRecord) {
    this.nodes = record.zones.length;
    this.hops = hopsByBroadcast(record);
    this.#tapes = {
      lives: new Tape(record.lives, 3),
      links: new Tape(record.links, 4),
      fames: new Tape(record.fames, 5),
      judgements: new Tape(record.judgements, 4),
      blocks: new Tape(record.blocks, 3),
      broadcasts: new Tape(record.broadcasts, 2),
    };
    this.alive = new Uint8Array(this.nodes);
    this.hasLived = new Uint8Array(this.nodes);
    this.up = new Uint16Array(this.nodes);
    this.suspected = new Uint16Array(this.nodes);
    this.gone = new Uint16Array(this.nodes);
    this.opinions = new Uint8Array(record.judgements.length > 0 ? this.nodes * this.nodes : 0);
    this.seek(0);
  }

  /** Backwards is from the beginning again: that takes some milliseconds. */
  seek(time: number): void {
    if (time < this.time) this.#rewind();
    this.time = time;
    const { lives, links, fames, judgements, blocks, broadcasts } = this.#tapes;
    lives.play(time, (at) => this.#live(lives.numbers[at + 1] as number, lives.numbers[at + 2] as number));
    links.play(time, (at) => this.#link(links.numbers[at + 1] as number, links.numbers[at + 2] as number, links.numbers[at + 3] as number));
    fames.play(time, (at) => {
      const node = fames.numbers[at + 1] as number;
      [this.up[node], this.suspected[node], this.gone[node]] = fames.numbers.slice(at + 2, at + 5) as [number, number, number];
    });
    judgements.play(time, (at) => {
      const [observer = 0, node = 0, opinion = 0] = judgements.numbers.slice(at + 1, at + 4);
      this.opinions[observer * this.nodes + node] = opinion;
    });
    const { splits } = this.record;
    for (; this.#split < splits.length && (splits[this.#split]?.when ?? 0) <= time; ++this.#split) this.sides = splits[this.#split]?.sides ?? [];
    const since = splits[this.#split - 1]?.when ?? -1;
    blocks.play(time, (at) => this.blocks.push([blocks.numbers[at + 1] as number, blocks.numbers[at + 2] as number]));
    this.blocks = this.blocks.filter((_, index) => (blocks.numbers[blocks.at - 3 * (this.blocks.length - index)] ?? 0) >= since);
    broadcasts.play(time, () => ++this.broadcast);
  }

  #rewind(): void {
    for (const tape of Object.values(this.#tapes)) tape.at = 0;
    for (const array of [this.alive, this.hasLived, this.up, this.suspected, this.gone, this.opinions]) array.fill(0);
    this.links.clear();
    this.sides = [];
    this.blocks = [];
    this.broadcast = -1;
    this.#split = 0;
  }

  #live(node: number, isAlive: number): void {
    this.alive[node] = isAlive;
    this.hasLived[node] = 1;
    // A new life knows nobody.
    if (this.opinions.length > 0) this.opinions.fill(0, node * this.nodes, (node + 1) * this.nodes);
  }

  #link(node: number, peer: number, isUp: number): void {
    const [a, b] = node < peer ? [node, peer] : [peer, node];
    const key = a * this.nodes + b;
    let link = this.links.get(key);
    if (link === undefined) this.links.set(key, (link = { a, b, atA: 0, atB: 0 }));
    if (node === a) link.atA += isUp ? 1 : -1;
    else link.atB += isUp ? 1 : -1;
    if (link.atA <= 0 && link.atB <= 0) this.links.delete(key);
  }

  /** Ends that came up or went in the last so many ticks, the newest first. */
  *recentLinks(ticks: number): Generator<{ a: number; b: number; isUp: boolean; age: number }> {
    const { numbers, at } = this.#tapes.links;
    for (let i = at - 4; i >= 0; i -= 4) {
      const [when = 0, a = 0, b = 0, isUp = 0] = numbers.slice(i, i + 4);
      if (this.time - when > ticks) return;
      yield { a, b, isUp: isUp === 1, age: this.time - when };
    }
  }

  get living(): number {
    return this.alive.reduce((sum, each) => sum + each, 0);
  }

  /** Of all pairs of nodes that live, the share in which the one holds the other up. */
  get known(): number {
    const living = this.living;
    if (living < 2) return 1;
    let pairs = 0;
    for (let node = 0; node < this.nodes; ++node) pairs += this.alive[node] ? (this.up[node] as number) : 0;
    return Math.min(1, pairs / (living * (living - 1)));
  }

  /** Nodes that this broadcast has reached by now, its root among them, in the order in which it did. */
  reached(broadcast: number): number[] {
    const root = this.record.broadcasts[2 * broadcast + 1];
    if (root === undefined) return [];
    return [root, ...(this.hops[broadcast] ?? []).filter(({ arrival, way }) => arrival <= this.time && way !== 2).map(({ to }) => to)];
  }

  linksOf(node: number): number {
    let count = 0;
    for (const { a, b } of this.links.values()) count += a === node || b === node ? 1 : 0;
    return count;
  }
}
