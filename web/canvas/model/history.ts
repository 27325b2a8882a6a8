// A drawing from its beginning, which can be looked at as it was after any of its events. Pure.
//
// Going forward applies events; going back begins at the nearest keyframe before. Keyframes share their elements, so one
// costs a list of references; there are about as many as each of them has thousands of elements.

import { Elements, type Change, type Slot } from './elements.js';
import { readEvent, type CanvasEvent } from './events.js';

const KEYFRAME_EVERY = 2_000;
const NOTHING: Change = { all: false, added: [], boxes: [] };

export class History {
  /** Only what changes the picture is a step. */
  readonly #steps: CanvasEvent[] = [];
  readonly #keyframes: (readonly Slot[])[] = [[]];
  #newest = new Elements();
  #shown = new Elements();
  #position = 0;

  get length(): number {
    return this.#steps.length;
  }

  /** So many steps have been taken in what is shown. */
  get position(): number {
    return this.#position;
  }

  get shown(): Elements {
    return this.#shown;
  }

  /** The next event of the document. */
  add(data: unknown): void {
    const event = readEvent(data);
    if (event === undefined || event.type === 'chat') return;
    this.#steps.push(event);
    this.#newest = step(this.#newest, event).elements;
    if (this.#steps.length % KEYFRAME_EVERY === 0) this.#keyframes.push(this.#newest.slots.map(({ element, removed }) => ({ element, removed })));
  }

  /** Shows the drawing as it was after so many steps. Returns what is different from what was shown before. */
  seek(position: number): Change {
    const wanted = Math.min(this.length, Math.max(0, Math.round(position)));
    const total: Change = { all: false, added: [], boxes: [] };
    const keyframe = Math.floor(wanted / KEYFRAME_EVERY);
    if (wanted < this.#position || keyframe * KEYFRAME_EVERY > this.#position) {
      this.#shown = Elements.from(this.#keyframes[keyframe] ?? []);
      this.#position = keyframe * KEYFRAME_EVERY;
      total.all = true;
    }
    for (; this.#position < wanted; this.#position += 1) {
      const { elements, change } = step(this.#shown, this.#steps[this.#position] as CanvasEvent);
      this.#shown = elements;
      total.all ||= change.all;
      for (const element of change.added) total.added.push(element);
      for (const box of change.boxes) total.boxes.push(box);
    }
    return total;
  }
}

function step(elements: Elements, event: CanvasEvent): { elements: Elements; change: Change } {
  if (event.type === 'clear') return { elements: new Elements(), change: { ...NOTHING, all: true } };
  return { elements, change: elements.apply(event) };
}
