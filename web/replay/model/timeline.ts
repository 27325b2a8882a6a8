// What is worth a look in a run: the list of events, and the curves of the chart.

import { Player } from './player.js';
import { IN_VAIN, REPAIR, type RunRecord, TICKS_PER_SECOND } from './record.js';

export type Kind = 'start' | 'fault' | 'split' | 'heal' | 'suspect' | 'down' | 'whole' | 'broadcast' | 'word';

export interface Entry {
  when: number;
  kind: Kind;
  text: string;
}

export interface Curves {
  /** Of all pairs of nodes that live, the share that knows each other; when it changed. */
  known: [when: number, share: number][];
  /** Of the nodes that live, the share that somebody suspects. */
  suspected: [when: number, share: number][];
  /** When a broadcast began, and whom of those that lived then it reached in the end. */
  reached: [when: number, share: number][];
  /** When the network was split. */
  splits: [from: number, to: number][];
}

const TOGETHER = 0.3 * TICKS_PER_SECOND;
const STARTS_TOGETHER = 5 * TICKS_PER_SECOND;
const CURVE_STEP = 0.1 * TICKS_PER_SECOND;

const plural = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;

function names(nodes: number[]): string {
  const shown = nodes.slice(0, 3).map((node) => `n${node}`).join(', ');
  return nodes.length <= 3 ? shown : `${shown} and ${nodes.length - 3} more`;
}

/** Those of one kind that happen at nearly the same time become one entry. */
class Groups {
  #groups: { when: number; last: number; nodes: number[] }[] = [];
  constructor(private readonly within: number) {}

  add(when: number, node: number): void {
    const newest = this.#groups.at(-1);
    if (newest === undefined || when - newest.last > this.within) this.#groups.push({ when, last: when, nodes: [node] });
    else {
      newest.last = when;
      if (!newest.nodes.includes(node)) newest.nodes.push(node);
    }
  }

  entries(kind: Kind, text: (nodes: number[]) => string): Entry[] {
    return this.#groups.map(({ when, nodes }) => ({ when, kind, text: text(nodes) }));
  }
}

function kindOf(text: string): Kind {
  if (text.includes('splits')) return 'split';
  if (text.includes('is whole') || text.includes('heals')) return 'heal';
  if (/crash|restart|leaves|cut|reaches|stalls/.test(text)) return 'fault';
  return 'word';
}

/** Walks through the run once, from change to change of what is known. */
class Walk {
  readonly suspects = new Groups(TOGETHER);
  readonly downs = new Groups(TOGETHER);
  readonly curves: Curves = { known: [], suspected: [], reached: [], splits: [] };
  readonly wholes: Entry[] = [];
  #player: Player;
  #isWhole = true;

  constructor(record: RunRecord) {
    this.#player = new Player(record);
    const moments = new Set<number>();
    for (let at = 0; at < record.fames.length; at += 5) moments.add(record.fames[at] as number);
    for (let at = 0; at < record.lives.length; at += 3) moments.add(record.lives[at] as number);
    const suspected = new Uint8Array(this.#player.nodes);
    const isGone = new Uint8Array(this.#player.nodes);
    for (const when of [...moments].sort((a, b) => a - b)) {
      this.#player.seek(when);
      this.#judge(when, suspected, isGone);
      this.#measure(when);
    }
    for (const { when, sides } of record.splits) {
      const open = this.curves.splits.at(-1);
      if (open !== undefined && open[1] > when) open[1] = when;
      if (sides.length > 0) this.curves.splits.push([when, record.end]);
    }
  }

  #judge(when: number, suspected: Uint8Array, isGone: Uint8Array): void {
    const player = this.#player;
    for (let node = 0; node < player.nodes; ++node) {
      const isSuspected = (player.suspected[node] as number) > 0 ? 1 : 0;
      if (isSuspected && !suspected[node]) this.suspects.add(when, node);
      suspected[node] = isSuspected;
      const gone = !player.alive[node] && (player.gone[node] as number) > 0 && (player.up[node] as number) + (player.suspected[node] as number) === 0 ? 1 : 0;
      if (gone && !isGone[node]) this.downs.add(when, node);
      isGone[node] = gone;
    }
  }

  #measure(when: number): void {
    const { known, living } = this.#player;
    const isWhole = known === 1 && living > 1;
    if (isWhole && !this.#isWhole) this.wholes.push({ when, kind: 'whole', text: `all ${living} that live know each other` });
    if (living > 1) this.#isWhole = isWhole;
    let suspected = 0;
    for (let node = 0; node < this.#player.nodes; ++node) suspected += this.#player.alive[node] && this.#player.suspected[node] ? 1 : 0;
    push(this.curves.known, when, known, isWhole);
    push(this.curves.suspected, when, living === 0 ? 0 : suspected / living, false);
  }
}

/** A point of a curve that is drawn in steps; not more of them than can be seen. */
function push(curve: [number, number][], when: number, share: number, matters: boolean): void {
  const last = curve.at(-1);
  if (last !== undefined && last[1] === share) return;
  if (last !== undefined && !matters && when - last[0] < CURVE_STEP) last[1] = share;
  else curve.push([when, share]);
}

function broadcastEntries(record: RunRecord, curves: Curves): Entry[] {
  const player = new Player(record);
  const entries: Entry[] = [];
  for (let index = 0; index < player.hops.length; ++index) {
    const [when = 0, root = 0] = record.broadcasts.slice(2 * index, 2 * index + 2);
    player.seek(when);
    const { living } = player;
    const arrived = (player.hops[index] ?? []).filter(({ way }) => way !== IN_VAIN);
    const depth = new Map([[root, 0]]);
    for (const { from, to } of [...arrived].sort((a, b) => a.arrival - b.arrival)) depth.set(to, (depth.get(from) ?? 0) + 1);
    const repairs = arrived.filter(({ way }) => way === REPAIR).length;
    const last = arrived.reduce((latest, { arrival }) => Math.max(latest, arrival), when);
    curves.reached.push([when, Math.min(1, depth.size / Math.max(1, living))]);
    const how = arrived.length === 0 ? '' : ` in ${((1_000 * (last - when)) / TICKS_PER_SECOND).toFixed(0)} ms over ${plural(Math.max(...depth.values()), 'hop')}`;
    const mended = repairs === 0 ? '' : `, ${plural(repairs, 'repair')}`;
    entries.push({ when, kind: 'broadcast', text: `n${root} broadcasts: ${depth.size} of ${living} reached${how}${mended}` });
  }
  return together(entries);
}

/** Those that begin at the same moment are one entry. */
function together(entries: Entry[]): Entry[] {
  const counts = new Map<number, number>();
  for (const { when } of entries) counts.set(when, (counts.get(when) ?? 0) + 1);
  return entries.filter(({ when }, index) => when !== entries[index - 1]?.when).map((entry) => {
    const count = counts.get(entry.when) ?? 1;
    return count === 1 ? entry : { ...entry, text: `${count} nodes broadcast at once; ${entry.text}` };
  });
}

const REBORN = /^n(\d+) is reborn/;

/** What the run said of itself. After a partition that was long, whole halves are reborn. */
function wordEntries(record: RunRecord): Entry[] {
  const reborn = new Groups(TOGETHER);
  const entries: Entry[] = [];
  for (const { when, text } of record.words) {
    const node = REBORN.exec(text)?.[1];
    if (node === undefined) entries.push({ when, kind: kindOf(text), text });
    else reborn.add(when, Number(node));
  }
  return [...entries, ...reborn.entries('down', (nodes) => `${names(nodes)} ${nodes.length === 1 ? 'takes' : 'take'} a new life: others had given it up`)];
}

function startEntries(record: RunRecord): Entry[] {
  const starts = new Groups(STARTS_TOGETHER);
  const told = new Set(record.words.map(({ when, text }) => `${when} ${text.split(' ')[0]}`));
  for (let at = 0; at < record.lives.length; at += 3) {
    const [when = 0, node = 0, isAlive = 0] = record.lives.slice(at, at + 3);
    if (isAlive && !told.has(`${when} n${node}`)) starts.add(when, node);
  }
  return starts.entries('start', (nodes) => (nodes.length > 3 ? `${nodes.length} nodes start` : `${names(nodes)} ${nodes.length === 1 ? 'starts' : 'start'}`));
}

/** All of it in order of time. */
export function readTimeline(record: RunRecord): { entries: Entry[]; curves: Curves } {
  const walk = new Walk(record);
  const entries = [
    ...startEntries(record),
    ...wordEntries(record),
    ...walk.suspects.entries('suspect', (nodes) => `${names(nodes)} suspected`),
    ...walk.downs.entries('down', (nodes) => `${names(nodes)} gone for all`),
    ...walk.wholes,
    ...broadcastEntries(record, walk.curves),
  ];
  return { entries: entries.map((entry, index) => ({ entry, index })).sort((a, b) => a.entry.when - b.entry.when || a.index - b.index).map(({ entry }) => entry), curves: walk.curves };
}
