// Nodes that are not told of each other, but of a file or a name where the others are found.

import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Nameserver } from '../support/nameserver.mjs';
import { temporaryFolder } from '../support/node.mjs';
import { freePorts } from '../support/ports.mjs';
import { until } from '../support/wait.mjs';
import { scenario } from './scenario.mjs';

/** @typedef {import('../support/cluster.mjs').TroupeCluster} TroupeCluster */

/**
 * Three nodes without a join list. @param {import('./scenario.mjs').World} world @param {Record<string, string>} flags @param {string[]} [addresses]
 */
async function strangers(world, flags, addresses) {
  const cluster = await world.stoppedCluster(3, { flags });
  cluster.nodes.forEach((node, index) => {
    delete node.flags.join;
    if (addresses) node.flags.cluster = addresses[index];
  });
  const owners = cluster.nodes.map((node) => node.flags.cluster);
  for (const node of cluster.nodes) node.flags['document-nodes'] = owners.join(',');
  return cluster;
}

/** A file of addresses, which `write` replaces. @param {import('./scenario.mjs').World} world */
function nodeFile(world) {
  const folder = temporaryFolder();
  world.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'nodes');
  /** @param {string[]} lines */
  const write = (...lines) => {
    writeFileSync(`${path}.new`, `${lines.join('\n')}\n`);
    renameSync(`${path}.new`, path);
  };
  return { path, write };
}

scenario('three nodes find each other by a file that is watched', async (world) => {
  const file = nodeFile(world);
  file.write('# nobody yet');
  const cluster = await strangers(world, { discover: `file:${file.path}` });
  const [a, b, c] = cluster.nodes;
  await Promise.all([a, b].map((node) => node.start()));
  assert.equal((await a.members()).length, 1);

  file.write(a.cluster, `${b.cluster}  # the second`);
  const began = performance.now();
  await a.waitForMember('b', 'up');
  console.log(`a and b see each other ${(performance.now() - began).toFixed(0)} ms after the file was written`);

  file.write(a.cluster, 'this is no address', c.cluster);
  await c.start();
  for (const node of cluster.nodes) {
    await until(`${node.name} to name the line`, () => node.log.includes('line 2: "this is no address" is not host:port'));
  }
  assert.equal((await a.members()).length, 2, 'the list of before stays, and nothing of the broken one counts');

  file.write(a.cluster, b.cluster, c.cluster);
  await cluster.waitUntilComplete();
});

scenario('three nodes find each other by a name and its addresses', async (world) => {
  const nameserver = await new Nameserver().start();
  world.atEnd(() => nameserver.stop());
  const [port] = await freePorts(1);
  const hosts = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
  nameserver.records.set('A nodes.test', hosts.slice(0, 2));
  const cluster = await strangers(
    world,
    { discover: `dns:nodes.test:${port}`, 'cluster-nameserver': nameserver.address, 'cluster-discover-interval': '300ms' },
    hosts.map((host) => `${host}:${port}`),
  );
  const [a, , c] = cluster.nodes;
  await Promise.all(cluster.nodes.slice(0, 2).map((node) => node.start()));
  await a.waitForMember('b', 'up');
  // Whom the name does not have yet finds those that it has.
  await c.start();
  await cluster.waitUntilComplete();
});

scenario('three nodes find each other by a service, also one that is announced later', async (world) => {
  const nameserver = await new Nameserver().start();
  world.atEnd(() => nameserver.stop());
  const cluster = await strangers(world, {
    discover: 'srv:_troupe._tcp.test', 'cluster-nameserver': nameserver.address, 'cluster-discover-interval': '300ms',
  });
  await Promise.all(cluster.nodes.map((node) => node.start()));
  for (const node of cluster.nodes) {
    await until(`${node.name} to say that there is no such name`, () => node.log.includes('the lookup of _troupe._tcp.test failed'));
  }
  nameserver.records.set('SRV _troupe._tcp.test', cluster.nodes.map((node) => ({ host: 'localhost', port: Number(node.cluster.split(':')[1]) })));
  await cluster.waitUntilComplete();
});

scenario('a node is reached where it says, not where it listens', async (world) => {
  const cluster = await world.stoppedCluster(3);
  const [a] = cluster.nodes;
  const [, port] = a.flags.cluster.split(':');
  const advertised = a.flags.cluster;
  a.flags.cluster = `0.0.0.0:${port}`;
  a.flags['cluster-advertise'] = advertised;
  await cluster.startAll();
  const members = await cluster.nodes[1].members();
  assert.equal(members.find(({ name }) => name === 'a')?.address, advertised);
});
