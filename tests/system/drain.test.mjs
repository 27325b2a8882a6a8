// SIGTERM: the node says goodbye to its clients, who go on at another one, and exits with 0.

import assert from 'node:assert/strict';
import { chat } from '../support/canvas.mjs';
import { http } from '../support/http.mjs';
import { TcpConnection } from '../support/tcp.mjs';
import { inTime, until } from '../support/wait.mjs';
import { WebSocketConnection } from '../support/websocket.mjs';
import { faultsOf } from '../support/writer.mjs';
import { scenario } from './scenario.mjs';

const topic = 'canvas/lobby';

scenario('clients are told to reconnect, closed with 1012, and carry on at another node', async (world) => {
  const cluster = await world.cluster(2);
  const [leaving, staying] = cluster.nodes;
  const room = await cluster.topicOwnedBy(staying);
  const clients = await Promise.all(Array.from({ length: 20 }, () => world.client(leaving)));
  await Promise.all(clients.map((client) => client.join(room)));
  const stopped = leaving.stop();
  for (const client of clients) {
    const { code } = await inTime('the goodbye', client.closed);
    assert.deepEqual([code, client.messages.some((message) => message.op === 'reconnect' && message.reason === 'draining')], [1012, true]);
  }
  await stopped;

  const moved = await world.client(staying);
  const { epoch, seq } = clients[0].topic(room).position;
  assert.equal((await moved.join(room, { after: { epoch, seq } })).recovered, true);
  await moved.send(room, chat('at the other node'), 'moved');
  assert.equal((await staying.members()).find((member) => member.name === leaving.name)?.state, 'left');
});

scenario('what a client sent before the goodbye is answered', async (world) => {
  const node = await world.node();
  const client = await world.client(node);
  await client.join(topic);
  const answers = Promise.all(Array.from({ length: 200 }, (_, n) => client.request({ op: 'send', topic, key: `k${n}`, data: chat(`${n}`) })));
  const stopped = node.stop();
  const acks = (await answers).filter((answer) => answer.op === 'ack');
  assert.equal((await inTime('the goodbye', client.closed)).code, 1012);
  await stopped;
  await node.start();
  const keys = (await node.events(topic)).map((event) => event.key);
  assert.ok(acks.length > 0);
  assert.ok(keys.length >= acks.length);
  assert.deepEqual(keys, keys.map((_, n) => `k${n}`));
});

scenario('while a node drains it is not ready, lives, and takes no new clients', async (world) => {
  // A client that does not answer the close keeps the drain going.
  const node = await world.node({ flags: { 'drain-timeout': '3s', 'gateway-close-timeout': '3s' } });
  const open = await Promise.all(Array.from({ length: 4 }, () => TcpConnection.open(node.http)));
  const stubborn = await WebSocketConnection.open(node.http);
  stubborn.socket.pause();
  const stopped = node.stop();
  await until('the node to be draining', async () => (await node.get('/readyz')).status === 503);
  const ready = await node.get('/readyz');
  assert.match(ready.body, /draining/);
  assert.equal((await node.get('/livez')).status, 200);
  await assert.rejects(WebSocketConnection.open(node.http), { status: 503 });
  await stopped;
  await assert.rejects(http(node.http, '/livez'), { code: 'ECONNREFUSED' });
  for (const connection of open) await connection.waitForEnd();
});

scenario('a drain has a deadline', async (world) => {
  const node = await world.node({ flags: { 'drain-timeout': '1s', 'gateway-close-timeout': '60s' } });
  const stubborn = await Promise.all(Array.from({ length: 20 }, () => WebSocketConnection.open(node.http)));
  for (const socket of stubborn) socket.socket.pause();
  const begun = Date.now();
  await node.stop();
  assert.ok(Date.now() - begun < 6_000, `it took ${Date.now() - begun} ms`);
  for (const socket of stubborn) socket.destroy();
});

scenario('SIGINT stops a node as SIGTERM does, and a second signal does no harm', async (world) => {
  const node = await world.node();
  await node.post(topic, chat('x'));
  node.signal('SIGINT');
  node.signal('SIGTERM');
  node.signal('SIGINT');
  assert.deepEqual(await node.program?.wait(), { code: 0, signal: null });
  await node.start();
  assert.equal((await node.events(topic)).length, 1);
});

scenario('a signal right behind the ready line ends the node in good order', async (world) => {
  const node = await world.node();
  for (let n = 0; n < 10; ++n) await node.post(topic, chat(`${n}`), `k${n}`);
  await node.stop();
  // It may not be waiting for signals yet.
  for (let round = 0; round < 5; ++round) {
    await node.start();
    await node.stop();
  }
  await node.start();
  assert.equal((await node.events(topic)).length, 10);
});

scenario('a node that owns documents drains under load, and nothing that was acknowledged is lost', async (world) => {
  const cluster = await world.cluster(2);
  const owner = await cluster.ownerOf(topic);
  const [other] = cluster.othersThan(owner);
  const writers = cluster.nodes.map((node) => world.writer({ name: node.name, topic, addresses: () => [node.http, other.http] }));
  await until('some load', () => writers.every((writer) => writer.acknowledged.size > 50));
  await owner.stop();
  await owner.start();
  await Promise.all(writers.map((writer) => writer.finish()));
  assert.deepEqual(faultsOf(await owner.events(topic), writers), []);
});
