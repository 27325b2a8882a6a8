// The strokes that others are drawing right now, put together from their signals. Signals may be lost, and may come
// after the stroke itself: this is a preview, and the stroke's event replaces it. Pure.

import { STROKE_POINTS_MAX, type CanvasSignal, type Stroke } from './events.js';

type DrawingSignal = Extract<CanvasSignal, { type: 'drawing' }>;
type LiveStroke = Omit<Stroke, 'points'> & { points: number[]; session: string; updatedAt: number };

/** A preview without news is dropped after this long: its author may have gone, or his stroke was refused. */
const IDLE_MAX_MS = 60_000;
const STROKES_MAX = 200;
const FINISHED_MAX = 1_000;

export class LiveStrokes {
  readonly #strokes = new Map<string, LiveStroke>();
  // Ids of strokes whose event has come, so that a late signal does not draw them again.
  readonly #finished = new Set<string>();

  list(): Stroke[] {
    return [...this.#strokes.values()];
  }

  /** Returns where the author's pen is now, if the signal tells. */
  add(session: string, signal: DrawingSignal, now: number): { x: number; y: number } | undefined {
    if (this.#finished.has(signal.id)) return undefined;
    const { id, color, size, erase, shift } = signal;
    const known = this.#strokes.get(id);
    // Only the author may go on with a stroke.
    if (known !== undefined && known.session !== session) return undefined;
    const kept = known?.points.slice(0, signal.from * 2) ?? [];
    const points = [...kept, ...signal.points].slice(0, STROKE_POINTS_MAX * 2);
    if (points.length === 0) {
      this.#strokes.delete(id);
      return undefined;
    }
    if (known === undefined && this.#strokes.size >= STROKES_MAX) return undefined;
    this.#strokes.set(id, { id, color, size, erase, points, shift, session, updatedAt: now });
    const [x, y] = points.slice(-2);
    return x === undefined || y === undefined ? undefined : { x, y };
  }

  /** The stroke's event has come. */
  finish(id: string): void {
    this.#strokes.delete(id);
    this.#finished.add(id);
    const [oldest] = this.#finished;
    if (this.#finished.size > FINISHED_MAX && oldest !== undefined) this.#finished.delete(oldest);
  }

  /** Keeps only strokes of those who are there and have moved lately. Returns whether any went. */
  prune(sessions: ReadonlySet<string>, now: number): boolean {
    const before = this.#strokes.size;
    for (const [id, { session, updatedAt }] of this.#strokes) {
      if (!sessions.has(session) || now - updatedAt > IDLE_MAX_MS) this.#strokes.delete(id);
    }
    return this.#strokes.size !== before;
  }
}
