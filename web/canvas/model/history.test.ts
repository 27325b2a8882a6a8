import { beforeEach, expect, test } from 'vitest';
import { History } from './history.js';

let history: History;
beforeEach(() => {
  history = new History();
});

const stroke = (id: string) => ({ type: 'stroke', id, color: '#112233', size: 4, points: [1, 2] });
const ids = () => history.shown.list().map(({ id }) => id);

test('only what changes the picture is a step', () => {
  for (const data of [stroke('a'), { type: 'chat', name: 'Ada', text: 'hi' }, null, { type: 'clear' }]) history.add(data);
  expect(history.length).toBe(2);
});

test('goes to any step, forward and back', () => {
  for (const data of [stroke('a'), stroke('b'), { type: 'delete', ids: ['a'] }, { type: 'clear' }, stroke('c')]) history.add(data);
  const seen = [5, 2, 3, 4, 0, 1].map((position) => {
    history.seek(position);
    return ids().join('');
  });
  expect(seen).toEqual(['c', 'ab', 'b', '', '', 'a']);
});

test('says what is different, so that a step forward costs no more than its event', () => {
  history.add(stroke('a'));
  history.add(stroke('b'));
  expect(history.seek(1)).toMatchObject({ all: false, added: [{ id: 'a' }] });
  expect(history.seek(2)).toMatchObject({ all: false, added: [{ id: 'b' }] });
  expect(history.seek(1).all).toBe(true);
});

test('keyframes give what a replay from the beginning gives', () => {
  for (let count = 0; count < 5_000; count += 1) {
    history.add(stroke(`s${count}`));
    if (count % 3 === 0) history.add({ type: 'delete', ids: [`s${count >> 1}`] });
    if (count === 3_100) history.add({ type: 'clear' });
    if (count % 7 === 0) history.add({ type: 'move', ids: [`s${count}`], dx: 1, dy: 1 });
  }
  const replay = new Map<number, string>();
  const places = [0, 1_999, 2_000, 2_001, 4_000, 5_100, history.length];
  for (const place of places) {
    history.seek(place);
    replay.set(place, JSON.stringify(history.shown.list()));
  }
  for (const place of [4_000, 2_000, history.length, 1_999, 5_100, 0, 2_001]) {
    history.seek(place);
    expect(JSON.stringify(history.shown.list())).toBe(replay.get(place));
  }
});

test('there is nothing beside its ends', () => {
  history.add(stroke('a'));
  history.seek(9);
  expect(history.position).toBe(1);
  history.seek(-1);
  expect(ids()).toEqual([]);
});
