// A cluster whose network is cut, in ways that no signal to a process can imitate: what is sent vanishes, and nobody closes a connection.

import assert from 'node:assert/strict';
import { chat } from '../support/canvas.mjs';
import { Netlab } from '../support/netlab.mjs';
import { until } from '../support/wait.mjs';
import { faultsOf } from '../support/writer.mjs';
import { runningHash } from '../support/xxh3.mjs';
import { scenario } from './scenario.mjs';

/** @typedef {import('../support/node.mjs').TroupeNode} TroupeNode */
/** @typedef {import('../support/cluster.mjs').TroupeCluster} TroupeCluster */
/** @typedef {import('../support/writer.mjs').RetryingWriter} RetryingWriter */

await Netlab.orSkip();

const FLAGS = { 'cluster-silence-timeout': '1s', 'cluster-heartbeat-interval': '200ms', 'cluster-down-after': '1s' };
const TOPIC = 'canvas/lobby';

/**
 * Three nodes on three hosts.
 * @param {import('./scenario.mjs').World} world
 */
async function clusterInLab(world) {
  const lab = await Netlab.create(['a', 'b', 'c']);
  world.atEnd(() => lab.close());
  return { lab, cluster: await world.cluster(3, { flags: FLAGS, lab }) };
}

/** @param {TroupeNode} node @param {TroupeNode} other */
const stateOf = async (node, other) => (await node.members()).find((member) => member.name === other.name)?.state;

/** @param {TroupeNode} node @param {...TroupeNode} others */
const waitUntilLost = (node, ...others) => Promise.all(others.map((other) => until(`node ${node.name} to miss node ${other.name}`,
  async () => (await stateOf(node, other)) !== 'up')));

/**
 * A writer that stays at one node.
 * @param {import('./scenario.mjs').World} world
 * @param {TroupeNode} node
 */
const writerAt = (world, node) => world.writer({ name: `w${node.name}`, topic: TOPIC, addresses: () => [node.http], inFlight: 4 });

/** @param {RetryingWriter[]} writers @param {number} count */
const moreAcknowledged = (writers, count) => {
  const goals = writers.map((writer) => writer.acknowledged.size + count);
  return until(`${count} more events of each writer`, () => writers.every((writer, index) => writer.acknowledged.size >= goals[index]));
};

/** Each acknowledged event is at every node, once and in the same order. @param {TroupeCluster} cluster @param {RetryingWriter[]} writers */
async function finishAndCheck(cluster, writers) {
  await Promise.all(writers.map((writer) => writer.finish()));
  const events = await cluster.nodes[0].events(TOPIC);
  assert.deepEqual(faultsOf(events, writers), []);
  const digest = await cluster.waitUntilEqual(TOPIC, { seq: events.length });
  assert.deepEqual([digest.seq, digest.hash], [events.length, runningHash(events)]);
}

scenario('the owner is cut off: the others notice and refuse writers, and are equal again when the network is whole', async (world) => {
  const { lab, cluster } = await clusterInLab(world);
  const owner = await cluster.ownerOf(TOPIC);
  const others = cluster.othersThan(owner);
  const client = await world.client(others[0]);
  await client.join(TOPIC);
  const writers = cluster.nodes.map((node) => writerAt(world, node));
  await moreAcknowledged(writers, 20);

  await lab.isolate(owner.name);
  for (const other of others) {
    await other.waitForMember(owner.name, 'down');
    assert.equal(await stateOf(other, others[others[0] === other ? 1 : 0]), 'up', 'those together still see each other');
  }
  await waitUntilLost(owner, ...others);
  await until('the client to hear that the document is not available', () => !client.topic(TOPIC).available);
  const refused = await client.request({ op: 'send', topic: TOPIC, key: 'while-cut', data: chat('x') });
  assert.equal(refused.code, 'unavailable');
  const posted = await others[1].post(TOPIC, chat('x'), 'while-cut');
  assert.deepEqual([posted.status, posted.json.error.code], [503, 'unavailable']);

  await lab.heal();
  await until('the document to be available again', () => client.topic(TOPIC).available);
  await cluster.waitUntilComplete();
  await moreAcknowledged(writers, 20);
  await finishAndCheck(cluster, writers);
});

scenario('a replica is cut off: the others go on, and it catches up', async (world) => {
  const { lab, cluster } = await clusterInLab(world);
  const owner = await cluster.ownerOf(TOPIC);
  const [victim, witness] = cluster.othersThan(owner);
  const reader = await world.client(victim);
  await reader.join(TOPIC);
  const writers = [owner, witness].map((node) => writerAt(world, node));
  await moreAcknowledged(writers, 20);
  await lab.isolate(victim.name);
  await witness.waitForMember(victim.name, 'down');
  await moreAcknowledged(writers, 20);
  const { seq } = await victim.digest(TOPIC);
  assert.ok(seq < (await owner.digest(TOPIC)).seq, 'it can still be read, and is behind');
  await until('the reader to hear that nothing can be written', () => !reader.topic(TOPIC).available);
  await lab.heal();
  await cluster.waitUntilComplete();
  await finishAndCheck(cluster, writers);
  assert.ok(reader.topic(TOPIC).available);
});

/**
 * The way between a and b is cut by `cut`: what they say to each other passes through c meanwhile, and nobody misses anybody.
 * @param {TroupeCluster} cluster
 * @param {RetryingWriter[]} writers
 * @param {() => Promise<void>} cut
 * @param {() => Promise<void>} heal
 */
async function goesAround(cluster, writers, cut, heal) {
  const [a, b, c] = cluster.nodes;
  const passedOn = () => c.metric('troupe_cluster_passed_on_total');
  await moreAcknowledged(writers, 20);
  const before = await passedOn();
  await cut();
  await until('messages to pass through c', async () => (await passedOn()) > before);
  await moreAcknowledged(writers, 20);
  for (const [node, other] of [[a, b], [b, a], [c, a], [c, b]]) assert.equal(await stateOf(node, other), 'up', `${other.name} at ${node.name}`);
  await heal();
  await until('messages to go straight again', async () => {
    const last = await passedOn();
    await moreAcknowledged(writers, 20);
    return (await passedOn()) === last;
  });
}

scenario('one cable of three is cut: messages go around it', async (world) => {
  const { lab, cluster } = await clusterInLab(world);
  const writers = cluster.nodes.map((node) => writerAt(world, node));
  await goesAround(cluster, writers, () => lab.cut('a', 'b'), () => lab.heal());
  await finishAndCheck(cluster, writers);
});

scenario('a cable that carries one way only: messages go around it', async (world) => {
  const { lab, cluster } = await clusterInLab(world);
  const writers = cluster.nodes.map((node) => writerAt(world, node));
  for (const [from, to] of /** @type {const} */ ([['a', 'b'], ['b', 'a']])) {
    await goesAround(cluster, writers, () => lab.cutOneWay(from, to), () => lab.heal());
  }
  await finishAndCheck(cluster, writers);
});

scenario('20 ms and one lost packet in a hundred are no reason to miss anybody', async (world) => {
  const { lab, cluster } = await clusterInLab(world);
  for (const [one, other] of [['a', 'b'], ['a', 'c'], ['b', 'c']]) {
    await lab.delay(one, other, 10);
    await lab.loss(one, other, 0.01);
  }
  const writers = cluster.nodes.map((node) => writerAt(world, node));
  await moreAcknowledged(writers, 200);
  for (const node of cluster.nodes) {
    for (const other of cluster.othersThan(node)) assert.equal(await stateOf(node, other), 'up');
    assert.doesNotMatch(node.log, /member \w (is down|cannot be reached)/);
  }
  await finishAndCheck(cluster, writers);
});
