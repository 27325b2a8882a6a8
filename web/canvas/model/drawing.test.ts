import { beforeEach, describe, expect, test } from 'vitest';
import { Drawing } from './drawing.js';
import { NO_SHIFT, type CanvasEvent } from './events.js';

const stroke = (id: string) => ({ type: 'stroke' as const, id, color: '#112233', size: 4, points: [1, 2, 3, 4], erase: false });
const draw = (id: string): CanvasEvent => ({ type: 'draw', elements: [{ id, color: '#112233', size: 4, points: [1, 2, 3, 4], erase: false, shift: NO_SHIFT }] });
const chat = (text: string) => ({ type: 'chat' as const, name: 'Ada', text });

let drawing: Drawing;
beforeEach(() => {
  drawing = new Drawing();
  drawing.reset({ elements: [], chat: [] }, { epoch: 'e1', seq: 0 });
});

const ids = () => drawing.confirmed.list().map((each) => each.id);
const pendingIds = () => drawing.pendingElements().map((each) => each.id);
const shownIds = () => drawing.list().map((each) => each.id);

test('strokes, clear and chat fold as the server folds them', () => {
  drawing.apply(1, 'k', stroke('s1'));
  drawing.apply(2, 'k', chat('hello'));
  expect(drawing.apply(3, 'k', { type: 'clear' }).change.all).toBe(true);
  drawing.apply(4, 'k', stroke('s2'));
  expect(ids()).toEqual(['s2']);
  expect(drawing.chat).toMatchObject([{ seq: 2, text: 'hello' }]);
  expect(drawing.position).toEqual({ epoch: 'e1', seq: 4 });
});

test('what cannot be read changes nothing but the position', () => {
  const nothing = { event: undefined, change: { all: false, added: [], boxes: [] } };
  expect(drawing.apply(1, 'k', { type: 'stroke', id: 's1', size: 4, points: [1] })).toEqual(nothing);
  expect(drawing.apply(2, 'k', null)).toEqual(nothing);
  expect(drawing.position?.seq).toBe(2);
});

test('only the last chat lines are kept', () => {
  for (let seq = 1; seq <= 250; seq += 1) drawing.apply(seq, 'k', chat(`${seq}`));
  expect(drawing.chat).toHaveLength(200);
  expect(drawing.chat[0]?.text).toBe('51');
});

describe('own events', () => {
  test('are pending until they return', () => {
    drawing.addPending('k1', draw('s1'), 0);
    drawing.acknowledged('k1', 2);
    expect(pendingIds()).toHaveLength(1);
    drawing.apply(1, 'other', stroke('s0'));
    drawing.apply(2, 'k1', stroke('s1'));
    expect(drawing.pendingCount).toBe(0);
    expect(ids()).toEqual(['s0', 's1']);
  });

  test('an ack that comes after the event is late, not wrong', () => {
    drawing.addPending('k1', draw('s1'), 0);
    drawing.apply(1, 'k1', stroke('s1'));
    drawing.acknowledged('k1', 1);
    expect(drawing.pendingCount).toBe(0);
  });

  test('survive a clear of somebody else, as they come after it', () => {
    drawing.addPending('k1', draw('s1'), 0);
    drawing.apply(1, 'other', { type: 'clear' });
    expect(pendingIds()).toHaveLength(1);
  });

  test('refused ones disappear', () => {
    drawing.addPending('k1', draw('s1'), 0);
    drawing.refused('k1');
    expect(drawing.pendingCount).toBe(0);
  });
});

describe('own events about what is there', () => {
  beforeEach(() => {
    drawing.apply(1, 'other', stroke('s1'));
    drawing.apply(2, 'other', stroke('s2'));
  });

  test('are seen at once, and change nothing that is confirmed', () => {
    drawing.addPending('k1', { type: 'delete', ids: ['s1'] }, 0);
    drawing.addPending('k2', { type: 'move', ids: ['s2'], dx: 10, dy: 5 }, 0);
    expect(drawing.shown('s1')).toBeUndefined();
    expect(drawing.isRemoved('s1')).toBe(true);
    expect(drawing.shown('s2')?.shift).toEqual({ dx: 10, dy: 5 });
    expect(shownIds()).toEqual(['s2']);
    expect([drawing.count, drawing.isEmpty]).toEqual([1, false]);
    drawing.addPending('k3', { type: 'delete', ids: ['s2'] }, 0);
    expect([drawing.count, drawing.isEmpty]).toEqual([0, true]);
    drawing.refused('k3');
    expect(ids()).toEqual(['s1', 's2']);
    expect(drawing.confirmed.slot('s2')?.element.shift).toEqual(NO_SHIFT);
  });

  test('build on each other, and on a clear', () => {
    drawing.addPending('k1', { type: 'clear' }, 0);
    drawing.addPending('k2', { type: 'restore', ids: ['s1'] }, 0);
    drawing.addPending('k3', draw('s3'), 0);
    drawing.addPending('k4', { type: 'move', ids: ['s3'], dx: 1, dy: 1 }, 0);
    drawing.addPending('k5', { type: 'delete', ids: ['s3'] }, 0);
    drawing.addPending('k6', { type: 'restore', ids: ['s3'] }, 0);
    expect(drawing.list()).toMatchObject([{ id: 's3', shift: { dx: 1, dy: 1 } }]);
    expect(drawing.hidden.all).toBe(true);
    drawing.refused('k1');
    // Until they are confirmed they lie on top.
    expect(shownIds()).toEqual(['s2', 's1', 's3']);
  });

  test('are found where they are now', () => {
    const box = (x: number) => ({ left: x, top: 0, right: x + 10, bottom: 10 });
    drawing.addPending('k1', { type: 'move', ids: ['s1'], dx: 500, dy: 0 }, 0);
    expect(drawing.query(box(500)).map(({ id }) => id)).toEqual(['s1']);
    expect(drawing.query(box(0)).map(({ id }) => id)).toEqual(['s2']);
  });

  test('are forgotten one by one as they come back, and not those that others are about', () => {
    const elements = ['a', 'b', 'c'].map((id) => ({ id, color: '#112233', size: 4, points: [1, 2], erase: false, shift: NO_SHIFT }));
    drawing.addPending('k1', { type: 'draw', elements: elements.slice(0, 2) }, 0);
    drawing.addPending('k2', { type: 'draw', elements: elements.slice(2) }, 0);
    drawing.addPending('k3', { type: 'move', ids: ['b'], dx: 5, dy: 0 }, 0);
    expect(pendingIds()).toEqual(['a', 'b', 'c']);
    drawing.apply(3, 'k1', { type: 'draw', elements: [{ ...stroke('a') }, { ...stroke('b') }] });
    expect(pendingIds()).toEqual(['b', 'c']);
    expect(drawing.shown('b')?.shift.dx).toBe(5);
    drawing.apply(4, 'k2', stroke('c'));
    drawing.apply(5, 'k3', { type: 'move', ids: ['b'], dx: 5, dy: 0 });
    expect(pendingIds()).toEqual([]);
    expect(drawing.shown('b')?.shift.dx).toBe(5);
  });

  test('give way to what others did first', () => {
    drawing.addPending('k1', { type: 'move', ids: ['s1'], dx: 5, dy: 0 }, 0);
    drawing.apply(3, 'other', { type: 'move', ids: ['s1'], dx: 1, dy: 0 });
    expect(drawing.shown('s1')?.shift.dx).toBe(6);
    drawing.apply(4, 'other', { type: 'clear' });
    expect(drawing.shown('s1')).toBeUndefined();
    drawing.apply(5, 'k1', { type: 'move', ids: ['s1'], dx: 5, dy: 0 });
    expect(drawing.list()).toEqual([]);
  });
});

describe('a snapshot', () => {
  test('ends what it contains, and keeps what it does not', () => {
    drawing.addPending('k1', draw('s1'), 0);
    drawing.addPending('k2', draw('s2'), 0);
    drawing.addPending('k3', chat('hello'), 0);
    drawing.reset({ elements: [stroke('s1')], chat: [] }, { epoch: 'e1', seq: 1 });
    expect(pendingIds()).toEqual(['s2']);
    expect(drawing.pendingChat()).toHaveLength(1);
  });

  test('of a later seq ends an acknowledged stroke that was cleared meanwhile', () => {
    drawing.addPending('k1', draw('s1'), 0);
    drawing.acknowledged('k1', 5);
    drawing.reset({ elements: [], chat: [] }, { epoch: 'e1', seq: 9 });
    expect(drawing.pendingCount).toBe(0);
  });

  test('from a node that lags keeps an acknowledged stroke', () => {
    drawing.addPending('k1', draw('s1'), 0);
    drawing.acknowledged('k1', 5);
    drawing.reset({ elements: [], chat: [] }, { epoch: 'e1', seq: 4 });
    expect(pendingIds()).toHaveLength(1);
  });

  test('of another epoch ends all that was acknowledged in the old one', () => {
    drawing.addPending('k1', draw('s1'), 0);
    drawing.addPending('k2', draw('s2'), 0);
    drawing.acknowledged('k1', 5);
    drawing.reset({ elements: [], chat: [] }, { epoch: 'e2', seq: 0 });
    expect(pendingIds()).toEqual(['s2']);
  });

  test('with an older text under the same id keeps the newer one', () => {
    const text = (content: string) => ({ id: 't', color: '#112233', size: 20, x: 1, y: 2, text: content, shift: NO_SHIFT });
    drawing.addPending('k1', { type: 'draw', elements: [text('new')] }, 0);
    drawing.reset({ elements: [{ ...text('old'), at: [1, 2] }], chat: [] }, { epoch: 'e1', seq: 1 });
    expect(drawing.list()).toMatchObject([{ text: 'new' }]);
    drawing.reset({ elements: [{ ...text('new'), at: [1, 2] }], chat: [] }, { epoch: 'e1', seq: 2 });
    expect(drawing.pendingCount).toBe(0);
  });

  test('then late acks find their place', () => {
    drawing.addPending('k1', chat('hello'), 0);
    drawing.reset({ elements: [], chat: [{ seq: 1, name: 'Ada', text: 'hello' }] }, { epoch: 'e1', seq: 1 });
    drawing.acknowledged('k1', 1);
    expect(drawing.pendingChat()).toEqual([]);
    expect(drawing.chat).toHaveLength(1);
  });

  test('with broken parts shows the good ones', () => {
    drawing.reset({ elements: [null, stroke('s1'), { id: 3 }], chat: ['x'] }, { epoch: 'e1', seq: 3 });
    expect(ids()).toEqual(['s1']);
    drawing.reset(undefined, { epoch: 'e1', seq: 3 });
    expect(ids()).toEqual([]);
  });
});
