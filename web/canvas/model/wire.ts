// Canvas events in the form in which they are sent. An event is at most so large, so a long list becomes several.

import { LIST_MAX, isText, type CanvasEvent, type Element } from './events.js';

/** Below the 64 KiB that a server takes. */
const EVENT_BYTES_MAX = 56 * 1024;

/** An element as it stands in a `draw` event and in a snapshot. */
export function elementToWire(element: Element): object {
  const { id, color, size, shift } = element;
  const shifted = shift.dx === 0 && shift.dy === 0 ? {} : { shift: [shift.dx, shift.dy] };
  if (isText(element)) return { id, color, size, at: [element.x, element.y], text: element.text, ...shifted };
  return { id, color, size, points: element.points, ...(element.erase && { erase: true }), ...shifted };
}

export function eventToWire(event: CanvasEvent): object {
  if (event.type !== 'draw') return event;
  const [only, ...others] = event.elements;
  if (only === undefined || others.length > 0) return { ...event, elements: event.elements.map(elementToWire) };
  return { type: isText(only) ? 'text' : 'stroke', ...elementToWire(only) };
}

/** Events that together draw all of these, in this order. */
export function drawEvents(elements: readonly Element[]): CanvasEvent[] {
  return parts(elements, (element) => byteLength(elementToWire(element))).map((part) => ({ type: 'draw', elements: part }));
}

/** Lists of these ids, each short enough for an event. */
export function idLists(ids: readonly string[]): string[][] {
  return parts(ids, byteLength);
}

function byteLength(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length + 1;
}

function parts<Item>(items: readonly Item[], bytesOf: (item: Item) => number): Item[][] {
  const made: Item[][] = [];
  let room = 0;
  for (const item of items) {
    const bytes = bytesOf(item);
    const last = made.at(-1);
    if (last !== undefined && last.length < LIST_MAX && bytes <= room) last.push(item);
    else made.push([item]);
    room = (last === made.at(-1) ? room : EVENT_BYTES_MAX) - bytes;
  }
  return made;
}
