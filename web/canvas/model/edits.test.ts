import { beforeEach, expect, test } from 'vitest';
import { Drawing } from './drawing.js';
import { deleteOf, drew, hasEffect, moveOf, pictureOf, replaceOf } from './edits.js';
import { NO_SHIFT, type CanvasEvent, type Element } from './events.js';
import { UndoStack } from './undo-stack.js';
import { eventToWire } from './wire.js';

let drawing: Drawing;
let stack: UndoStack;
let seq: number;

beforeEach(() => {
  drawing = new Drawing();
  drawing.reset({ elements: [], chat: [] }, { epoch: 'e', seq: 0 });
  stack = new UndoStack();
  seq = 0;
});

const stroke = (id: string, color = '#112233'): Element => ({ id, color, size: 4, points: [1, 2], erase: false, shift: NO_SHIFT });
const happen = (events: readonly CanvasEvent[]) => events.forEach((event) => drawing.apply((seq += 1), 'k', eventToWire(event)));
const draw = (id: string) => {
  happen([{ type: 'draw', elements: [stroke(id)] }]);
  stack.push(drew([id]));
};
const isUseful = (event: CanvasEvent) => hasEffect(event, drawing);
const undo = () => happen(stack.undo(isUseful));
const redo = () => happen(stack.redo(isUseful));
const ids = () => drawing.list().map(({ id }) => id);

test('what was drawn is taken back and drawn again, at its place', () => {
  draw('a');
  draw('b');
  undo();
  undo();
  expect(ids()).toEqual([]);
  expect([stack.canUndo, stack.canRedo]).toEqual([false, true]);
  redo();
  redo();
  expect(ids()).toEqual(['a', 'b']);
});

test('deletes, moves and colours are taken back', () => {
  draw('a');
  draw('b');
  for (const edit of [moveOf(['a'], { dx: 10, dy: -5 }), deleteOf(['a', 'b']), replaceOf([stroke('b')], [stroke('b', '#ff0000')])]) {
    stack.push(edit);
    happen(edit.does);
  }
  expect(ids()).toEqual(['b']);
  undo();
  expect(drawing.shown('b')?.color).toBe('#112233');
  undo();
  undo();
  expect(drawing.list()).toEqual([stroke('a'), stroke('b')]);
  redo();
  expect(drawing.shown('a')?.shift).toEqual({ dx: 10, dy: -5 });
});

test('a clear is taken back without what others have drawn since then', () => {
  draw('a');
  draw('b');
  const clear = pictureOf(drawing.list(), []);
  stack.push(clear);
  happen(clear.does);
  happen([{ type: 'draw', elements: [stroke('theirs')] }]);
  undo();
  expect(ids()).toEqual(['theirs', 'a', 'b']);
});

test('another picture takes the place of this one, and gives it back', () => {
  draw('a');
  draw('b');
  const before = drawing.list();
  const restored = pictureOf(before, [stroke('b'), stroke('old')]);
  stack.push(restored);
  happen(restored.does);
  expect(ids()).toEqual(['b', 'old']);
  happen([{ type: 'draw', elements: [stroke('theirs')] }]);
  undo();
  expect(ids()).toEqual(['b', 'theirs', 'a']);
  redo();
  expect(ids()).toEqual(['b', 'old']);
});

test('what others made pointless is passed over', () => {
  draw('a');
  draw('b');
  draw('c');
  happen([{ type: 'delete', ids: ['c', 'b'] }]);
  undo();
  expect(ids()).toEqual([]);
  expect(stack.canUndo).toBe(false);
});

test('something new ends what could be done again', () => {
  draw('a');
  undo();
  draw('b');
  expect(stack.canRedo).toBe(false);
  redo();
  expect(ids()).toEqual(['b']);
});

test('the oldest edits are forgotten', () => {
  for (let count = 0; count < 510; count += 1) stack.push(drew([`s${count}`]));
  let undone = 0;
  while (stack.undo(() => true).length > 0) undone += 1;
  expect(undone).toBe(500);
});

test('long lists become events that a server takes', () => {
  const many = Array.from({ length: 4_500 }, (_, index) => stroke(`stroke-${index}`));
  const events = [...pictureOf([], many).does, ...deleteOf(many.map(({ id }) => id)).does];
  for (const event of events) expect(JSON.stringify(eventToWire(event)).length).toBeLessThan(64 * 1024);
  happen(events.filter(({ type }) => type === 'draw'));
  expect(ids()).toEqual(many.map(({ id }) => id));
  happen(events.filter(({ type }) => type === 'delete'));
  expect(ids()).toEqual([]);
});
