// Each overlay with real processes: one line of configuration changes, and what an application sees does not.

import assert from 'node:assert/strict';
import { chat } from '../support/canvas.mjs';
import { freePorts } from '../support/ports.mjs';
import { Program } from '../support/program.mjs';
import { until } from '../support/wait.mjs';
import { scenario } from './scenario.mjs';

/** @typedef {import('../support/cluster.mjs').TroupeCluster} TroupeCluster */
/** @typedef {import('../support/node.mjs').TroupeNode} TroupeNode */

/** Of the tests: what a death may take until it is down everywhere, of which the machine's other work may take a second. */
const DOWN_WITHIN_MS = 3_500;

/**
 * @param {Record<string, string>} env
 * @param {...string} words
 */
async function ctl(env, ...words) {
  const program = new Program(['ctl', ...words], { env });
  const { code } = await program.wait();
  return { code, output: program.output, log: program.log };
}

/** @param {Record<string, string>} env @param {string} resource @param {TroupeNode} node */
async function ask(env, resource, node) {
  const { code, output, log } = await ctl(env, resource, '--json', '--node', node.name);
  assert.equal(code, 0, log);
  return JSON.parse(output);
}

/**
 * A cluster of one overlay, running. `change` gets the flags of each node and the addresses of all.
 * @param {import('./scenario.mjs').World} world
 * @param {number} count
 * @param {string} overlay
 * @param {{env: Record<string, string>, change?: (flags: Record<string, string>, index: number, addresses: string[]) => void}} options
 */
async function start(world, count, overlay, { env, change }) {
  // The owners of documents are the same everywhere, whoever joins whom.
  const cluster = await world.stoppedCluster(count, { env, flags: { 'cluster-overlay': overlay } });
  const addresses = cluster.nodes.map((node) => node.flags.cluster);
  cluster.nodes.forEach((node, index) => {
    node.flags['document-nodes'] = addresses.join(',');
    change?.(node.flags, index, addresses);
  });
  await cluster.startAll();
  return cluster;
}

/** An event of each node is read at every other. @param {TroupeCluster} cluster @param {string} topic */
async function eachHearsEach(cluster, topic) {
  const running = cluster.nodes.filter((node) => node.isRunning);
  for (const node of running) {
    const key = `${node.name}-${Date.now()}`;
    await until(`${node.name} to post`, async () => (await node.post(topic, chat(key), key)).status < 300);
    for (const other of running) {
      await until(`${other.name} to hear ${node.name}`, async () => (await other.events(topic)).some((event) => event.data.text === key));
    }
  }
}

/** @param {TroupeCluster} cluster @param {TroupeNode} node  Kills it; how long until all others say that it is down, in ms. */
async function killAndMeasure(cluster, node) {
  const began = performance.now();
  await node.kill();
  await Promise.all(cluster.othersThan(node).filter((other) => other.isRunning).map((other) => other.waitForMember(node.name, 'down')));
  return performance.now() - began;
}

/** Who is linked with whom, "ab bc", once all links are there as `count` says. @param {Record<string, string>} env @param {TroupeNode} node @param {number} count */
async function linksSeenBy(env, node, count) {
  return until(`${count} links`, async () => {
    const { links } = await ask(env, 'links', node);
    const whole = links.filter((link) => link.said_by.length === 2).map(({ a, b }) => a + b);
    if (whole.length !== count || links.length !== count) throw new Error(JSON.stringify(links));
    return whole.sort().join(' ');
  });
}

const OVERLAYS = [
  { overlay: 'full_mesh', nodes: 5, links: 'ab ac ad ae bc bd be cd ce de' },
  { overlay: 'ring', nodes: 5 },
  { overlay: 'peer_to_peer', nodes: 5 },
  {
    overlay: 'static', nodes: 4, links: 'ab bc cd',
    // A line: each names the one before it.
    change: (flags, index, addresses) => (index === 0 ? delete flags.join : (flags.join = addresses[index - 1])),
  },
  {
    overlay: 'client_server', nodes: 5, links: 'ab ac ad ae bc bd be',
    change: (flags, index, addresses) => {
      flags.join = addresses.slice(0, 2).filter((_, other) => other !== index).join(',');
      if (index >= 2) flags['cluster-role'] = 'client';
    },
  },
];

for (const { overlay, nodes, links, change } of OVERLAYS) {
  scenario(`${overlay}: all see all, a death is seen by all, and who comes back is one of them`, async (world) => {
    const env = world.ownSockets();
    const cluster = await start(world, nodes, overlay, { env, change });
    await eachHearsEach(cluster, 'canvas/overlay');
    if (links) assert.equal(await linksSeenBy(env, cluster.nodes[0], links.split(' ').length), links);
    if (overlay === 'ring') await linksSeenBy(env, cluster.nodes[0], nodes);

    const { members } = await ask(env, 'members', cluster.nodes[0]);
    assert.deepEqual(members.map(({ name, state }) => `${name} ${state}`), cluster.nodes.map(({ name }) => `${name} up`));
    for (const { name, hops } of members) assert.ok(name === 'a' ? hops === 0 : hops >= 1, `a way to ${name}`);

    const last = cluster.nodes[nodes - 1];
    const took = await killAndMeasure(cluster, last);
    console.log(`${overlay}: ${nodes} nodes, down everywhere ${took.toFixed(0)} ms after kill -9`);
    assert.ok(took < DOWN_WITHIN_MS, `down after ${took} ms`);
    await last.start();
    await cluster.waitUntilComplete();
    await eachHearsEach(cluster, 'canvas/overlay');
  });
}

scenario('a node that stands still is suspected, and stays a member', async (world) => {
  const env = world.ownSockets();
  const cluster = await start(world, 3, 'full_mesh', { env });
  const [a, b, c] = cluster.nodes;
  const isSilent = async () => (await ask(env, 'links', a)).links.filter((link) => link.silent).map((link) => link.a + link.b).join();
  await until('c has told of its links', async () => (await ask(env, 'members', a)).members.find(({ name }) => name === 'c')?.links.length === 2);
  assert.equal(await isSilent(), '');
  c.signal('SIGSTOP');
  await a.waitForMember('c', 'suspected');
  assert.equal(await isSilent(), 'ac');
  const suspect = (await ask(env, 'members', a)).members.find(({ name }) => name === 'c');
  assert.ok(suspect.suspicion >= 8 && suspect.links.length === 2, JSON.stringify(suspect));
  c.signal('SIGCONT');
  await cluster.waitUntilComplete();
  assert.equal(await isSilent(), '');
  for (const node of [a, b]) assert.ok(!node.log.includes('member c is down'), node.log);
  assert.ok((await a.metric('troupe_cluster_suspicions_total')) >= 1);
});

scenario('a broadcast travels on a tree that ctl draws', async (world) => {
  const env = world.ownSockets();
  const cluster = await start(world, 4, 'static', { env, change: OVERLAYS[3].change });
  const [a] = cluster.nodes;
  await until('the whole line as the tree of a', async () => {
    const tree = await ask(env, 'trees', a);
    assert.deepEqual([tree.root, tree.silent], ['a', []]);
    return tree.nodes.map(({ name, parent }) => parent + name).join(' ') === 'a ab bc cd';
  });
  const drawn = await ctl(env, 'trees', '--node', 'd', '--root', 'a');
  assert.match(drawn.output, /how broadcasts of a travel:\na\n└─ b\n {3}└─ c\n {6}└─ d\n/);
  const nobody = await ctl(env, 'trees', '--node', 'a', '--root', 'zoe');
  assert.equal(nobody.code, 1);
  assert.match(nobody.log, /there is no member 'zoe'\n {2}remedy: `troupe ctl members`/);
  assert.match((await ctl(env, 'members', '--node', 'a')).output, /^d +up +server .* 3 hops by b$/m);
  assert.match((await ctl(env, 'links', '--node', 'a')).output, /^a +b +both\nb +c +both\nc +d +both$/m);
});

scenario('ctl has a node join, declares one down, and has one leave', async (world) => {
  const env = world.ownSockets();
  const [first, second] = await freePorts(2);
  const flags = (/** @type {number} */ port) => ({ cluster: `127.0.0.1:${port}`, 'document-nodes': `127.0.0.1:${first},127.0.0.1:${second}`, shards: '1' });
  const a = await world.node({ name: 'a', env, flags: flags(first) });
  const b = await world.node({ name: 'b', env, flags: flags(second) });
  assert.deepEqual((await a.members()).map(({ name }) => name), ['a']);

  assert.match((await ctl(env, 'join', 'nowhere', '--node', 'a')).log, /'nowhere' is not the host:port/);
  assert.match((await ctl(env, 'join', a.cluster, '--node', 'a')).log, /this node's own address/);
  const joined = await ctl(env, 'join', b.cluster, '--node', 'a');
  assert.deepEqual([joined.code, joined.output], [0, `b is up at ${b.cluster}: \`troupe ctl members\` shows the cluster\n`], joined.log);

  const before = (await a.members()).find(({ name }) => name === 'b')?.incarnation ?? 0;
  const downed = await ctl(env, 'down', 'b', '--node', 'a');
  assert.equal(downed.code, 0, downed.log);
  await until('b to come back in a new life', async () => (await a.members()).some(({ name, state, incarnation }) => name === 'b' && state === 'up' && incarnation > before));
  assert.match((await ctl(env, 'down', 'zoe', '--node', 'a')).log, /there is no member 'zoe'/);
  assert.match((await ctl(env, 'down', 'a', '--node', 'a')).log, /this node is 'a' itself/);

  const left = await ctl(env, 'leave', '--node', 'b');
  assert.equal(left.code, 0, left.log);
  assert.match(left.output, /^b leaves: .*\nb has left, and its process has ended\n$/);
  assert.deepEqual(await b.program?.wait(), { code: 0, signal: null }, 'as on SIGTERM');
  await a.waitForMember('b', 'left');
  assert.match((await ctl(env, 'down', 'b', '--node', 'a')).log, /'b' is no member any more: it is left/);
});
