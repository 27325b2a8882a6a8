// What somebody does to a canvas, each time with what takes it back. Both are ordinary events: taking back is deterministic
// at every client, and works after a reconnect as well. Pure.

import type { Drawing } from './drawing.js';
import type { CanvasEvent, Element, Shift } from './events.js';
import { drawEvents, idLists } from './wire.js';

export interface Edit {
  does: readonly CanvasEvent[];
  undoes: readonly CanvasEvent[];
}

const about = (type: 'delete' | 'restore', ids: readonly string[]): CanvasEvent[] => idLists(ids).map((part) => ({ type, ids: part }));
const move = (ids: readonly string[], { dx, dy }: Shift): CanvasEvent[] => idLists(ids).map((part) => ({ type: 'move', ids: part, dx, dy }));

/** Elements that were not there before. Doing it again restores them, at their place. */
export function drew(ids: readonly string[]): Edit {
  return { does: about('restore', ids), undoes: about('delete', ids) };
}

export function deleteOf(ids: readonly string[]): Edit {
  return { does: about('delete', ids), undoes: about('restore', ids) };
}

export function moveOf(ids: readonly string[], by: Shift): Edit {
  return { does: move(ids, by), undoes: move(ids, { dx: -by.dx, dy: -by.dy }) };
}

/** Each element takes the place of the one with its id. */
export function replaceOf(before: readonly Element[], after: readonly Element[]): Edit {
  return { does: drawEvents(after), undoes: drawEvents(before) };
}

/**
 * Another picture in place of the one that is there; an empty one clears. Taking it back leaves what others have drawn
 * since then.
 */
export function pictureOf(before: readonly Element[], after: readonly Element[]): Edit {
  const stayed = new Set(before.map(({ id }) => id));
  const came = after.filter(({ id }) => !stayed.has(id)).map(({ id }) => id);
  return { does: [{ type: 'clear' }, ...drawEvents(after)], undoes: [...about('delete', came), ...drawEvents(before)] };
}

/** Whether the event would change what is seen; others may have cleared or deleted meanwhile. */
export function hasEffect(event: CanvasEvent, drawing: Drawing): boolean {
  switch (event.type) {
    case 'delete':
    case 'move':
      return event.ids.some((id) => drawing.shown(id) !== undefined);
    case 'restore':
      return event.ids.some((id) => drawing.isRemoved(id));
    default:
      return true;
  }
}
