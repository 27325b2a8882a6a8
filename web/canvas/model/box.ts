// Rectangles of the plane, and those that elements need.

import { isText, type Element } from './events.js';
import { LINE_HEIGHT, widthOf } from './lettering.js';

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export function overlaps(one: Box, other: Box): boolean {
  return one.left <= other.right && other.left <= one.right && one.top <= other.bottom && other.top <= one.bottom;
}

export function grown(box: Box, by: number): Box {
  return { left: box.left - by, top: box.top - by, right: box.right + by, bottom: box.bottom + by };
}

export function moved({ left, top, right, bottom }: Box, dx: number, dy: number): Box {
  return { left: left + dx, top: top + dy, right: right + dx, bottom: bottom + dy };
}

export function around(boxes: readonly Box[]): Box | undefined {
  const [first, ...others] = boxes;
  return first && others.reduce(union, first);
}

export function union(one: Box, other: Box): Box {
  return {
    left: Math.min(one.left, other.left),
    top: Math.min(one.top, other.top),
    right: Math.max(one.right, other.right),
    bottom: Math.max(one.bottom, other.bottom),
  };
}

/** The rectangle between two corners. */
export function boxOf(x: number, y: number, otherX: number, otherY: number): Box {
  return { left: Math.min(x, otherX), top: Math.min(y, otherY), right: Math.max(x, otherX), bottom: Math.max(y, otherY) };
}

/** Where the element shows anything. */
export function boundsOf(element: Element): Box {
  const box = isText(element) ? textBox(element) : strokeBox(element);
  const { dx, dy } = element.shift;
  return dx === 0 && dy === 0 ? box : moved(box, dx, dy);
}

function textBox({ x, y, size, text }: { x: number; y: number; size: number; text: string }): Box {
  const lines = text.split('\n');
  const width = Math.max(...lines.map(widthOf)) * size;
  return { left: x, top: y, right: x + width, bottom: y + lines.length * LINE_HEIGHT * size };
}

function strokeBox({ points, size }: { points: readonly number[]; size: number }): Box {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let index = 0; index < points.length; index += 2) {
    const x = points[index] as number;
    const y = points[index + 1] as number;
    if (x < box.left) box.left = x;
    if (x > box.right) box.right = x;
    if (y < box.top) box.top = y;
    if (y > box.bottom) box.bottom = y;
  }
  return grown(box, size / 2);
}
