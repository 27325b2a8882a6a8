// docs/protocol.md over a WebSocket, message by message, by a client that was written from that page alone.

import assert from 'node:assert/strict';
import { chat, clear, stroke } from '../support/canvas.mjs';
import { until } from '../support/wait.mjs';
import { WebSocketConnection } from '../support/websocket.mjs';
import { scenario } from './scenario.mjs';

const topic = 'canvas/lobby';
const keys = (/** @type {{key: string}[]} */ events) => events.map((event) => event.key);

scenario('the subprotocol is troupe.v1.json', async (world) => {
  const node = await world.node();
  const offered = await WebSocketConnection.open(node.http, { protocols: ['other.v9', 'troupe.v1.json'] });
  assert.equal(offered.handshake.headers['sec-websocket-protocol'], 'troupe.v1.json');
  await offered.shut();
  await (await WebSocketConnection.open(node.http, { protocols: [] })).shut();
  await assert.rejects(WebSocketConnection.open(node.http, { protocols: ['other.v9'] }), { status: 400 });
  await assert.rejects(WebSocketConnection.open(node.http, { path: '/api/v1/elsewhere' }), { status: 404 });
});

scenario('events are numbered from 1 and come to everybody, the sender too', async (world) => {
  const node = await world.node();
  const ada = await world.client(node);
  const bob = await world.client(node);
  const joined = await ada.join(topic);
  assert.deepEqual({ seq: joined.seq, recovered: joined.recovered, node: joined.node, topic: joined.topic, snapshot: joined.snapshot },
                   { seq: 0, recovered: false, node: 'a', topic, snapshot: { elements: [], chat: [] } });
  assert.match(joined.epoch, /^\S+$/);
  await bob.join(topic);
  assert.notEqual(ada.session, bob.session);
  assert.equal(await ada.send(topic, stroke('s1'), 'ada-1'), 1);
  assert.equal(await bob.send(topic, chat('hello'), 'bob-1'), 2);
  assert.equal(await ada.send(topic, clear(), 'ada-2'), 3);
  for (const client of [ada, bob]) {
    await client.waitForSeq(topic, 3);
    assert.deepEqual(client.topic(topic).events, [
      { seq: 1, key: 'ada-1', from: ada.session, data: stroke('s1') },
      { seq: 2, key: 'bob-1', from: bob.session, data: chat('hello') },
      { seq: 3, key: 'ada-2', from: ada.session, data: clear() },
    ]);
  }
});

scenario('a client that says what it has gets what it lacks', async (world) => {
  const node = await world.node();
  const ada = await world.client(node);
  const { epoch } = await ada.join(topic);
  for (let n = 1; n <= 5; ++n) await ada.send(topic, chat(`${n}`), `ada-${n}`);

  const late = await world.client(node);
  const recovered = await late.join(topic, { after: { epoch, seq: 2 } });
  assert.equal(recovered.recovered, true);
  assert.equal(recovered.seq, 5);
  await late.waitForSeq(topic, 5);
  assert.deepEqual(keys(late.topic(topic).events), ['ada-3', 'ada-4', 'ada-5']);

  const complete = await world.client(node);
  assert.equal((await complete.join(topic, { after: { epoch, seq: 5 } })).recovered, true);
  await ada.send(topic, chat('6'), 'ada-6');
  await complete.waitForSeq(topic, 6);
  assert.deepEqual(keys(complete.topic(topic).events), ['ada-6']);

  // What cannot be continued begins from a snapshot: another epoch, or a seq that never was.
  for (const after of [{ epoch: `${epoch}0`, seq: 2 }, { epoch, seq: 1_000 }]) {
    const other = await world.client(node);
    const begun = await other.join(topic, { after });
    assert.deepEqual({ recovered: begun.recovered, epoch: begun.epoch, seq: begun.seq }, { recovered: false, epoch, seq: 6 });
    assert.deepEqual(begun.snapshot.chat.map((/** @type {any} */ line) => [line.seq, line.text]), [1, 2, 3, 4, 5, 6].map((n) => [n, `${n}`]));
  }
});

scenario('a client that lacks too much begins from a snapshot', async (world) => {
  const node = await world.node({ flags: { 'document-replay-events-max': '10' } });
  const ada = await world.client(node);
  const { epoch } = await ada.join(topic);
  for (let n = 1; n <= 12; ++n) await ada.send(topic, chat(`${n}`), `ada-${n}`);
  const near = await world.client(node);
  assert.equal((await near.join(topic, { after: { epoch, seq: 2 } })).recovered, true);
  const far = await world.client(node);
  assert.equal((await far.join(topic, { after: { epoch, seq: 1 } })).recovered, false);
  assert.equal(far.topic(topic).snapshot.chat.length, 12);
});

scenario('the same key is applied once, over WebSocket and REST', async (world) => {
  const node = await world.node();
  const ada = await world.client(node);
  const { epoch } = await ada.join(topic);
  assert.equal(await ada.send(topic, chat('first'), 'same'), 1);
  assert.equal(await ada.send(topic, chat('second'), 'other'), 2);
  assert.equal(await ada.send(topic, chat('first'), 'same'), 1);
  const repeated = await node.post(topic, chat('first'), 'same');
  assert.deepEqual([repeated.status, repeated.json], [200, { epoch, seq: 1 }]);
  const posted = await node.post(topic, chat('third'), 'third');
  assert.deepEqual([posted.status, posted.json], [201, { epoch, seq: 3 }]);
  assert.equal(await ada.send(topic, chat('third'), 'third'), 3);
  assert.deepEqual(keys(await node.events(topic)), ['same', 'other', 'third']);
  // Keys are of one topic, not of all.
  await ada.join('canvas/elsewhere');
  assert.equal(await ada.send('canvas/elsewhere', chat('first'), 'same'), 1);
});

scenario('sends of one session are numbered in their order, whatever is in flight', async (world) => {
  const node = await world.node();
  const [ada, bob] = [await world.client(node), await world.client(node)];
  await Promise.all([ada.join(topic), bob.join(topic)]);
  await Promise.all(Array.from({ length: 200 }, (_, n) => [ada.send(topic, chat(`${n}`), `ada-${n}`), bob.send(topic, stroke(`${n}`), `bob-${n}`)]).flat());
  const events = await node.events(topic);
  assert.equal(events.length, 400);
  for (const name of ['ada', 'bob']) {
    assert.deepEqual(keys(events).filter((key) => key.startsWith(name)), Array.from({ length: 200 }, (_, n) => `${name}-${n}`));
  }
  for (const client of [ada, bob]) {
    await client.waitForSeq(topic, 400);
    assert.deepEqual(keys(client.topic(topic).events), keys(events));
  }
});

scenario('sends beyond those that may be unanswered are refused as busy, and can be sent again', async (world) => {
  const node = await world.node({ flags: { 'session-sends-max': '4' } });
  const ada = await world.client(node);
  await ada.join(topic);
  const burst = () => Promise.all(Array.from({ length: 50 }, (_, n) => ada.request({ op: 'send', topic, key: `k${n}`, data: chat(`${n}`) })));
  const refused = (await burst()).filter((answer) => answer.op === 'error');
  assert.ok(refused.length > 0);
  for (const answer of refused) assert.equal(answer.code, 'busy');
  await until('all to be taken', async () => (await burst()).every((answer) => answer.op === 'ack'));
  assert.equal((await node.events(topic)).length, 50);
});

scenario('presence: who comes, changes and goes is shown to the others', async (world) => {
  const node = await world.node();
  const ada = await world.client(node);
  await ada.join(topic, { present: { name: 'Ada', color: '#111111' } });
  const seen = ada.topic(topic).present;
  const bob = await world.client(node);
  assert.deepEqual((await bob.join(topic, { present: { name: 'Bob' } })).present, [{ session: ada.session, present: { name: 'Ada', color: '#111111' } }]);
  await until('Ada to see Bob', () => seen.get(bob.session)?.name === 'Bob');

  // One that joins without being present is not listed; it may show itself later.
  const eve = await world.client(node);
  assert.equal((await eve.join(topic)).present.length, 2);
  const ack = await eve.request({ op: 'present', topic, present: { name: 'Eve' } });
  assert.equal(ack.op, 'ack');
  assert.equal('seq' in ack, false);
  await until('Ada to see Eve', () => seen.get(eve.session)?.name === 'Eve');
  await bob.request({ op: 'present', topic, present: { name: 'Robert' } });
  await until('Ada to see a new name', () => seen.get(bob.session)?.name === 'Robert');

  await bob.leave(topic);
  await until('Ada to see that Bob left', () => !seen.has(bob.session));
  eve.socket.destroy();
  await until('Ada to see that the connection of Eve broke', () => seen.size === 0);
  assert.equal(seen.has(ada.session), false);
});

scenario('signals go to the others and are not stored', async (world) => {
  const node = await world.node();
  const [ada, bob, eve] = [await world.client(node), await world.client(node), await world.client(node)];
  await Promise.all([ada.join(topic), bob.join(topic), eve.join('canvas/elsewhere')]);
  const cursor = { type: 'cursor', x: 1, y: 2 };
  ada.socket.send(JSON.stringify({ op: 'signal', topic, data: cursor }));
  await until('Bob to see it', () => bob.topic(topic).signals.length === 1);
  assert.deepEqual(bob.topic(topic).signals, [{ from: ada.session, data: cursor }]);
  assert.equal((await ada.request({ op: 'ping' })).op, 'pong');
  assert.deepEqual(ada.topic(topic).signals, []);
  assert.deepEqual(eve.messages.filter((message) => message.op === 'signal'), []);
  assert.deepEqual(await node.events(topic), []);
  assert.equal((await eve.request({ op: 'signal', topic, data: cursor })).code, 'not_joined');
});

scenario('after leaving nothing comes any more, and joining again works', async (world) => {
  const node = await world.node();
  const ada = await world.client(node);
  const { epoch } = await ada.join(topic);
  await ada.send(topic, chat('1'), 'k1');
  await ada.waitForSeq(topic, 1);
  await ada.leave(topic);
  await node.post(topic, chat('2'), 'k2');
  assert.equal((await ada.request({ op: 'ping' })).op, 'pong');
  assert.equal((await ada.request({ op: 'send', topic, key: 'k3', data: chat('3') })).code, 'not_joined');
  assert.equal((await ada.request({ op: 'leave', topic })).code, 'not_joined');
  assert.equal((await ada.join(topic, { after: { epoch, seq: 1 } })).recovered, true);
  await ada.waitForSeq(topic, 2);
  assert.equal((await ada.request({ op: 'join', topic })).code, 'already_joined');
});

scenario('what was written is there after a restart, and the epoch stays', async (world) => {
  const node = await world.node();
  const ada = await world.client(node);
  const { epoch } = await ada.join(topic);
  for (let n = 1; n <= 10; ++n) await ada.send(topic, stroke(`${n}`), `k${n}`);
  const before = await node.digest(topic);
  await node.restart();
  assert.deepEqual(await node.digest(topic), before);
  const again = await world.client(node);
  assert.equal((await again.join(topic, { after: { epoch, seq: 4 } })).recovered, true);
  await again.waitForSeq(topic, 10);
  assert.equal(await again.send(topic, stroke('3'), 'k3'), 3);
});
