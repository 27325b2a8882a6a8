// A node that has nothing to do uses no processor time to speak of.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { scenario } from './scenario.mjs';

const WATCHED_MS = 3_000;
const SHARE_MAX = 0.02;

/** What each node uses of one processor. @param {import('../support/node.mjs').TroupeNode[]} nodes */
async function sharesOf(nodes) {
  const used = () => nodes.map((node) => node.program?.processorSeconds() ?? 0);
  await pause(500);  // poll: until what the start left behind is done
  const before = used();
  const begun = performance.now();
  await pause(WATCHED_MS);  // poll: until enough time was watched
  const seconds = (performance.now() - begun) / 1000;
  const shares = used().map((each, index) => (each - before[index]) / seconds);
  console.log(`idle: ${shares.map((share) => `${(100 * share).toFixed(1)} %`).join(', ')} of a processor`);
  return shares;
}

scenario('a node alone, with clients that are silent', async (world) => {
  const node = await world.node();
  for (let n = 0; n < 20; ++n) await (await world.client(node)).join(`canvas/room-${n % 5}`);
  for (const share of await sharesOf([node])) assert.ok(share < SHARE_MAX, `${share}`);
});

scenario('three nodes of a cluster, which send heartbeats', async (world) => {
  const cluster = await world.cluster(3);
  for (const node of cluster.nodes) await (await world.client(node)).join('canvas/lobby');
  for (const share of await sharesOf(cluster.nodes)) assert.ok(share < SHARE_MAX, `${share}`);
});
