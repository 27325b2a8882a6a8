// Turns the way of a pointer into strokes that the server takes: coordinates rounded and on the plane, points not
// closer than the eye can see, and a stroke that grows too long continued by another one. Pure.

import { NO_SHIFT, PLANE_HEIGHT, PLANE_WIDTH, STROKE_POINTS_MAX, type Stroke } from './events.js';

export interface Brush {
  color: string;
  size: number;
  erase: boolean;
}

/** Points closer than this to the last one add bytes and no shape. */
const DISTANCE_MIN = 0.7;

type GrowingStroke = Omit<Stroke, 'points'> & { points: number[] };

export const onPlane = (value: number, max: number) => Math.round(Math.min(max, Math.max(0, value)) * 10) / 10;

export class StrokeMaker {
  readonly #brush: Brush;
  readonly #newId: () => string;
  #stroke: GrowingStroke;

  constructor(brush: Brush, newId: () => string, x: number, y: number) {
    this.#brush = { ...brush };
    this.#newId = newId;
    this.#stroke = this.#begin(onPlane(x, PLANE_WIDTH), onPlane(y, PLANE_HEIGHT));
  }

  /** The stroke as it is now; grows while the pointer moves. */
  get current(): Stroke {
    return this.#stroke;
  }

  /** The pointer came to (x, y). Returns a stroke that is finished because it is as long as one may be. */
  add(x: number, y: number): Stroke | undefined {
    const { points } = this.#stroke;
    const nextX = onPlane(x, PLANE_WIDTH);
    const nextY = onPlane(y, PLANE_HEIGHT);
    const [lastX = 0, lastY = 0] = points.slice(-2);
    if (Math.hypot(nextX - lastX, nextY - lastY) < DISTANCE_MIN) return undefined;
    points.push(nextX, nextY);
    if (points.length < STROKE_POINTS_MAX * 2) return undefined;
    const finished = this.#stroke;
    this.#stroke = this.#begin(nextX, nextY);
    return finished;
  }

  #begin(x: number, y: number): GrowingStroke {
    return { id: this.#newId(), ...this.#brush, points: [x, y], shift: NO_SHIFT };
  }
}
