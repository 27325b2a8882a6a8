import { expect, test } from 'vitest';
import { NO_SHIFT } from '../model/events.js';
import { paintElement } from './paint-element.js';

/** Writes down what is painted. */
function recorder(): { context: CanvasRenderingContext2D; lines: string[] } {
  const lines: string[] = [];
  const target: Record<string, unknown> = {};
  const context = new Proxy(target, {
    get: (_, name) => (...values: number[]) => void lines.push([String(name), ...values.map((v) => v.toFixed(1))].join(' ')),
    set: (_, name, value) => {
      lines.push(`${String(name)} = ${value}`);
      return true;
    },
  });
  return { context: context as unknown as CanvasRenderingContext2D, lines };
}

const painted = (points: number[], erase = false) => {
  const { context, lines } = recorder();
  paintElement(context, { id: 's', color: '#112233', size: 8, points, erase, shift: NO_SHIFT });
  return lines;
};

test('a point is a dot of the brush', () => {
  expect(painted([5, 6])).toContain('arc 5.0 6.0 4.0 0.0 6.3');
});

test('a line of two points is straight', () => {
  expect(painted([0, 0, 10, 0]).filter((line) => /To/.test(line))).toEqual(['moveTo 0.0 0.0', 'lineTo 10.0 0.0']);
});

test('a curve goes through the middles and ends at the last point', () => {
  expect(painted([0, 0, 10, 0, 10, 10, 20, 10]).filter((line) => /To/.test(line))).toEqual([
    'moveTo 0.0 0.0',
    'quadraticCurveTo 10.0 0.0 10.0 5.0',
    'quadraticCurveTo 10.0 10.0 15.0 10.0',
    'lineTo 20.0 10.0',
  ]);
});

test('an eraser takes away and leaves the context as it was', () => {
  const lines = painted([0, 0, 10, 0], true);
  expect(lines[0]).toBe('globalCompositeOperation = destination-out');
  expect(lines.at(-1)).toBe('globalCompositeOperation = source-over');
});
