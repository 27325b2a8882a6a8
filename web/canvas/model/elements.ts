// The fold of a canvas: what lies on the plane, in order, exactly as the server has it (apps/canvas/canvas.cpp). Both
// are tested with the same table of cases. Pure.

import { boundsOf, overlaps, type Box } from './box.js';
import { PLANE_HEIGHT, PLANE_WIDTH, type CanvasEvent, type Element, type Shift } from './events.js';
import { SpatialIndex } from './spatial-index.js';

/** What an event did to the picture. */
export interface Change {
  /** Everything may be different. */
  all: boolean;
  /** These lie on top of what was there. */
  added: Element[];
  /** Here the picture is another one. */
  boxes: Box[];
}

export interface Slot {
  element: Element;
  removed: boolean;
}

type Placed = Slot & { box: Box };

const limit = (value: number, max: number) => Math.min(max, Math.max(-max, value));

/** No further than to the other end of the plane, so that a sum stays exact however often something is moved. */
export function shiftedBy({ dx, dy }: Shift, by: Shift): Shift {
  return { dx: limit(dx + by.dx, PLANE_WIDTH), dy: limit(dy + by.dy, PLANE_HEIGHT) };
}

export class Elements {
  readonly #slots: Placed[] = [];
  readonly #places = new Map<string, number>();
  readonly #index = new SpatialIndex();
  #count = 0;

  static from(slots: Iterable<Slot>): Elements {
    const made = new Elements();
    for (const { element, removed } of slots) made.#put(element, removed);
    return made;
  }

  /** How many can be seen. */
  get count(): number {
    return this.#count;
  }

  /** Also of what was deleted. */
  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** All that can be seen, bottom first. */
  list(): Element[] {
    return this.#slots.filter(({ removed }) => !removed).map(({ element }) => element);
  }

  /** Also of what was deleted. */
  slot(id: string): Slot | undefined {
    return this.#placed(id);
  }

  /** Where the element is seen; undefined if it is not. */
  boxOf(id: string): Box | undefined {
    const placed = this.#placed(id);
    return placed?.removed === false ? placed.box : undefined;
  }

  /** What can be seen in a part of the plane, bottom first. */
  query(box: Box): Element[] {
    const found: Element[] = [];
    for (const place of this.#index.query(box)) {
      const placed = this.#slots[place] as Placed;
      if (!placed.removed && overlaps(placed.box, box)) found.push(placed.element);
    }
    return found;
  }

  /** Everything but `clear`, which is a new beginning. */
  apply(event: Exclude<CanvasEvent, { type: 'clear' }>): Change {
    const change: Change = { all: false, added: [], boxes: [] };
    switch (event.type) {
      case 'draw':
        for (const element of event.elements) this.#draw(element, change);
        break;
      case 'move':
        for (const id of event.ids) {
          this.#replace(id, change, ({ element, removed }) => ({ element: { ...element, shift: shiftedBy(element.shift, event) }, removed }));
        }
        break;
      case 'delete':
      case 'restore':
        for (const id of event.ids) this.#replace(id, change, ({ element }) => ({ element, removed: event.type === 'delete' }));
        break;
      case 'chat':
        break;
    }
    return change;
  }

  #placed(id: string): Placed | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.#slots[place];
  }

  #draw(element: Element, change: Change): void {
    if (this.#places.has(element.id)) this.#replace(element.id, change, () => ({ element, removed: false }));
    else change.added.push(this.#put(element, false).element);
  }

  #replace(id: string, change: Change, make: (slot: Slot) => Slot): void {
    const before = this.#placed(id);
    if (before === undefined) return;
    const { element, removed } = make(before);
    const after = this.#put(element, removed);
    if (!before.removed) change.boxes.push(before.box);
    if (!after.removed) change.boxes.push(after.box);
  }

  #put(element: Element, removed: boolean): Placed {
    const place = this.#places.get(element.id) ?? this.#slots.length;
    const before = this.#slots[place];
    const placed = { element, removed, box: boundsOf(element) };
    if (before !== undefined) this.#index.remove(place, before.box);
    this.#count += Number(!removed) - Number(before?.removed === false);
    this.#index.add(place, placed.box);
    this.#places.set(element.id, place);
    this.#slots[place] = placed;
    return placed;
  }
}
