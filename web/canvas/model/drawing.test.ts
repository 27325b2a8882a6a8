import { beforeEach, describe, expect, test } from 'vitest';
import { Drawing } from './drawing.js';

const stroke = (id: string) => ({ type: 'stroke' as const, id, color: '#112233', size: 4, points: [1, 2, 3, 4], erase: false });
const chat = (text: string) => ({ type: 'chat' as const, name: 'Ada', text });

let drawing: Drawing;
beforeEach(() => {
  drawing = new Drawing();
  drawing.reset({ strokes: [], chat: [] }, { epoch: 'e1', seq: 0 });
});

const ids = () => drawing.strokes.map((each) => each.id);

test('strokes, clear and chat fold as the server folds them', () => {
  drawing.apply(1, 'k', stroke('s1'));
  drawing.apply(2, 'k', chat('hello'));
  expect(drawing.apply(3, 'k', { type: 'clear' })).toEqual({ kind: 'clear' });
  drawing.apply(4, 'k', stroke('s2'));
  expect(ids()).toEqual(['s2']);
  expect(drawing.chat).toMatchObject([{ seq: 2, text: 'hello' }]);
  expect(drawing.position).toEqual({ epoch: 'e1', seq: 4 });
});

test('what cannot be read changes nothing but the position', () => {
  expect(drawing.apply(1, 'k', { type: 'stroke', id: 's1', size: 4, points: [1] })).toEqual({ kind: 'none' });
  expect(drawing.apply(2, 'k', null)).toEqual({ kind: 'none' });
  expect(drawing.position?.seq).toBe(2);
});

test('only the last chat lines are kept', () => {
  for (let seq = 1; seq <= 250; seq += 1) drawing.apply(seq, 'k', chat(`${seq}`));
  expect(drawing.chat).toHaveLength(200);
  expect(drawing.chat[0]?.text).toBe('51');
});

describe('own events', () => {
  test('are pending until they return', () => {
    drawing.addPending('k1', stroke('s1'), 0);
    drawing.acknowledged('k1', 2);
    expect(drawing.pendingStrokes()).toHaveLength(1);
    drawing.apply(1, 'other', stroke('s0'));
    drawing.apply(2, 'k1', stroke('s1'));
    expect(drawing.pendingCount).toBe(0);
    expect(ids()).toEqual(['s0', 's1']);
  });

  test('an ack that comes after the event is late, not wrong', () => {
    drawing.addPending('k1', stroke('s1'), 0);
    drawing.apply(1, 'k1', stroke('s1'));
    drawing.acknowledged('k1', 1);
    expect(drawing.pendingCount).toBe(0);
  });

  test('survive a clear of somebody else, as they come after it', () => {
    drawing.addPending('k1', stroke('s1'), 0);
    drawing.apply(1, 'other', { type: 'clear' });
    expect(drawing.pendingStrokes()).toHaveLength(1);
  });

  test('refused ones disappear', () => {
    drawing.addPending('k1', stroke('s1'), 0);
    drawing.refused('k1');
    expect(drawing.pendingCount).toBe(0);
  });
});

describe('a snapshot', () => {
  test('ends what it contains, and keeps what it does not', () => {
    drawing.addPending('k1', stroke('s1'), 0);
    drawing.addPending('k2', stroke('s2'), 0);
    drawing.addPending('k3', chat('hello'), 0);
    drawing.reset({ strokes: [stroke('s1')], chat: [] }, { epoch: 'e1', seq: 1 });
    expect(drawing.pendingStrokes().map((each) => each.id)).toEqual(['s2']);
    expect(drawing.pendingChat()).toHaveLength(1);
  });

  test('of a later seq ends an acknowledged stroke that was cleared meanwhile', () => {
    drawing.addPending('k1', stroke('s1'), 0);
    drawing.acknowledged('k1', 5);
    drawing.reset({ strokes: [], chat: [] }, { epoch: 'e1', seq: 9 });
    expect(drawing.pendingCount).toBe(0);
  });

  test('from a node that lags keeps an acknowledged stroke', () => {
    drawing.addPending('k1', stroke('s1'), 0);
    drawing.acknowledged('k1', 5);
    drawing.reset({ strokes: [], chat: [] }, { epoch: 'e1', seq: 4 });
    expect(drawing.pendingStrokes()).toHaveLength(1);
  });

  test('of another epoch ends all that was acknowledged in the old one', () => {
    drawing.addPending('k1', stroke('s1'), 0);
    drawing.addPending('k2', stroke('s2'), 0);
    drawing.acknowledged('k1', 5);
    drawing.reset({ strokes: [], chat: [] }, { epoch: 'e2', seq: 0 });
    expect(drawing.pendingStrokes().map((each) => each.id)).toEqual(['s2']);
  });

  test('then late acks find their place', () => {
    drawing.addPending('k1', chat('hello'), 0);
    drawing.reset({ strokes: [], chat: [{ seq: 1, name: 'Ada', text: 'hello' }] }, { epoch: 'e1', seq: 1 });
    drawing.acknowledged('k1', 1);
    expect(drawing.pendingChat()).toEqual([]);
    expect(drawing.chat).toHaveLength(1);
  });

  test('with broken parts shows the good ones', () => {
    drawing.reset({ strokes: [null, stroke('s1'), { id: 3 }], chat: ['x'] }, { epoch: 'e1', seq: 3 });
    expect(ids()).toEqual(['s1']);
    drawing.reset(undefined, { epoch: 'e1', seq: 3 });
    expect(ids()).toEqual([]);
  });
});
