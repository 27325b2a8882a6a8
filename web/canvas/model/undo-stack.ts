// The own edits of this visit, in order, for taking them back and doing them again. Pure.

import type { Edit } from './edits.js';
import type { CanvasEvent } from './events.js';

const EDITS_MAX = 500;

export class UndoStack {
  #done: Edit[] = [];
  #undone: Edit[] = [];

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Something new was done: what was taken back before cannot be done again. */
  push(edit: Edit): void {
    this.#done.push(edit);
    if (this.#done.length > EDITS_MAX) this.#done.shift();
    this.#undone = [];
  }

  /** The events to send for taking the last edit back; those that no longer do anything are passed over. */
  undo(isUseful: (event: CanvasEvent) => boolean): readonly CanvasEvent[] {
    return take(this.#done, this.#undone, ({ undoes }) => undoes.filter(isUseful));
  }

  redo(isUseful: (event: CanvasEvent) => boolean): readonly CanvasEvent[] {
    return take(this.#undone, this.#done, ({ does }) => does.filter(isUseful));
  }
}

function take(from: Edit[], to: Edit[], eventsOf: (edit: Edit) => CanvasEvent[]): CanvasEvent[] {
  for (let edit = from.pop(); edit !== undefined; edit = from.pop()) {
    const events = eventsOf(edit);
    if (events.length === 0) continue;
    to.push(edit);
    return events;
  }
  return [];
}
