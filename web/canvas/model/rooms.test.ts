import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { linkOf, linkTo, lockedRoom, newKey, randomName, randomRoom, roomOf, shownName, toRoom } from './rooms.js';
import { sha256 } from './sha256.js';

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

test('the name of a locked room is made of its key, and its link keeps the key behind the #', () => {
  const link = lockedRoom('plan', 'a key');
  const lock = createHash('sha256').update('a key').digest().subarray(0, 16).toString('base64url');
  expect(link).toEqual({ room: `plan~${lock}`, key: 'a key' });
  expect(shownName(link.room)).toBe('plan');
  const made = lockedRoom('plan', newKey());
  const [pathname, hash] = linkTo(made, '').split('#');
  expect(linkOf({ pathname: pathname ?? '', hash: `#${hash}` })).toEqual(made);
  expect(linkOf({ pathname: pathname ?? '', hash: '' })).toEqual({ room: made.room });
  expect(linkTo({ room: made.room }, '?nodes=a')).toBe(`/canvas/${made.room}?nodes=a`);
});

test('an open room has no key', () => {
  expect(linkOf({ pathname: '/canvas/lobby', hash: '#x' })).toEqual({ room: 'lobby' });
  expect(shownName('lobby')).toBe('lobby');
});

test.each([0, 1, 55, 56, 63, 64, 65, 1000])('the hash of %d bytes is that of everybody', (length) => {
  const message = Uint8Array.from({ length }, (_, index) => index % 251);
  expect(Buffer.from(sha256(message)).toString('hex')).toBe(createHash('sha256').update(message).digest('hex'));
});
