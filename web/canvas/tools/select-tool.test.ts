import { beforeEach, expect, test } from 'vitest';
import { Editor } from '../editor.js';
import { Drawing } from '../model/drawing.js';
import { NO_SHIFT, type CanvasEvent, type Element } from '../model/events.js';
import { eventToWire } from '../model/wire.js';
import type { CanvasSession } from '../net/canvas-session.js';
import { SelectTool } from './select-tool.js';

let drawing: Drawing;
let sent: CanvasEvent[];
let edited: string[];
let tool: SelectTool;

const dot = (id: string, x: number, y: number, more: object = {}): Element => ({ id, color: '#112233', size: 10, points: [x, y], erase: false, shift: NO_SHIFT, ...more });

beforeEach(() => {
  drawing = new Drawing();
  drawing.reset({ elements: [], chat: [] }, { epoch: 'e', seq: 0 });
  sent = [];
  edited = [];
  let seq = 0;
  // Every event comes back at once.
  const submit = (event: CanvasEvent) => {
    sent.push(event);
    drawing.apply((seq += 1), 'k', eventToWire(event));
  };
  submit({ type: 'draw', elements: [dot('a', 100, 100), dot('b', 300, 100), dot('under', 500, 100), dot('over', 500, 100), dot('eraser', 100, 100, { erase: true })] });
  submit({ type: 'draw', elements: [{ id: 'text', color: '#112233', size: 20, x: 700, y: 100, text: 'hello', shift: NO_SHIFT }] });
  sent = [];
  const editor = new Editor({ drawing, submit } as unknown as CanvasSession, () => undefined);
  tool = new SelectTool(drawing, editor, { changed: () => undefined, editText: ({ id }) => edited.push(id) });
});

const spot = (x: number, y: number, shiftKey = false) => ({ x, y, shiftKey, tolerance: 4 });
const ids = () => tool.selected().map(({ id }) => id);
const drag = (x: number, y: number, toX: number, toY: number, shiftKey = false) => {
  tool.begin(spot(x, y, shiftKey));
  tool.move([spot((x + toX) / 2, (y + toY) / 2), spot(toX, toY)]);
  tool.end();
};
const click = (x: number, y: number, shiftKey = false) => {
  tool.begin(spot(x, y, shiftKey));
  tool.end();
};

test('a click takes what lies on top, beside it nothing, and never an eraser', () => {
  click(500, 100);
  expect(ids()).toEqual(['over']);
  click(100, 100);
  expect(ids()).toEqual(['a']);
  click(50, 500);
  expect(ids()).toEqual([]);
  expect(sent).toEqual([]);
});

test('with shift, things are added and taken out', () => {
  click(100, 100);
  click(300, 100, true);
  expect(ids()).toEqual(['a', 'b']);
  click(100, 100, true);
  expect(ids()).toEqual(['b']);
  drag(690, 90, 800, 200, true);
  expect(ids()).toEqual(['b', 'text']);
});

test('a frame holds what it touches', () => {
  tool.begin(spot(50, 50));
  tool.move([spot(320, 150)]);
  expect(tool.frame).toEqual({ left: 50, top: 50, right: 320, bottom: 150 });
  tool.end();
  expect(tool.frame).toBeUndefined();
  expect(ids()).toEqual(['a', 'b']);
});

test('a drag moves the selection in whole eighths, as one event at its end', () => {
  click(100, 100);
  click(300, 100, true);
  tool.begin(spot(200, 100));
  tool.move([spot(210.07, 90)]);
  expect([...tool.lifted]).toEqual(['a', 'b']);
  expect(tool.overlay().map(({ shift }) => shift)).toEqual([{ dx: 10.125, dy: -10 }, { dx: 10.125, dy: -10 }]);
  expect(sent).toEqual([]);
  tool.end();
  expect(sent).toEqual([{ type: 'move', ids: ['a', 'b'], dx: 10.125, dy: -10 }]);
  expect([...tool.lifted]).toEqual([]);
});

test('something of what is moved stays on the sheet', () => {
  drag(100, 100, -900, 5_000);
  expect(drawing.shown('a')?.shift).toEqual({ dx: -89, dy: 889 });
});

test('keys move for as long as they are pressed, and then it is one event', () => {
  click(100, 100);
  for (let step = 0; step < 5; step += 1) tool.nudge({ dx: 1, dy: 0 });
  tool.nudge({ dx: 0, dy: -10 });
  expect(tool.overlay()).toMatchObject([{ shift: { dx: 5, dy: -10 } }]);
  tool.finishNudge();
  expect(sent).toEqual([{ type: 'move', ids: ['a'], dx: 5, dy: -10 }]);
  tool.finishNudge();
  expect(sent).toHaveLength(1);
});

test('what was not meant changes nothing', () => {
  tool.begin(spot(100, 100));
  tool.move([spot(400, 400)]);
  tool.cancel();
  expect(sent).toEqual([]);
  expect([...tool.lifted]).toEqual([]);
});

test('what others delete is no longer selected', () => {
  tool.selectAll();
  expect(ids()).toEqual(['a', 'b', 'under', 'over', 'text']);
  drawing.apply(9, 'other', { type: 'delete', ids: ['a', 'text'] });
  expect(ids()).toEqual(['b', 'under', 'over']);
  tool.delete();
  expect(sent).toEqual([{ type: 'delete', ids: ['b', 'under', 'over'] }]);
  tool.delete();
  expect(sent).toHaveLength(1);
});

test('copies lie beside, and are what is selected then', () => {
  click(100, 100);
  tool.duplicate();
  expect(tool.selected()).toMatchObject([{ points: [100, 100], shift: { dx: 24, dy: 24 } }]);
  expect(ids()).not.toEqual(['a']);
  tool.color('#ff0000');
  expect([drawing.shown('a')?.color, tool.selected()[0]?.color]).toEqual(['#112233', '#ff0000']);
});

test('a text is gone on with', () => {
  tool.open(spot(705, 110));
  tool.open(spot(100, 100));
  click(705, 110);
  tool.open();
  expect(edited).toEqual(['text', 'text']);
});
