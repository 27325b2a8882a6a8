// How a stroke looks. The same strokes in the same order on a bitmap of the same size give the same pixels: nothing
// here depends on time, on how the points arrived, or on what else is on the page.

import type { Stroke } from '../model/events.js';

/** The context must be transformed so that one unit is one unit of the plane. */
export function paintStroke(context: CanvasRenderingContext2D, stroke: Stroke): void {
  const { points, size, color, erase } = stroke;
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
