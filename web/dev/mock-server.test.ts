// The client library against the mock cluster over real sockets: what the fake world of the unit tests cannot show.

import WebSocket from 'ws';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Client, type Topic } from '../client/index.js';
import type { WebSocketConstructor } from '../client/index.js';
import { MockStore } from './mock/documents.mjs';
import { MockNode } from './mock/node.mjs';

const TOPIC = 'canvas/test';

let store: MockStore;
let nodes: MockNode[];
let clients: Client[];

beforeEach(async () => {
  store = new MockStore();
  clients = [];
  nodes = ['a', 'b'].map((name) => new MockNode({ name, store }));
  for (const node of nodes) await node.start(0);
});

afterEach(async () => {
  for (const client of clients) client.close();
  await Promise.all(nodes.map((node) => node.kill()));
});

function join(firstNode: 0 | 1 = 0): { client: Client; topic: Topic; seen: string[] } {
  const addresses = nodes.map((node) => node.address);
  if (firstNode === 1) addresses.reverse();
  const client = new Client({
    addresses,
    webSocket: WebSocket as unknown as WebSocketConstructor,
    firstRetryMaxMs: 10,
    retryBaseMs: 10,
    retryMaxMs: 50,
  });
  clients.push(client);
  const topic = client.join(TOPIC, { present: { name: `client ${clients.length}` } });
  const seen: string[] = [];
  topic.on('reset', ({ snapshot }) => seen.push(...(snapshot as { chat: { text: string }[] }).chat.map((line) => line.text)));
  topic.on('event', (event) => seen.push((event.data as { text: string }).text));
  client.connect();
  return { client, topic, seen };
}

const chat = (text: string) => ({ type: 'chat', name: 'Ada', text });
const stored = () => store.document(TOPIC).events.map((event) => event.data.text);

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('two clients on two nodes see the same order, and each other', async () => {
  const first = join(0);
  const second = join(1);
  await Promise.all([first.topic.whenJoined(2_000), second.topic.whenJoined(2_000)]);
  await Promise.all([first.topic.send(chat('one')), second.topic.send(chat('two'))]);
  await until(() => first.seen.length === 2 && second.seen.length === 2);
  expect(first.seen).toEqual(stored());
  expect(second.seen).toEqual(stored());
  await until(() => first.topic.people.length === 2 && second.topic.people.length === 2);
  expect(second.topic.people.filter((person) => person.self)).toHaveLength(1);
});

test('acknowledgements that get lost do not double an event', async () => {
  const { topic, seen } = join();
  await topic.whenJoined(2_000);
  const [node] = nodes;
  for (const each of nodes) each.faults.loseAcks = 1;
  const acks = await Promise.all(['one', 'two', 'three'].map((text) => topic.send(chat(text))));
  await until(() => seen.length === 3);
  expect(stored()).toEqual(['one', 'two', 'three']);
  expect(seen).toEqual(['one', 'two', 'three']);
  expect(acks.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(node?.faults.loseAcks).toBe(0);
});

test('lost and repeated events are mended', async () => {
  const { topic, seen } = join();
  await topic.whenJoined(2_000);
  const [node] = nodes as [MockNode];
  await topic.send(chat('one'));
  node.faults.dropEvents = 1;
  await topic.send(chat('two'));
  node.faults.repeatEvents = 3;
  await topic.send(chat('three'));
  await topic.send(chat('four'));
  await until(() => seen.length === 4);
  expect(seen).toEqual(['one', 'two', 'three', 'four']);
});

test('a node dies under sends: the other node takes them, once each and in order', async () => {
  const { client, topic, seen } = join();
  await topic.whenJoined(2_000);
  const texts = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const acks = texts.map(async (text, index) => {
    await new Promise((resolve) => setTimeout(resolve, index));
    return topic.send(chat(text));
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await nodes[0]?.kill();
  await Promise.all(acks);
  await until(() => seen.length === texts.length);
  expect(stored()).toEqual(texts);
  expect(seen).toEqual(texts);
  expect(client.status.address).toBe(nodes[1]?.address);
});

test('a draining node sends its clients to the other one', async () => {
  const { topic } = join();
  await topic.whenJoined(2_000);
  nodes[0]?.drain();
  await until(() => topic.status.node === 'b');
  await expect(topic.send(chat('still here'))).resolves.toEqual({ seq: 1 });
});

test('sends wait while the owner is away', async () => {
  const { topic } = join();
  await topic.whenJoined(2_000);
  store.setAvailable(TOPIC, false);
  await until(() => !topic.status.available);
  const acks = Promise.all(['one', 'two'].map((text) => topic.send(chat(text))));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(stored()).toEqual([]);
  store.setAvailable(TOPIC, true);
  await acks;
  expect(stored()).toEqual(['one', 'two']);
});

test('a send that fails in the middle is stored once', async () => {
  const { topic } = join();
  await topic.whenJoined(2_000);
  (nodes[0] as MockNode).faults.failSends = 1;
  await Promise.all(['one', 'two', 'three'].map((text) => topic.send(chat(text))));
  expect(stored().sort()).toEqual(['one', 'three', 'two']);
});

test('a document that begins anew resets its clients', async () => {
  const { topic, seen } = join();
  await topic.whenJoined(2_000);
  await topic.send(chat('old'));
  let resets = 0;
  topic.on('reset', () => (resets += 1));
  store.document(TOPIC).beginAnew();
  await until(() => resets === 1);
  expect(topic.position).toEqual({ epoch: store.document(TOPIC).epoch, seq: 0 });
  await topic.send(chat('new'));
  expect(seen).toEqual(['old', 'new']);
});
