// What this browser shows the others while it happens: the cursor and the stroke being drawn, each at most 20 times a
// second, always ending with the newest state.

import type { CanvasSignal, Stroke } from '../model/events.js';

const INTERVAL_MS = 50;
/** So many points fit well into a signal; what is more goes with the next. */
const POINTS_MAX = 500;

export interface BroadcasterPort {
  /** Returns false if the signal could not be sent now. */
  signal(signal: CanvasSignal): boolean;
  now(): number;
  schedule(callback: () => void, delayMs: number): void;
}

export class Broadcaster {
  readonly #port: BroadcasterPort;
  #cursor: CanvasSignal | undefined;
  #stroke: Stroke | undefined;
  #pointsSent = 0;
  #lastFlushAt = Number.NEGATIVE_INFINITY;
  #isScheduled = false;

  constructor(port: BroadcasterPort) {
    this.#port = port;
  }

  cursor(x: number, y: number): void {
    this.#cursor = { type: 'cursor', x: Math.round(x), y: Math.round(y) };
    this.#schedule();
  }

  cursorGone(): void {
    this.#cursor = { type: 'cursor', gone: true };
    this.#schedule();
  }

  /** The stroke has begun or grown. Its points are read when they are sent. */
  drawing(stroke: Stroke): void {
    if (stroke.id !== this.#stroke?.id) this.#pointsSent = 0;
    this.#stroke = stroke;
    this.#schedule();
  }

  /** The stroke is another one than before, as a line is whose end moves: all its points are sent again. */
  redrawing(stroke: Stroke): void {
    this.#pointsSent = 0;
    this.drawing(stroke);
  }

  /** The stroke will not be finished: others take its preview away. */
  withdraw(stroke: Stroke): void {
    this.#stroke = undefined;
    if (this.#pointsSent > 0) this.#port.signal({ ...stroke, type: 'drawing', points: [], from: 0 });
    this.#pointsSent = 0;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const delayMs = Math.max(0, this.#lastFlushAt + INTERVAL_MS - this.#port.now());
    this.#port.schedule(() => this.#flush(), delayMs);
  }

  #flush(): void {
    this.#isScheduled = false;
    this.#lastFlushAt = this.#port.now();
    if (this.#cursor !== undefined) this.#port.signal(this.#cursor);
    this.#cursor = undefined;
    const stroke = this.#stroke;
    const total = (stroke?.points.length ?? 0) / 2;
    if (stroke === undefined || total <= this.#pointsSent) return;
    const end = Math.min(total, this.#pointsSent + POINTS_MAX);
    const points = stroke.points.slice(this.#pointsSent * 2, end * 2);
    // Without a connection nobody sees it; the points stay unsent for those who see it later.
    if (this.#port.signal({ ...stroke, type: 'drawing', points, from: this.#pointsSent })) this.#pointsSent = end;
    if (end < total) this.#schedule();
  }
}
