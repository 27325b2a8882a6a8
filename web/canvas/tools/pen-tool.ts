// Pen and eraser: the way of the pointer is a stroke.

import type { Editor } from '../editor.js';
import { newId } from '../editor.js';
import type { Stroke } from '../model/events.js';
import { StrokeMaker, type Brush } from '../model/stroke-maker.js';
import type { Broadcaster } from '../net/broadcaster.js';
import type { Spot, Tool } from './tool.js';

export class PenTool implements Tool {
  readonly cursor = 'crosshair';
  readonly #editor: Editor;
  readonly #broadcaster: Broadcaster;
  readonly #brush: () => Brush;
  #maker: StrokeMaker | undefined;
  #gesture: ReturnType<Editor['gesture']> | undefined;

  constructor(editor: Editor, broadcaster: Broadcaster, brush: () => Brush) {
    this.#editor = editor;
    this.#broadcaster = broadcaster;
    this.#brush = brush;
  }

  begin({ x, y }: Spot): void {
    this.#maker = new StrokeMaker(this.#brush(), newId, x, y);
    this.#gesture = this.#editor.gesture();
    this.#broadcaster.drawing(this.#maker.current);
  }

  move(spots: readonly Spot[]): void {
    if (this.#maker === undefined) return;
    for (const { x, y } of spots) {
      // A part that is as long as an event may be is sent while the rest is still being drawn.
      const part = this.#maker.add(x, y);
      if (part !== undefined) this.#gesture?.draw(part);
    }
    this.#broadcaster.drawing(this.#maker.current);
  }

  end(): void {
    const stroke = this.#maker?.current;
    this.#maker = undefined;
    if (stroke === undefined) return;
    this.#gesture?.draw(stroke);
    this.#gesture?.end();
  }

  cancel(): void {
    if (this.#maker !== undefined) this.#broadcaster.withdraw(this.#maker.current);
    this.#maker = undefined;
  }

  overlay(): readonly Stroke[] {
    return this.#maker === undefined ? [] : [this.#maker.current];
  }
}
