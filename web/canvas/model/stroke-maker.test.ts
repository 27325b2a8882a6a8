import { expect, test } from 'vitest';
import { NO_SHIFT } from './events.js';
import { StrokeMaker } from './stroke-maker.js';

function maker(x = 0, y = 0): StrokeMaker {
  let count = 0;
  return new StrokeMaker({ color: '#112233', size: 6, erase: false }, () => `s${++count}`, x, y);
}

test('a tap is a stroke of one point', () => {
  expect(maker(10, 20).current).toEqual({ id: 's1', color: '#112233', size: 6, erase: false, points: [10, 20], shift: NO_SHIFT });
});

test('coordinates are rounded to a tenth and stay on the plane', () => {
  const stroke = maker(-5, 10.123);
  stroke.add(1700.5, 1200);
  expect(stroke.current.points).toEqual([0, 10.1, 1600, 1000]);
});

test('points that add no shape are left out', () => {
  const stroke = maker();
  stroke.add(0.3, 0.3);
  stroke.add(1, 0);
  expect(stroke.current.points).toEqual([0, 0, 1, 0]);
});

test('a long way becomes several strokes that touch', () => {
  const stroke = maker();
  const finished = [];
  for (let step = 1; step <= 4500; step += 1) {
    const done = stroke.add(step % 1600, Math.floor(step / 1600));
    if (done) finished.push(done);
  }
  expect(finished.map(({ id, points }) => [id, points.length / 2])).toEqual([['s1', 2000], ['s2', 2000]]);
  expect(finished[1]?.points.slice(0, 2)).toEqual(finished[0]?.points.slice(-2));
  expect(stroke.current.id).toBe('s3');
});
