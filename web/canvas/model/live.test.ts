import { beforeEach, expect, test } from 'vitest';
import { NO_SHIFT } from './events.js';
import { LiveStrokes } from './live.js';

let live: LiveStrokes;
beforeEach(() => {
  live = new LiveStrokes();
});

const signal = (from: number, points: number[], id = 's1') => ({
  ...{ type: 'drawing' as const, id, color: '#112233', size: 4, erase: false, shift: NO_SHIFT },
  ...{ from, points },
});
const points = () => live.list().map((stroke) => stroke.points);

test('signals add up to the stroke', () => {
  live.add('x', signal(0, [0, 0, 1, 1]), 0);
  expect(live.add('x', signal(2, [2, 2]), 0)).toEqual({ x: 2, y: 2 });
  expect(points()).toEqual([[0, 0, 1, 1, 2, 2]]);
});

test('a repeated part replaces, a lost part is bridged', () => {
  live.add('x', signal(0, [0, 0, 1, 1]), 0);
  live.add('x', signal(1, [1, 2, 2, 2]), 0);
  live.add('x', signal(9, [9, 9]), 0);
  expect(points()).toEqual([[0, 0, 1, 2, 2, 2, 9, 9]]);
});

test('no points from the beginning on withdraws the stroke', () => {
  live.add('x', signal(0, [0, 0]), 0);
  live.add('x', signal(0, []), 0);
  expect(points()).toEqual([]);
});

test('the event ends the preview, also against late signals', () => {
  live.add('x', signal(0, [0, 0]), 0);
  live.finish('s1');
  live.add('x', signal(1, [1, 1]), 0);
  expect(points()).toEqual([]);
});

test('nobody goes on with the stroke of another', () => {
  live.add('x', signal(0, [0, 0]), 0);
  live.add('y', signal(1, [1, 1]), 0);
  expect(points()).toEqual([[0, 0]]);
});

test('strokes of those who left or fell silent go', () => {
  live.add('x', signal(0, [0, 0], 's1'), 0);
  live.add('y', signal(0, [0, 0], 's2'), 50_000);
  expect(live.prune(new Set(['x', 'y']), 60_000)).toBe(false);
  expect(live.prune(new Set(['x', 'y']), 60_001)).toBe(true);
  expect(live.list().map((stroke) => stroke.id)).toEqual(['s2']);
  expect(live.prune(new Set(['x']), 60_001)).toBe(true);
});

test('the number and length of previews are bounded', () => {
  for (let index = 0; index < 300; index += 1) live.add('x', signal(0, [0, 0], `s${index}`), 0);
  expect(live.list()).toHaveLength(200);
  live.add('x', signal(0, Array.from({ length: 5_000 }, () => 1), 's0'), 0);
  expect(Math.max(...points().map((each) => each.length))).toBe(4_000);
});
