import { expect, test } from 'vitest';
import { nodeLine, statusLine, type Health } from './status-line.js';

const healthy: Health = {
  ...{ isOpen: true, isJoined: true, wasJoined: true, available: true },
  ...{ pending: 0, pendingMs: 0, isReadOnly: false, failure: '' },
};
const say = (health: Partial<Health>) => statusLine({ ...healthy, ...health });

test('all is well', () => {
  expect(say({})).toEqual({ tone: 'good', text: 'saved', detail: '' });
});

test('saving is said only when it takes a while', () => {
  expect(say({ pending: 1, pendingMs: 100 }).text).toBe('saved');
  expect(say({ pending: 1, pendingMs: 400 }).text).toBe('saving…');
});

test('the first connection and a lost one sound different', () => {
  expect(say({ isOpen: false, isJoined: false, wasJoined: false })).toMatchObject({ text: 'connecting…', detail: '' });
  expect(say({ isOpen: false, isJoined: false })).toMatchObject({ text: 'offline', detail: 'Offline. You can go on drawing.' });
  expect(say({ isJoined: false, pending: 2 }).detail).toBe('Offline, 2 changes waiting. You can go on drawing.');
  expect(say({ isJoined: false, wasJoined: false, pending: 1 }).detail).toContain('1 change waiting');
});

test('the owner is away', () => {
  expect(say({ available: false }).detail).toBe(
    'Waiting for the server that keeps this canvas. Draw on: your strokes are kept and will be sent.',
  );
});

test('one who may only look is not asked to draw', () => {
  expect(say({ isReadOnly: true })).toEqual({ tone: 'good', text: 'view only', detail: '' });
  for (const trouble of [{ isJoined: false }, { available: false }]) {
    expect(say({ ...trouble, isReadOnly: true }).detail).not.toMatch(/draw on|drawing/i);
  }
});

test('what can never work is said before all else', () => {
  expect(say({ failure: 'unknown topic', isOpen: false })).toMatchObject({ tone: 'bad' });
});

test('the node, and how many there are', () => {
  expect(nodeLine('', { up: [], total: 0 })).toBe('');
  expect(nodeLine('demo', { up: ['demo'], total: 1 })).toBe('node demo');
  expect(nodeLine('a', { up: ['a', 'b', 'c'], total: 3 })).toBe('node a of 3');
  expect(nodeLine('b', { up: ['b', 'c'], total: 3 })).toBe('node b, 2 of 3 up');
});
