import { expect, test } from 'vitest';
import { backoffMs } from './backoff.js';

const options = { baseMs: 100, maxMs: 1_000 };

test('the pause doubles up to its ceiling', () => {
  expect([0, 1, 2, 3, 4, 50].map((attempt) => backoffMs(attempt, options, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

test('half of the pause is random', () => {
  expect(backoffMs(2, options, 0)).toBe(200);
  expect(backoffMs(2, options, 0.5)).toBe(300);
});

test('a very long outage keeps the ceiling', () => {
  expect(backoffMs(100_000, options, 0)).toBe(500);
});
