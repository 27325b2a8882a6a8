// The record of a run, as `./run sim overlay --html` writes it into the page (server/sim_replay_page.cpp).

/** Times are in these. */
export const TICKS_PER_SECOND = 10_000;

/** What one node holds of another. */
export const OPINIONS = ['unknown', 'up', 'suspected', 'gone'] as const;

/** How a payload came: along the tree; asked for, since it was missed; or it was known already, or got lost. */
export const TREE = 0;
export const REPAIR = 1;
export const IN_VAIN = 2;

/** Lists of numbers are flat, entry after entry, in order of time. */
export interface RunRecord {
  version: number;
  overlay: string;
  seed: number;
  command: string;
  failure: string;
  simulated_seconds: number;
  servers: number;
  /** By node. */
  zones: number[];
  end: number;
  /** The record ends before the run. */
  is_full: boolean;
  /** when, node, is alive */
  lives: number[];
  /** when, node whose end it is, peer, is up */
  links: number[];
  /** when, node, how many of those that live hold it up, suspected, gone */
  fames: number[];
  /** when, observer, node, opinion; empty with many nodes. */
  judgements: number[];
  /** when, from, to: nothing gets through until the next split. */
  blocks: number[];
  /** when, root */
  broadcasts: number[];
  /** sent, arrival, from, to, broadcast, way */
  hops: number[];
  /** Sides by node; empty: the network is whole. */
  splits: { when: number; sides: number[] }[];
  words: { when: number; text: string }[];
}

/** Throws what can be shown to the reader. */
export function readRecord(text: string): RunRecord {
  if (text.trim() === '') throw new Error('This page has no run in it. `./run sim overlay --html FILE` writes one that has.');
  const record = JSON.parse(text) as RunRecord;
  if (record.version !== 1) throw new Error(`This page cannot read records of version ${record.version}.`);
  return record;
}

export interface Hop {
  sent: number;
  arrival: number;
  from: number;
  to: number;
  way: number;
}

/** The hops of each broadcast, in the order in which they were sent. */
export function hopsByBroadcast(record: RunRecord): Hop[][] {
  const hops: Hop[][] = Array.from({ length: record.broadcasts.length / 2 }, () => []);
  for (let at = 0; at < record.hops.length; at += 6) {
    const [sent = 0, arrival = 0, from = 0, to = 0, broadcast = 0, way = 0] = record.hops.slice(at, at + 6);
    hops[broadcast]?.push({ sent, arrival, from, to, way });
  }
  return hops;
}
