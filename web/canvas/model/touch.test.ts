import { expect, test } from 'vitest';
import { NO_SHIFT, type Stroke, type Text } from './events.js';
import { touchesBox, touchesPoint } from './touch.js';

const stroke = (points: number[], more: Partial<Stroke> = {}): Stroke => ({ id: 's', color: '#112233', size: 4, points, erase: false, shift: NO_SHIFT, ...more });
const text: Text = { id: 't', color: '#112233', size: 20, x: 100, y: 100, text: 'hello\nyou', shift: NO_SHIFT };
const box = (left: number, top: number, right: number, bottom: number) => ({ left, top, right, bottom });

test('a stroke is touched along its way, as wide as it is', () => {
  const line = stroke([0, 0, 100, 0, 100, 100]);
  expect(touchesPoint(line, 50, 3, 2)).toBe(true);
  expect(touchesPoint(line, 50, 5, 2)).toBe(false);
  expect(touchesPoint(line, 102, 50, 1)).toBe(true);
  expect(touchesPoint(line, 50, 50, 6)).toBe(false);
});

test('a dot is touched, and so is what was moved, where it is now', () => {
  expect(touchesPoint(stroke([10, 10]), 11, 11, 0)).toBe(true);
  const moved = stroke([10, 10], { shift: { dx: 100, dy: 0 } });
  expect(touchesPoint(moved, 10, 10, 1)).toBe(false);
  expect(touchesPoint(moved, 110, 10, 1)).toBe(true);
});

test('a text is touched anywhere between its lines', () => {
  expect(touchesPoint(text, 105, 140, 0)).toBe(true);
  expect(touchesPoint(text, 105, 155, 0)).toBe(false);
});

test('nobody takes hold of an eraser', () => {
  const eraser = stroke([0, 0, 100, 0], { erase: true });
  expect(touchesPoint(eraser, 50, 0, 5)).toBe(false);
  expect(touchesBox(eraser, box(0, 0, 200, 200))).toBe(false);
});

test('a frame holds what has a part in it, also of a line that only crosses', () => {
  const line = stroke([0, 0, 1000, 1000]);
  expect(touchesBox(line, box(490, 490, 510, 510))).toBe(true);
  expect(touchesBox(line, box(600, 400, 700, 450))).toBe(false);
  expect(touchesBox(stroke([5, 5]), box(0, 0, 10, 10))).toBe(true);
  expect(touchesBox(text, box(0, 0, 101, 101))).toBe(true);
  expect(touchesBox(stroke([0, 50, 100, 50]), box(40, 0, 60, 100))).toBe(true);
});
