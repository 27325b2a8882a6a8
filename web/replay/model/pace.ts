// How fast to play: by choice, or so that what happens can be followed and what does not happen is passed over.

import type { Entry } from './timeline.js';
import type { Hop } from './record.js';
import { TICKS_PER_SECOND } from './record.js';

/** Simulated seconds in one second. */
const QUIET = 8;
const BUSY = 1;
const SLOWEST = 0.02;
/** A broadcast that is looked at takes so long. */
const LOOK_SECONDS = 3;
/** Of broadcasts that follow each other, the first is looked at. */
const TRAIN = 2 * TICKS_PER_SECOND;
const BEFORE = 0.5 * TICKS_PER_SECOND;
const AFTER = 1.5 * TICKS_PER_SECOND;

interface Stretch {
  from: number;
  to: number;
  speed: number;
}

export class Pace {
  #looks: Stretch[] = [];
  #busy: Stretch[] = [];

  /** @param broadcasts When each began, and its hops. */
  constructor(entries: Entry[], broadcasts: { when: number; hops: Hop[] }[]) {
    let previous = -Infinity;
    for (const { when, hops } of broadcasts) {
      const last = hops.reduce((latest, { arrival }) => Math.max(latest, arrival), when);
      const seconds = (last - when) / TICKS_PER_SECOND;
      // One that needs a minute, since the network was split, is not waited for.
      if (when - previous > TRAIN && last > when && seconds < LOOK_SECONDS) this.#looks.push({ from: when, to: last, speed: Math.max(SLOWEST, seconds / LOOK_SECONDS) });
      previous = when;
    }
    for (const { when } of entries) {
      const newest = this.#busy.at(-1);
      if (newest !== undefined && when - BEFORE <= newest.to) newest.to = when + AFTER;
      else this.#busy.push({ from: when - BEFORE, to: when + AFTER, speed: BUSY });
    }
  }

  /** Simulated seconds in a second. */
  at(time: number): number {
    const around = ({ from, to }: Stretch) => from <= time && time < to;
    return (this.#looks.find(around) ?? this.#busy.find(around))?.speed ?? QUIET;
  }
}
