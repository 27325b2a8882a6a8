// Three nodes: one order everywhere, also when nodes are killed, stopped, frozen and started again.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { chat, stroke } from '../support/canvas.mjs';
import { until } from '../support/wait.mjs';
import { faultsOf } from '../support/writer.mjs';
import { runningHash } from '../support/xxh3.mjs';
import { scenario } from './scenario.mjs';

/** @typedef {import('../support/node.mjs').TroupeNode} TroupeNode */
/** @typedef {import('../support/cluster.mjs').TroupeCluster} TroupeCluster */

/**
 * A writer at each node, which goes to the others when its own is away.
 * @param {import('./scenario.mjs').World} world
 * @param {TroupeCluster} cluster
 * @param {string} topic
 */
const writersAtAll = (world, cluster, topic) => cluster.nodes.map((node) => world.writer({
  name: `w${node.name}`, topic, addresses: () => [node, ...cluster.othersThan(node)].map((each) => each.http), inFlight: 4,
}));

/** @param {import('../support/writer.mjs').RetryingWriter[]} writers @param {number} count */
const moreAcknowledged = (writers, count) => {
  const goals = writers.map((writer) => writer.acknowledged.size + count);
  return until(`${count} more events of each writer`, () => writers.every((writer, index) => writer.acknowledged.size >= goals[index]));
};

/**
 * Ends the load, and checks that every acknowledged event is at every node exactly once and in the same order.
 * @param {TroupeCluster} cluster
 * @param {string} topic
 * @param {import('../support/writer.mjs').RetryingWriter[]} writers
 */
async function finishAndCheck(cluster, topic, writers) {
  await Promise.all(writers.map((writer) => writer.finish()));
  const events = await cluster.nodes[0].events(topic);
  assert.deepEqual(faultsOf(events, writers), []);
  const digest = await cluster.waitUntilEqual(topic, { seq: events.length });
  assert.deepEqual([digest.seq, digest.hash], [events.length, runningHash(events)]);
}

scenario('events from each node come to all in one order', async (world) => {
  const cluster = await world.cluster(3);
  const topic = 'canvas/lobby';
  const clients = await Promise.all(cluster.nodes.map((node) => world.client(node)));
  await Promise.all(clients.map((client) => client.join(topic)));
  await Promise.all(clients.flatMap((client, n) => Array.from({ length: 100 }, (_, i) => client.send(topic, stroke(`${n}-${i}`, 10), `c${n}-${i}`))));
  await cluster.nodes[2].post(topic, chat('over REST'));
  for (const client of clients) await client.waitForSeq(topic, 301);
  for (const client of clients) assert.deepEqual(client.topic(topic).events, clients[0].topic(topic).events);
  const digest = await cluster.waitUntilEqual(topic, { seq: 301 });
  assert.equal(digest.hash, runningHash(clients[0].topic(topic).events));
  for (const node of cluster.nodes) assert.equal((await node.events(topic)).length, 301);
});

scenario('presence and signals cross nodes, and a killed node takes its people with it', async (world) => {
  const cluster = await world.cluster(3);
  const topic = 'canvas/lobby';
  const [ada, bob, eve] = await Promise.all(cluster.nodes.map((node) => world.client(node)));
  await ada.join(topic, { present: { name: 'Ada' } });
  await bob.join(topic, { present: { name: 'Bob' } });
  await eve.join(topic, { present: { name: 'Eve' } });
  const names = (/** @type {typeof ada} */ client) => [...client.topic(topic).present.values()].map((present) => present.name).sort();
  await until('everybody to see everybody', () => [ada, bob, eve].every((client) => names(client).length === 2));
  assert.deepEqual([names(ada), names(bob), names(eve)], [['Bob', 'Eve'], ['Ada', 'Eve'], ['Ada', 'Bob']]);
  ada.socket.send(JSON.stringify({ op: 'signal', topic, data: { x: 1 } }));
  for (const client of [bob, eve]) {
    await until('the signal', () => client.topic(topic).signals.length > 0);
    assert.deepEqual(client.topic(topic).signals, [{ from: ada.session, data: { x: 1 } }]);
  }
  await cluster.node('b').kill();
  await until('Bob to be gone', () => [ada, eve].every((client) => names(client).length === 1));
  await cluster.startAll();
  const again = await world.client(cluster.node('b'));
  await again.join(topic, { present: { name: 'Bob' } });
  await until('Bob to be back', () => [ada, eve, again].every((client) => names(client).length === 2));
});

scenario('a node that is not the owner is killed: the others go on, and it catches up', async (world) => {
  const cluster = await world.cluster(3);
  const topic = 'canvas/lobby';
  const owner = await cluster.ownerOf(topic);
  const [victim, witness] = cluster.othersThan(owner);
  const client = await world.client(witness);
  await client.join(topic);
  const writers = writersAtAll(world, cluster, topic);
  await moreAcknowledged(writers, 30);
  await victim.kill();
  await moreAcknowledged(writers, 30);
  await witness.waitForMember(victim.name, 'down');
  assert.equal(client.topic(topic).available, true);
  await victim.start();
  await cluster.waitUntilComplete();
  await moreAcknowledged(writers, 30);
  await finishAndCheck(cluster, topic, writers);
});

scenario('the owner is killed: what there is can be read, nothing is lost, and it goes on when the owner is back', async (world) => {
  const cluster = await world.cluster(3);
  const topic = 'canvas/lobby';
  const owner = await cluster.ownerOf(topic);
  const [witness, other] = cluster.othersThan(owner);
  const client = await world.client(witness);
  await client.join(topic);
  const writers = writersAtAll(world, cluster, topic);
  await moreAcknowledged(writers, 30);
  await owner.kill();

  await until('the client to hear that the document is not available', () => !client.topic(topic).available);
  const refused = await client.request({ op: 'send', topic, key: 'while-away', data: chat('x') });
  assert.equal(refused.code, 'unavailable');
  const posted = await other.post(topic, chat('x'), 'while-away');
  assert.deepEqual([posted.status, posted.json.error.code], [503, 'unavailable']);
  assert.ok(posted.headers['retry-after']);
  // Replicas still serve what they have.
  const { seq } = client.topic(topic).position;
  const late = await world.client(witness);
  const joined = await late.join(topic);
  assert.ok(joined.seq >= seq);
  await until('the late one to hear it too', () => !late.topic(topic).available);
  assert.ok((await witness.digest(topic)).seq >= seq);

  await owner.start();
  await until('the document to be available again', () => client.topic(topic).available && late.topic(topic).available);
  await cluster.waitUntilComplete();
  await moreAcknowledged(writers, 30);
  await finishAndCheck(cluster, topic, writers);
});

scenario('the whole cluster is killed and started again', async (world) => {
  const cluster = await world.cluster(3);
  const topics = ['canvas/one', 'canvas/two', 'canvas/three'];
  const writers = topics.map((topic) => writersAtAll(world, cluster, topic));
  await moreAcknowledged(writers.flat(), 20);
  await Promise.all(cluster.nodes.map((node) => node.kill()));
  await cluster.startAll();
  await moreAcknowledged(writers.flat(), 20);
  for (const [index, topic] of topics.entries()) await finishAndCheck(cluster, topic, writers[index]);
  const digests = await Promise.all(topics.map((topic) => cluster.nodes[0].digest(topic)));
  await cluster.stop();
  await cluster.startAll();
  for (const [index, topic] of topics.entries()) assert.equal((await cluster.waitUntilEqual(topic)).hash, digests[index].hash);
});

scenario('each node in turn is stopped and started under load', async (world) => {
  const cluster = await world.cluster(3);
  const topic = 'canvas/lobby';
  const writers = writersAtAll(world, cluster, topic);
  for (const node of cluster.nodes) {
    await moreAcknowledged(writers, 20);
    await node.stop();
    const [witness] = cluster.othersThan(node);
    assert.equal((await witness.members()).find((member) => member.name === node.name)?.state, 'left', 'a node that stops says goodbye');
    await node.start();
    await cluster.waitUntilComplete();
  }
  await moreAcknowledged(writers, 20);
  await finishAndCheck(cluster, topic, writers);
});

scenario('a frozen node is found out, and comes back as if nothing was', async (world) => {
  const cluster = await world.cluster(3, { flags: { 'cluster-silence-timeout': '1s', 'cluster-heartbeat-interval': '200ms', 'cluster-down-after': '1s' } });
  const topic = 'canvas/lobby';
  const owner = await cluster.ownerOf(topic);
  const [, second] = cluster.othersThan(owner);
  // First one that only has a replica, then the owner itself.
  for (const frozen of [second, owner]) {
    const witnesses = cluster.othersThan(frozen);
    const writers = witnesses.map((node, index) => world.writer({ name: `${frozen.name}${index}`, topic, addresses: () => [node.http], inFlight: 4 }));
    await moreAcknowledged(writers, 20);
    frozen.signal('SIGSTOP');
    for (const witness of witnesses) await witness.waitForMember(frozen.name, 'down');
    if (frozen !== owner) await moreAcknowledged(writers, 20);
    frozen.signal('SIGCONT');
    await cluster.waitUntilComplete();
    await moreAcknowledged(writers, 20);
    await finishAndCheck(cluster, topic, writers);
  }
});

scenario('a document whose storage was lost begins anew, and its clients are told', async (world) => {
  const cluster = await world.cluster(2);
  const topic = await cluster.topicOwnedBy(cluster.node('a'));
  const client = await world.client(cluster.node('b'));
  const { epoch } = await client.join(topic);
  await client.send(topic, chat('lost'), 'k1');
  await cluster.node('a').kill();
  rmSync(join(cluster.node('a').data, 'journal'), { recursive: true });
  await cluster.node('a').start();
  await until('the client to begin anew', () => client.topic(topic).resets === 1);
  assert.notEqual(client.topic(topic).position.epoch, epoch);
  assert.deepEqual([client.topic(topic).position.seq, client.topic(topic).snapshot.chat], [0, []]);
  await until('an event', async () => (await client.request({ op: 'send', topic, key: 'k1', data: chat('new') })).op === 'ack');
  await client.waitForSeq(topic, 1);
});
