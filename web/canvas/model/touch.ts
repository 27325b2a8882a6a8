// Whether a point or a rectangle touches an element, for those who take hold of it. Pure.

import { boundsOf, overlaps, type Box } from './box.js';
import { isEraser, isText, type Element, type Stroke } from './events.js';

export function touchesPoint(element: Element, x: number, y: number, tolerance: number): boolean {
  const point = { left: x - tolerance, top: y - tolerance, right: x + tolerance, bottom: y + tolerance };
  if (isEraser(element) || !overlaps(boundsOf(element), point)) return false;
  return isText(element) || distanceTo(element, x - element.shift.dx, y - element.shift.dy) <= element.size / 2 + tolerance;
}

/** Whether any part of the line lies in the rectangle. */
export function touchesBox(element: Element, box: Box): boolean {
  if (isEraser(element) || !overlaps(boundsOf(element), box)) return false;
  if (isText(element)) return true;
  const { points, shift } = element;
  for (let index = 0; index < points.length; index += 2) {
    const [x, y] = [(points[index] as number) + shift.dx, (points[index + 1] as number) + shift.dy];
    if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return true;
  }
  // A long straight line may cross without a point inside.
  return crosses(element, box);
}

function distanceTo({ points }: Stroke, x: number, y: number): number {
  let nearest = Math.hypot(x - (points[0] as number), y - (points[1] as number));
  for (let index = 2; index < points.length; index += 2) {
    const [x1, y1, x2, y2] = points.slice(index - 2, index + 2) as [number, number, number, number];
    const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
    const part = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length));
    nearest = Math.min(nearest, Math.hypot(x - x1 - part * (x2 - x1), y - y1 - part * (y2 - y1)));
  }
  return nearest;
}

function crosses({ points, shift }: Stroke, box: Box): boolean {
  for (let index = 2; index < points.length; index += 2) {
    const [x1, y1, x2, y2] = points.slice(index - 2, index + 2) as [number, number, number, number];
    if (clips(x1 + shift.dx, y1 + shift.dy, x2 - x1, y2 - y1, box)) return true;
  }
  return false;
}

/** Liang and Barsky: whether some part of the way (dx, dy) from (x, y) lies in the rectangle. */
function clips(x: number, y: number, dx: number, dy: number, { left, top, right, bottom }: Box): boolean {
  let enters = 0;
  let leaves = 1;
  const sides: [number, number][] = [[-dx, x - left], [dx, right - x], [-dy, y - top], [dy, bottom - y]];
  for (const [step, room] of sides) {
    if (step === 0 && room < 0) return false;
    if (step < 0) enters = Math.max(enters, room / step);
    if (step > 0) leaves = Math.min(leaves, room / step);
  }
  return enters <= leaves;
}
