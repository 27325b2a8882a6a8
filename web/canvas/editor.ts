// What this visitor does to the canvas, and takes back.

import { deleteOf, drew, hasEffect, moveOf, pictureOf, replaceOf, type Edit } from './model/edits.js';
import type { Element, Shift } from './model/events.js';
import { UndoStack } from './model/undo-stack.js';
import type { CanvasSession } from './net/canvas-session.js';

/** How far a copy lies from what it was made of. */
const COPY_SHIFT = 24;

export class Editor {
  readonly #session: CanvasSession;
  readonly #stack = new UndoStack();
  readonly #onChange: () => void;

  /** `onChange` is called when there is more or less to take back. */
  constructor(session: CanvasSession, onChange: () => void) {
    this.#session = session;
    this.#onChange = onChange;
  }

  get canUndo(): boolean {
    return this.#stack.canUndo;
  }

  get canRedo(): boolean {
    return this.#stack.canRedo;
  }

  /** Draws elements that are parts of one gesture: they are sent as they come, and taken back together. */
  gesture(): { draw(element: Element): void; end(): void } {
    const ids: string[] = [];
    return {
      draw: (element) => {
        ids.push(element.id);
        this.#session.submit({ type: 'draw', elements: [element] });
      },
      end: () => this.#push(drew(ids)),
    };
  }

  draw(element: Element): void {
    const { draw, end } = this.gesture();
    draw(element);
    end();
  }

  delete(ids: readonly string[]): void {
    this.#do(deleteOf(ids));
  }

  move(ids: readonly string[], by: Shift): void {
    this.#do(moveOf(ids, by));
  }

  /** Each element takes the place of the one with its id. */
  replace(before: readonly Element[], after: readonly Element[]): void {
    this.#do(replaceOf(before, after));
  }

  /** Returns the copies. */
  duplicate(elements: readonly Element[]): Element[] {
    const copies = elements.map((element) => ({ ...element, id: newId(), shift: { dx: element.shift.dx + COPY_SHIFT, dy: element.shift.dy + COPY_SHIFT } }));
    for (const event of replaceOf([], copies).does) this.#session.submit(event);
    this.#push(drew(copies.map(({ id }) => id)));
    return copies;
  }

  clear(): void {
    this.#do(pictureOf(this.#session.drawing.list(), []));
  }

  /** Puts another picture in place of the one that is there. */
  show(elements: readonly Element[]): void {
    this.#do(pictureOf(this.#session.drawing.list(), elements));
  }

  undo(): void {
    this.#submitAll(this.#stack.undo((event) => hasEffect(event, this.#session.drawing)));
  }

  redo(): void {
    this.#submitAll(this.#stack.redo((event) => hasEffect(event, this.#session.drawing)));
  }

  #do(edit: Edit): void {
    this.#push(edit);
    this.#submitAll(edit.does);
  }

  #push(edit: Edit): void {
    this.#stack.push(edit);
    this.#onChange();
  }

  #submitAll(events: Edit['does']): void {
    for (const event of events) this.#session.submit(event);
    this.#onChange();
  }
}

export function newId(): string {
  const random = () => Math.floor(Math.random() * 2 ** 32).toString(36);
  return `${random()}${random()}`;
}
