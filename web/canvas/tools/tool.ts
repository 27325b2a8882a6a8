// What a pointer on the sheet does. The stage says where it is, in units of the plane; the tool says what to show.

import type { Element } from '../model/events.js';

export interface Spot {
  x: number;
  y: number;
  shiftKey: boolean;
  /** So many units of the plane are a finger's or a hand's inexactness. */
  tolerance: number;
}

export interface Tool {
  /** The CSS cursor over the sheet. */
  readonly cursor: string;
  begin(spot: Spot): void;
  /** At least one spot, in order. */
  move(spots: readonly Spot[]): void;
  end(): void;
  /** It was not meant. */
  cancel(): void;
  /** What is not submitted yet, bottom first. */
  overlay(): readonly Element[];
}
