// Canvases of several people over the mock cluster, with trouble on the way: all must end with the same picture.

import WebSocket from 'ws';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WebSocketConstructor } from '../../client/index.js';
import { MockStore } from '../../dev/mock/documents.mjs';
import { MockNode } from '../../dev/mock/node.mjs';
import { NO_SHIFT } from '../model/events.js';
import { lockedRoom, type RoomLink } from '../model/rooms.js';
import { CanvasSession } from './canvas-session.js';
import type { KeepingStorage } from './kept-sends.js';

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

async function open(first: 0 | 1 = 0, link: RoomLink = { room: 'test' }, storage?: KeepingStorage): Promise<CanvasSession> {
  const [own, other] = [nodes[first], nodes[1 - first]] as [MockNode, MockNode];
  const page = { protocol: 'http:', host: own.address, hostname: '127.0.0.1', search: `?nodes=${other.address}` };
  const session = new CanvasSession(link, { name: `Person ${first}`, color: '#112233' }, page, {
    webSocket: WebSocket as unknown as WebSocketConstructor,
    firstRetryMaxMs: 10,
    retryBaseMs: 10,
    retryMaxMs: 50,
  }, storage);
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
const stroke = (id: string) => ({ id, color: '#112233', size: 4, points: [1, 2, 3, 4], erase: false, shift: NO_SHIFT });
const draw = (id: string) => ({ type: 'draw' as const, elements: [stroke(id)] });
const ids = (session: CanvasSession) => session.drawing.confirmed.list().map(({ id }) => id);
const isCalm = (session: CanvasSession) =>
  session.drawing.pendingCount === 0 && session.drawing.position?.seq === document().seq;

test('strokes and people reach the others, through whichever node', async () => {
  const [first, second] = [await open(0), await open(1)];
  first.submit(draw('s1'));
  expect(first.drawing.pendingElements()).toHaveLength(1);
  await until(() => isCalm(first) && ids(second).length === 1);
  second.submit(draw('s2'));
  await until(() => sessions.every((session) => ids(session).join() === 's1,s2'));
  await until(() => first.people.length === 2);
  expect(first.people.map(({ name, self }) => [name, self])).toEqual([['Person 0', true], ['Person 1', false]]);
});

test('order is kept and nothing doubled through refusals, lost acks and a lost node', async () => {
  const [first, second] = [await open(0), await open(1)];
  const wanted = Array.from({ length: 12 }, (_, index) => `s${index}`);
  (nodes[0] as MockNode).faults.failSends = 2;
  for (const each of nodes) each.faults.loseAcks = 1;
  for (const id of wanted.slice(0, 6)) first.submit(draw(id));
  await until(() => document().seq >= 3);
  await nodes[0]?.kill();
  for (const id of wanted.slice(6)) first.submit(draw(id));
  await until(() => document().seq === wanted.length && isCalm(first) && isCalm(second));
  expect(ids(first)).toEqual(wanted);
  expect(ids(second)).toEqual(wanted);
});

test('drawing goes on while the owner is away', async () => {
  const session = await open();
  store.setAvailable('canvas/test', false);
  await until(() => !session.health().available);
  session.submit(draw('s1'));
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
  first.submit(draw('s1'));
  await until(() => ids(second).length === 1);
  expect(second.live.list()).toEqual([]);
  first.broadcaster.drawing(stroke('s2'));
  await until(() => second.live.list().length === 1);
  first.close();
  await until(() => second.live.list().length === 0);
});

test('a canvas that begins anew is empty, and own strokes not yet stored come back', async () => {
  const session = await open();
  session.submit(draw('old'));
  await until(() => isCalm(session));
  store.setAvailable('canvas/test', false);
  session.submit(draw('kept'));
  document().beginAnew();
  store.setAvailable('canvas/test', true);
  await until(() => isCalm(session) && document().seq === 1);
  expect(ids(session)).toEqual(['kept']);
});

test('what was drawn without a connection is sent by the next page', async () => {
  const storage = new FakeStorage();
  const first = await open(0, { room: 'test' }, storage);
  store.setAvailable('canvas/test', false);
  await until(() => !first.health().available);
  first.submit(draw('s1'));
  first.submit({ type: 'move', ids: ['s1'], dx: 1, dy: 2 });
  expect([first.isKept, storage.length]).toEqual([true, 2]);
  first.close();
  const second = await open(1, { room: 'test' }, storage);
  expect(second.drawing.list()).toMatchObject([{ id: 's1', shift: { dx: 1, dy: 2 } }]);
  store.setAvailable('canvas/test', true);
  await until(() => isCalm(second) && storage.length === 0);
  expect(document().events.map(({ data }) => data.type)).toEqual(['stroke', 'move']);
});

test('two pages that send the same kept event store it once', async () => {
  const storage = new FakeStorage();
  store.setAvailable('canvas/test', false);
  const first = await open(0, { room: 'test' }, storage);
  first.submit(draw('s1'));
  const second = await open(1, { room: 'test' }, storage);
  store.setAvailable('canvas/test', true);
  await until(() => isCalm(first) && isCalm(second));
  expect([document().seq, storage.length]).toEqual([1, 0]);
});

test('a page says if what it drew would go with it', async () => {
  store.setAvailable('canvas/test', false);
  const session = await open(0, { room: 'test' }, new FakeStorage(0));
  session.submit(draw('s1'));
  expect(session.isKept).toBe(false);
  store.setAvailable('canvas/test', true);
  await until(() => isCalm(session));
  expect(session.isKept).toBe(true);
});

test('a locked canvas is drawn on with its key, and looked at without', async () => {
  const link = lockedRoom('plan', 'a key');
  const [writer, reader] = [await open(0, link), await open(1, { room: link.room })];
  expect([writer.health().isReadOnly, reader.health().isReadOnly]).toEqual([false, true]);
  writer.submit(draw('s1'));
  reader.submit(draw('s2'));
  await until(() => ids(reader).length === 1 && reader.health().pending === 0);
  expect(store.document(`canvas/${link.room}`).events.map(({ data }) => data.id)).toEqual(['s1']);
});

test('the whole past can be read, page by page', async () => {
  const session = await open();
  for (const id of ['s1', 's2', 's3']) session.submit(draw(id));
  await until(() => isCalm(session));
  const seen: unknown[] = [];
  await session.readPast(({ events }) => seen.push(...events), new AbortController().signal);
  expect(seen).toMatchObject([{ id: 's1' }, { id: 's2' }, { id: 's3' }]);
});

class FakeStorage implements KeepingStorage {
  readonly #items = new Map<string, string>();
  constructor(readonly itemsMax = 100) {}
  get length() {
    return this.#items.size;
  }
  key = (index: number) => [...this.#items.keys()][index] ?? null;
  getItem = (name: string) => this.#items.get(name) ?? null;
  setItem = (name: string, value: string) => {
    if (this.#items.size >= this.itemsMax) throw new Error('it is full');
    this.#items.set(name, value);
  };
  removeItem = (name: string) => void this.#items.delete(name);
}
