// Takes hold of what was drawn: a click on one thing, a frame around several; then they can be moved, deleted, coloured,
// copied. Erasers cannot be taken hold of, and stay where they are.

import type { Editor } from '../editor.js';
import { around, boundsOf, boxOf, moved, type Box } from '../model/box.js';
import type { Drawing } from '../model/drawing.js';
import { isText, PLANE_HEIGHT, PLANE_WIDTH, type Element, type Shift, type Text } from '../model/events.js';
import { touchesBox } from '../model/touch.js';
import type { Spot, Tool } from './tool.js';

/** So much of what is moved stays on the sheet. */
const STAYS = 16;

export interface SelectPort {
  /** The selection, its place or the frame have changed. */
  changed(): void;
  editText(text: Text): void;
}

type Drag = { kind: 'move' | 'frame'; from: Spot; to: Spot; before: ReadonlySet<string> };

export class SelectTool implements Tool {
  readonly #drawing: Drawing;
  readonly #editor: Editor;
  readonly #port: SelectPort;
  #ids: ReadonlySet<string> = new Set();
  #drag: Drag | undefined;
  // How far the arrow keys have moved the selection since the first of them was pressed.
  #nudged: Shift = { dx: 0, dy: 0 };

  constructor(drawing: Drawing, editor: Editor, port: SelectPort) {
    this.#drawing = drawing;
    this.#editor = editor;
    this.#port = port;
  }

  get cursor(): string {
    return this.#drag?.kind === 'move' ? 'move' : 'default';
  }

  /** Ids of what is on its way, and is shown by `overlay` meanwhile. */
  get lifted(): ReadonlySet<string> {
    const { dx, dy } = this.#shift();
    return dx === 0 && dy === 0 ? new Set() : this.#ids;
  }

  /** The selected elements that are still there, where they were before they were lifted. */
  selected(): Element[] {
    return [...this.#ids].flatMap((id) => this.#drawing.shown(id) ?? []);
  }

  /** Around the selection, where it is now. */
  get box(): Box | undefined {
    const { dx, dy } = this.#shift();
    const box = around(this.selected().map(boundsOf));
    return box && moved(box, dx, dy);
  }

  /** The frame that is being drawn around things. */
  get frame(): Box | undefined {
    return this.#drag?.kind === 'frame' ? boxOf(this.#drag.from.x, this.#drag.from.y, this.#drag.to.x, this.#drag.to.y) : undefined;
  }

  select(ids: Iterable<string>): void {
    this.#ids = new Set(ids);
    this.#nudged = { dx: 0, dy: 0 };
    this.#port.changed();
  }

  selectAll(): void {
    this.select(this.#query({ left: 0, top: 0, right: PLANE_WIDTH, bottom: PLANE_HEIGHT }).map(({ id }) => id));
  }

  begin(spot: Spot): void {
    this.finishNudge();
    const hit = this.#hit(spot);
    const before = spot.shiftKey ? this.#ids : new Set<string>();
    const isHeld = hit === undefined ? !spot.shiftKey && this.#isInBox(spot) : this.#ids.has(hit.id);
    if (hit !== undefined && spot.shiftKey) {
      const ids = new Set(this.#ids);
      if (!ids.delete(hit.id)) ids.add(hit.id);
      this.#ids = ids;
    } else if (!isHeld) {
      this.#ids = hit === undefined ? before : new Set([hit.id]);
    }
    this.#drag = { kind: hit !== undefined || isHeld ? 'move' : 'frame', from: spot, to: spot, before };
    this.#port.changed();
  }

  move(spots: readonly Spot[]): void {
    const to = spots.at(-1);
    if (this.#drag === undefined || to === undefined) return;
    this.#drag = { ...this.#drag, to };
    const { frame } = this;
    if (frame !== undefined) this.#ids = new Set([...this.#drag.before, ...this.#query(frame).map(({ id }) => id)]);
    this.#port.changed();
  }

  end(): void {
    const by = this.#shift();
    this.#drag = undefined;
    this.#commit(by);
  }

  cancel(): void {
    this.#drag = undefined;
    this.#nudged = { dx: 0, dy: 0 };
    this.#port.changed();
  }

  /** Moves the selection for as long as keys are pressed; `finishNudge` makes it one edit. */
  nudge(by: Shift): void {
    if (this.#ids.size === 0) return;
    this.#nudged = this.#kept({ dx: this.#nudged.dx + by.dx, dy: this.#nudged.dy + by.dy });
    this.#port.changed();
  }

  finishNudge(): void {
    const by = this.#nudged;
    this.#nudged = { dx: 0, dy: 0 };
    this.#commit(by);
  }

  /** Goes on with the text that is there, or with the one that is selected. */
  open(spot?: Spot): void {
    const text = spot === undefined ? this.selected()[0] : this.#hit(spot);
    if (text !== undefined && isText(text)) this.#port.editText(text);
  }

  delete(): void {
    const ids = this.selected().map(({ id }) => id);
    this.select([]);
    if (ids.length > 0) this.#editor.delete(ids);
  }

  duplicate(): void {
    const elements = this.selected();
    if (elements.length > 0) this.select(this.#editor.duplicate(elements).map(({ id }) => id));
  }

  color(color: string): void {
    const before = this.selected().filter((element) => element.color !== color);
    if (before.length > 0) this.#editor.replace(before, before.map((element) => ({ ...element, color })));
  }

  overlay(): readonly Element[] {
    const by = this.#shift();
    if (by.dx === 0 && by.dy === 0) return [];
    return this.selected().map((element) => ({ ...element, shift: { dx: element.shift.dx + by.dx, dy: element.shift.dy + by.dy } }));
  }

  #commit(by: Shift): void {
    const ids = this.selected().map(({ id }) => id);
    if (ids.length > 0 && (by.dx !== 0 || by.dy !== 0)) this.#editor.move(ids, by);
    this.#port.changed();
  }

  #shift(): Shift {
    if (this.#drag?.kind !== 'move') return this.#nudged;
    const { from, to } = this.#drag;
    return this.#kept({ dx: to.x - from.x, dy: to.y - from.y });
  }

  /** In whole eighths, and so that something of it stays on the sheet. */
  #kept({ dx, dy }: Shift): Shift {
    const box = around(this.selected().map(boundsOf));
    if (box === undefined) return { dx: 0, dy: 0 };
    const limit = (by: number, start: number, end: number, plane: number) => {
      const least = Math.max(-plane, STAYS - end);
      const most = Math.min(plane, plane - STAYS - start);
      return Math.round(Math.max(least, Math.min(by, most)) * 8) / 8;
    };
    return { dx: limit(dx, box.left, box.right, PLANE_WIDTH), dy: limit(dy, box.top, box.bottom, PLANE_HEIGHT) };
  }

  #hit(spot: Spot): Element | undefined {
    return this.#drawing.touched(spot)[0];
  }

  #query(box: Box): Element[] {
    return this.#drawing.query(box).filter((element) => touchesBox(element, box));
  }

  #isInBox({ x, y }: Spot): boolean {
    const { box } = this;
    return box !== undefined && this.#ids.size > 1 && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  }
}
