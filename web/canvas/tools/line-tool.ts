// A straight line is a stroke of two points. With the shift key it keeps to whole parts of a right angle.

import type { Editor } from '../editor.js';
import { newId } from '../editor.js';
import { NO_SHIFT, PLANE_HEIGHT, PLANE_WIDTH, type Stroke } from '../model/events.js';
import { onPlane, type Brush } from '../model/stroke-maker.js';
import type { Broadcaster } from '../net/broadcaster.js';
import type { Spot, Tool } from './tool.js';

const ANGLE = Math.PI / 12;

export class LineTool implements Tool {
  readonly cursor = 'crosshair';
  readonly #editor: Editor;
  readonly #broadcaster: Broadcaster;
  readonly #brush: () => Brush;
  #line: Stroke | undefined;

  constructor(editor: Editor, broadcaster: Broadcaster, brush: () => Brush) {
    this.#editor = editor;
    this.#broadcaster = broadcaster;
    this.#brush = brush;
  }

  begin({ x, y }: Spot): void {
    const start = [onPlane(x, PLANE_WIDTH), onPlane(y, PLANE_HEIGHT)];
    this.#line = { ...this.#brush(), id: newId(), points: [...start, ...start], shift: NO_SHIFT };
  }

  move(spots: readonly Spot[]): void {
    const spot = spots.at(-1);
    if (this.#line === undefined || spot === undefined) return;
    const [x = 0, y = 0] = this.#line.points;
    const end = spot.shiftKey ? atWholeAngle(x, y, spot) : spot;
    this.#line = { ...this.#line, points: [x, y, onPlane(end.x, PLANE_WIDTH), onPlane(end.y, PLANE_HEIGHT)] };
    this.#broadcaster.redrawing(this.#line);
  }

  end(): void {
    if (this.#line === undefined || !isLong(this.#line)) return this.cancel();
    this.#editor.draw(this.#line);
    this.#line = undefined;
  }

  cancel(): void {
    if (this.#line !== undefined) this.#broadcaster.withdraw(this.#line);
    this.#line = undefined;
  }

  overlay(): readonly Stroke[] {
    return this.#line === undefined ? [] : [this.#line];
  }
}

function isLong({ points: [x1 = 0, y1 = 0, x2 = 0, y2 = 0] }: Stroke): boolean {
  return Math.hypot(x2 - x1, y2 - y1) >= 2;
}

function atWholeAngle(x: number, y: number, to: { x: number; y: number }): { x: number; y: number } {
  const angle = Math.round(Math.atan2(to.y - y, to.x - x) / ANGLE) * ANGLE;
  const length = Math.hypot(to.x - x, to.y - y);
  return { x: x + Math.cos(angle) * length, y: y + Math.sin(angle) * length };
}
