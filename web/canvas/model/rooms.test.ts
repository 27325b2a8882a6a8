import { expect, test } from 'vitest';
import { randomName, randomRoom, roomOf, toRoom } from './rooms.js';

test('a path names a room', () => {
  expect(roomOf('/canvas/lobby')).toBe('lobby');
  expect(roomOf('/canvas/a.b_c~d-1/')).toBe('a.b_c~d-1');
});

test.each(['/', '/canvas', '/canvas/', '/canvas/a/b', '/canvas/%20', '/other/lobby', `/canvas/${'x'.repeat(81)}`])(
  '%s is the landing page',
  (path) => expect(roomOf(path)).toBeUndefined(),
);

test('what people type becomes a name', () => {
  expect(toRoom('  Team Retro #12 ')).toBe('team-retro-12');
  expect(toRoom('Übung für Zoë')).toBe('ubung-fur-zoe');
  expect(toRoom('../..')).toBe('');
  expect(toRoom('🙂')).toBe('');
});

test('made-up names are valid', () => {
  for (const random of [() => 0, () => 0.5, () => 0.999]) {
    expect(roomOf(`/canvas/${randomRoom(random)}`)).toBeDefined();
    expect(randomName(random)).toMatch(/^\w+ \w+$/);
  }
});
