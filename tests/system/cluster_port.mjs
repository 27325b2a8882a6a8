// What the tests of the cluster port share: how a connection that does not belong there ends, and that the nodes go on.

import assert from 'node:assert/strict';
import { chat } from '../support/canvas.mjs';
import { TcpConnection } from '../support/tcp.mjs';
import { until } from '../support/wait.mjs';

export const REFUSED = 'troupe_cluster_connections_refused_total';
const topic = 'canvas/lobby';

/**
 * Sends the bytes to the node's cluster port, which closes the connection, counts it, and says whose it was.
 * @param {import('../support/node.mjs').TroupeNode} node
 * @param {string} what
 * @param {(string | Buffer)[]} bytes
 */
export async function assertRefused(node, what, bytes) {
  const before = await node.metric(REFUSED);
  const attacker = await TcpConnection.open(node.cluster);
  const who = attacker.localAddress;
  for (const each of bytes) attacker.send(each);
  await attacker.waitForEnd(5_000).catch((error) => assert.fail(`${what}: ${error.message}`));
  await until(`the metric after ${what}`, async () => (await node.metric(REFUSED)) === before + 1);
  await until(`a log line about ${what}`, () => node.log.split('\n').some((line) => line.includes('refused') && line.includes(who)));
  attacker.destroy();
}

/** An event from each node reaches all, and all see each other. @param {import('../support/cluster.mjs').TroupeCluster} cluster */
export async function assertWorking(cluster) {
  const answers = await Promise.all(cluster.nodes.map((node, index) => node.post(topic, chat(`from ${index}`))));
  assert.deepEqual(answers.map((answer) => answer.status), cluster.nodes.map(() => 201));
  await cluster.waitUntilEqual(topic, { seq: Math.max(...answers.map((answer) => answer.json.seq)) });
  for (const node of cluster.nodes) assert.deepEqual((await node.members()).map((member) => member.state), cluster.nodes.map(() => 'up'));
}
