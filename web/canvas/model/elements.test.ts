import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Drawing } from './drawing.js';
import { Elements } from './elements.js';
import { NO_SHIFT, readSnapshot, type Stroke } from './events.js';

interface Example {
  name: string;
  events: unknown[];
  elements: unknown[];
}

/** The server's fold is tested with the same table. */
const examples = JSON.parse(readFileSync('../apps/canvas/testdata/folds.json', 'utf8')) as Example[];

test.each(examples)('$name', ({ events, elements }) => {
  const [lived, restored] = [new Drawing(), new Drawing()];
  lived.reset({ elements: [], chat: [] }, { epoch: 'e', seq: 0 });
  events.forEach((data, index) => lived.apply(index + 1, 'k', data));
  restored.reset({ elements, chat: [] }, { epoch: 'e', seq: events.length });
  expect(slotsOf(lived.confirmed)).toEqual(slotsOf(restored.confirmed));
  expect(slotsOf(lived.confirmed)).toEqual(readSnapshot({ elements }).elements);
  expect(lived.confirmed.count).toBe(lived.confirmed.list().length);
});

const slotsOf = (elements: Elements) => elements.slots.map(({ element, removed }) => ({ element, removed }));
const stroke = (id: string, points: number[]): Stroke => ({ id, color: '#112233', size: 4, points, erase: false, shift: NO_SHIFT });
const box = (left: number, top: number, right: number, bottom: number) => ({ left, top, right, bottom });

test('a part of the plane is asked for, wherever things are moved', () => {
  const elements = new Elements();
  elements.apply({ type: 'draw', elements: [stroke('a', [10, 10, 200, 10]), stroke('b', [100, 5, 100, 400]), stroke('c', [1500, 900])] });
  const ids = (...part: [number, number, number, number]) => elements.query(box(...part)).map(({ id }) => id);
  expect(ids(90, 0, 110, 20)).toEqual(['a', 'b']);
  expect(ids(0, 0, 20, 20)).toEqual(['a']);
  elements.apply({ type: 'move', ids: ['c'], dx: -1490, dy: -890 });
  expect(ids(0, 0, 20, 20)).toEqual(['a', 'c']);
  expect(ids(1400, 800, 1600, 1000)).toEqual([]);
  elements.apply({ type: 'delete', ids: ['a'] });
  expect(ids(0, 0, 1600, 1000)).toEqual(['b', 'c']);
  // What was moved off the plane is still there.
  elements.apply({ type: 'move', ids: ['b'], dx: -1000, dy: 0 });
  expect(ids(-1000, 0, -800, 500)).toEqual(['b']);
});

test('a change says where the picture is another one', () => {
  const elements = new Elements();
  expect(elements.apply({ type: 'draw', elements: [stroke('a', [10, 10])] })).toMatchObject({ added: [{ id: 'a' }], boxes: [] });
  expect(elements.apply({ type: 'move', ids: ['a'], dx: 100, dy: 0 }).boxes).toEqual([box(8, 8, 12, 12), box(108, 8, 112, 12)]);
  expect(elements.apply({ type: 'delete', ids: ['a', 'unknown'] }).boxes).toEqual([box(108, 8, 112, 12)]);
  expect(elements.apply({ type: 'delete', ids: ['a'] }).boxes).toEqual([]);
  expect(elements.boxOf('a')).toBeUndefined();
});
