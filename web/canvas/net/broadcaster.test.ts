import { beforeEach, expect, test } from 'vitest';
import { NO_SHIFT, type CanvasSignal } from '../model/events.js';
import { FakeClock } from '../../client/testing/fake-world.js';
import { Broadcaster } from './broadcaster.js';

let clock: FakeClock;
let sent: CanvasSignal[];
let reachable: boolean;
let broadcaster: Broadcaster;

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  reachable = true;
  broadcaster = new Broadcaster({
    signal: (signal) => {
      if (reachable) sent.push(signal);
      return reachable;
    },
    now: () => clock.now(),
    schedule: (callback, delayMs) => void clock.schedule(callback, delayMs),
  });
});

const growing = (count: number) => ({
  ...{ id: 's1', color: '#112233', size: 4, erase: false, shift: NO_SHIFT },
  points: Array.from({ length: count * 2 }, (_, index) => index),
});

test('at most 20 cursors a second, the last one always', () => {
  for (let step = 0; step < 1_000; step += 1) {
    broadcaster.cursor(step, 0);
    clock.advance(1);
  }
  clock.advance(100);
  expect(sent.length).toBeLessThanOrEqual(21);
  expect(sent.at(-1)).toEqual({ type: 'cursor', x: 999, y: 0 });
});

test('a drawing signal holds the new points only', () => {
  broadcaster.drawing(growing(2));
  clock.advance(0);
  broadcaster.drawing(growing(3));
  broadcaster.drawing(growing(4));
  clock.advance(50);
  expect(sent).toMatchObject([
    { type: 'drawing', from: 0, points: [0, 1, 2, 3] },
    { type: 'drawing', from: 2, points: [4, 5, 6, 7] },
  ]);
});

test('a line whose end moves is sent as a whole', () => {
  const line = (end: number) => ({ ...growing(2), points: [0, 0, end, end] });
  broadcaster.redrawing(line(5));
  clock.advance(50);
  broadcaster.redrawing(line(9));
  clock.advance(50);
  expect(sent).toMatchObject([{ from: 0, points: [0, 0, 5, 5] }, { from: 0, points: [0, 0, 9, 9] }]);
});

test('many points go in several signals', () => {
  broadcaster.drawing(growing(1_200));
  clock.advance(500);
  expect(sent).toMatchObject([{ from: 0 }, { from: 500 }, { from: 1_000 }]);
});

test('points that could not be sent are sent later', () => {
  reachable = false;
  broadcaster.drawing(growing(2));
  clock.advance(50);
  reachable = true;
  broadcaster.drawing(growing(3));
  clock.advance(50);
  expect(sent).toMatchObject([{ from: 0, points: [0, 1, 2, 3, 4, 5] }]);
});

test('a withdrawn stroke disappears, if anybody saw it', () => {
  broadcaster.withdraw(growing(1));
  expect(sent).toEqual([]);
  broadcaster.drawing(growing(1));
  clock.advance(50);
  broadcaster.withdraw(growing(1));
  expect(sent.at(-1)).toMatchObject({ type: 'drawing', from: 0, points: [] });
});
