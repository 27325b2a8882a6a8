import { describe, expect, test } from 'vitest';
import { Outbox } from './outbox.js';

const limits = { queueMax: 5, queueBytesMax: 100, inFlightMax: 3, retryBaseMs: 100, retryMaxMs: 1_000 };

function filled(...keys: string[]): Outbox {
  const outbox = new Outbox(limits);
  for (const key of keys) outbox.add(key, {}, 1);
  return outbox;
}

const taken = (outbox: Outbox, now = 0) => outbox.take(now).map((entry) => entry.key);

describe('bounds', () => {
  test('a full queue refuses, and takes again when there is room', () => {
    const outbox = filled('1', '2', '3', '4', '5');
    expect(outbox.add('6', {}, 1)).toBe('queue_full');
    taken(outbox);
    outbox.settle('1', true);
    expect(outbox.add('6', {}, 1)).toBe('queued');
  });

  test('bytes are bounded too', () => {
    const outbox = filled('1');
    expect(outbox.add('2', {}, 100)).toBe('queue_full');
    expect(outbox.add('2', {}, 99)).toBe('queued');
    outbox.settle('2', false);
    expect(outbox.bytes).toBe(1);
  });

  test('a key is queued once', () => {
    expect(filled('1').add('1', {}, 1)).toBe('duplicate_key');
  });

  test('only so many are in flight', () => {
    const outbox = filled('1', '2', '3', '4');
    expect(taken(outbox)).toEqual(['1', '2', '3']);
    expect(taken(outbox)).toEqual([]);
    outbox.settle('2', true);
    expect(taken(outbox)).toEqual(['4']);
  });
});

describe('order after a failure', () => {
  test('later sends are held until the answers are in, then all goes out again in order', () => {
    const outbox = filled('1', '2', '3', '4');
    expect(taken(outbox)).toEqual(['1', '2', '3']);
    outbox.retry('1', 0, 1);
    expect(outbox.deadline()).toBeUndefined();
    expect(taken(outbox, 500)).toEqual([]);
    outbox.settle('2', true);
    outbox.retry('3', 0, 1);
    expect(outbox.deadline()).toBe(100);
    expect(taken(outbox, 99)).toEqual([]);
    expect(taken(outbox, 100)).toEqual(['1']);
    outbox.settle('1', true);
    expect(taken(outbox, 100)).toEqual(['3', '4']);
  });

  test('pauses grow while the failures go on, and one send probes', () => {
    const outbox = filled('1', '2');
    taken(outbox);
    outbox.retry('1', 0, 1);
    outbox.retry('2', 0, 1);
    expect(taken(outbox, 100)).toEqual(['1']);
    outbox.retry('1', 100, 1);
    expect(outbox.deadline()).toBe(300);
    expect(taken(outbox, 300)).toEqual(['1']);
    outbox.settle('1', true);
    outbox.add('3', {}, 1);
    expect(taken(outbox, 300)).toEqual(['2', '3']);
  });

  test('release ends the pause at once', () => {
    const outbox = filled('1');
    taken(outbox);
    outbox.retry('1', 0, 1);
    outbox.release();
    expect(taken(outbox, 0)).toEqual(['1']);
  });

  test('hold keeps new sends back', () => {
    const outbox = filled();
    outbox.hold(0, 1);
    outbox.add('1', {}, 1);
    expect(outbox.deadline()).toBe(100);
    expect(taken(outbox, 50)).toEqual([]);
  });
});

describe('a lost connection', () => {
  test('everything unanswered goes out again, in order', () => {
    const outbox = filled('1', '2', '3', '4');
    taken(outbox);
    outbox.settle('2', true);
    outbox.rewind();
    expect(taken(outbox)).toEqual(['1', '3', '4']);
  });

  test('an answer that comes after all is taken', () => {
    const outbox = filled('1');
    taken(outbox);
    outbox.rewind();
    expect(outbox.settle('1', true)).toBe(true);
    expect(outbox.settle('1', true)).toBe(false);
    expect(taken(outbox)).toEqual([]);
  });

  test('a retry of something not in flight changes nothing', () => {
    const outbox = filled('1');
    outbox.retry('1', 0, 1);
    outbox.retry('unknown', 0, 1);
    expect(taken(outbox)).toEqual(['1']);
  });
});
