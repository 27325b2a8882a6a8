// How an element looks. The same elements in the same order on a bitmap of the same size give the same pixels: nothing
// here depends on time, on how the points arrived, or on what else is on the page. Letters are those of the machine.

import { isText, type Element, type Stroke, type Text } from '../model/events.js';
import { BASELINE, FONT_FAMILY, LINE_HEIGHT, type Measure } from '../model/lettering.js';

/** The context must be transformed so that one unit is one unit of the plane. */
export function paintElement(context: CanvasRenderingContext2D, element: Element): void {
  const { dx, dy } = element.shift;
  if (dx !== 0 || dy !== 0) context.translate(dx, dy);
  if (isText(element)) paintText(context, element);
  else paintStroke(context, element);
  if (dx !== 0 || dy !== 0) context.translate(-dx, -dy);
}

/** Letters have the same width on the page, where they are measured and painted. */
export function canvasMeasure(): Measure {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) return (line) => line.length;
  context.font = `100px ${FONT_FAMILY}`;
  return (line) => context.measureText(line).width / 100;
}

function paintStroke(context: CanvasRenderingContext2D, { points, size, color, erase }: Stroke): void {
  context.globalCompositeOperation = erase ? 'destination-out' : 'source-over';
  context.strokeStyle = context.fillStyle = erase ? '#000000' : color;
  context.beginPath();
  if (points.length <= 2) {
    context.arc(points[0] ?? 0, points[1] ?? 0, size / 2, 0, Math.PI * 2);
    context.fill();
  } else {
    tracePath(context, points);
    context.lineWidth = size;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.stroke();
  }
  context.globalCompositeOperation = 'source-over';
}

/** A curve through the middles of the lines between points, with the points as controls: smooth, and close to them. */
function tracePath(context: CanvasRenderingContext2D, points: readonly number[]): void {
  const at = (index: number) => points[index] as number;
  const last = points.length - 2;
  context.moveTo(at(0), at(1));
  for (let index = 2; index < last; index += 2) {
    const middleX = (at(index) + at(index + 2)) / 2;
    const middleY = (at(index + 1) + at(index + 3)) / 2;
    context.quadraticCurveTo(at(index), at(index + 1), middleX, middleY);
  }
  context.lineTo(at(last), at(last + 1));
}

function paintText(context: CanvasRenderingContext2D, { x, y, size, color, text }: Text): void {
  context.font = `${size}px ${FONT_FAMILY}`;
  context.fillStyle = color;
  text.split('\n').forEach((line, index) => context.fillText(line, x, y + (index * LINE_HEIGHT + BASELINE) * size));
}
