// Canvases of several people over the mock cluster, with trouble on the way: all must end with the same picture.

import WebSocket from 'ws';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WebSocketConstructor } from '../../client/index.js';
import { MockStore } from '../../dev/mock/documents.mjs';
import { MockNode } from '../../dev/mock/node.mjs';
import { CanvasSession } from './canvas-session.js';

let store: MockStore;
let nodes: MockNode[];
let sessions: CanvasSession[];

beforeEach(async () => {
  store = new MockStore();
  sessions = [];
  nodes = ['a', 'b'].map((name) => new MockNode({ name, store }));
  for (const node of nodes) await node.start(0);
});

afterEach(async () => {
  for (const session of sessions) session.close();
  await Promise.all(nodes.map((node) => node.kill()));
});

async function open(first: 0 | 1 = 0): Promise<CanvasSession> {
  const [own, other] = [nodes[first], nodes[1 - first]] as [MockNode, MockNode];
  const page = { protocol: 'http:', host: own.address, hostname: '127.0.0.1', search: `?nodes=${other.address}` };
  const session = new CanvasSession('test', { name: `Person ${first}`, color: '#112233' }, page, {
    webSocket: WebSocket as unknown as WebSocketConstructor,
    firstRetryMaxMs: 10,
    retryBaseMs: 10,
    retryMaxMs: 50,
  });
  sessions.push(session);
  session.connect();
  await until(() => session.health().isJoined);
  return session;
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const document = () => store.document('canvas/test');
const stroke = (id: string) => ({ type: 'stroke' as const, id, color: '#112233', size: 4, points: [1, 2, 3, 4], erase: false });
const ids = (session: CanvasSession) => session.drawing.strokes.map(({ id }) => id);
const isCalm = (session: CanvasSession) =>
  session.drawing.pendingCount === 0 && session.drawing.position?.seq === document().seq;

test('strokes and people reach the others, through whichever node', async () => {
  const [first, second] = [await open(0), await open(1)];
  first.submit(stroke('s1'));
  expect(first.drawing.pendingStrokes()).toHaveLength(1);
  await until(() => isCalm(first) && ids(second).length === 1);
  second.submit(stroke('s2'));
  await until(() => sessions.every((session) => ids(session).join() === 's1,s2'));
  await until(() => first.people.length === 2);
  expect(first.people.map(({ name, self }) => [name, self])).toEqual([['Person 0', true], ['Person 1', false]]);
});

test('order is kept and nothing doubled through refusals, lost acks and a lost node', async () => {
  const [first, second] = [await open(0), await open(1)];
  const wanted = Array.from({ length: 12 }, (_, index) => `s${index}`);
  (nodes[0] as MockNode).faults.failSends = 2;
  for (const each of nodes) each.faults.loseAcks = 1;
  for (const id of wanted.slice(0, 6)) first.submit(stroke(id));
  await until(() => document().seq >= 3);
  await nodes[0]?.kill();
  for (const id of wanted.slice(6)) first.submit(stroke(id));
  await until(() => document().seq === wanted.length && isCalm(first) && isCalm(second));
  expect(ids(first)).toEqual(wanted);
  expect(ids(second)).toEqual(wanted);
});

test('drawing goes on while the owner is away', async () => {
  const session = await open();
  store.setAvailable('canvas/test', false);
  await until(() => !session.health().available);
  session.submit(stroke('s1'));
  session.submit({ type: 'chat', name: 'Ada', text: 'still here' });
  expect(session.health().pending).toBe(2);
  store.setAvailable('canvas/test', true);
  await until(() => isCalm(session));
  expect(document().events.map(({ data }) => data.type)).toEqual(['stroke', 'chat']);
});

test('what the server refuses disappears, and the user learns why', async () => {
  const session = await open();
  const refusals: string[] = [];
  session.on('refused', (text) => refusals.push(text));
  session.submit({ type: 'chat', name: '', text: 'nameless' });
  await until(() => refusals.length === 1);
  expect(refusals[0]).toContain('was not taken');
  expect(session.drawing.pendingCount).toBe(0);
});

test('others see a stroke while it is drawn, until its event replaces it', async () => {
  const [first, second] = [await open(0), await open(1)];
  first.broadcaster.drawing(stroke('s1'));
  await until(() => second.live.list().length === 1);
  first.submit(stroke('s1'));
  await until(() => ids(second).length === 1);
  expect(second.live.list()).toEqual([]);
  first.broadcaster.drawing(stroke('s2'));
  await until(() => second.live.list().length === 1);
  first.close();
  await until(() => second.live.list().length === 0);
});

test('a canvas that begins anew is empty, and own strokes not yet stored come back', async () => {
  const session = await open();
  session.submit(stroke('old'));
  await until(() => isCalm(session));
  store.setAvailable('canvas/test', false);
  session.submit(stroke('kept'));
  document().beginAnew();
  store.setAvailable('canvas/test', true);
  await until(() => isCalm(session) && document().seq === 1);
  expect(ids(session)).toEqual(['kept']);
});
