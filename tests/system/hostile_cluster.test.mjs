// What does not belong on the cluster port is refused there: a line in the log that says who and why, a metric, a closed connection, and nothing else.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TroupeNode } from '../support/node.mjs';
import { freePorts } from '../support/ports.mjs';
import { TcpConnection } from '../support/tcp.mjs';
import { until } from '../support/wait.mjs';
import { assertRefused, assertWorking, REFUSED } from './cluster_port.mjs';
import { scenario } from './scenario.mjs';

/** A frame of the cluster's protocol. @param {number} type @param {number} size  As its header says. */
function frame(type, size, payload = Buffer.alloc(0)) {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(size, 0);
  header[4] = type;
  return Buffer.concat([header, payload]);
}
const [HELLO, MESSAGE] = [1, 7];

const TLS_HELLO = Buffer.concat([Buffer.from([0x16, 0x03, 0x01, 0x01, 0x00, 0x01, 0x00, 0x00, 0xfc, 0x03, 0x03]), randomBytes(245)]);

scenario('garbage on the cluster port', async (world) => {
  const cluster = await world.cluster(2, { flags: { 'cluster-handshake-timeout': '1s' } });
  const [node] = cluster.nodes;
  /** @type {[string, (string | Buffer)[]][]} */
  const attacks = [
    ['an HTTP request', ['GET / HTTP/1.1\r\nHost: x\r\n\r\n']],
    ['a TLS hello', [TLS_HELLO]],
    ['random bytes', [randomBytes(100_000)]],
    ['zeros', [Buffer.alloc(10_000)]],
    ['an oversized frame', [frame(HELLO, 0xffffffff, randomBytes(1_000))]],
    ['a frame larger than a handshake may be', [frame(HELLO, 4097, randomBytes(4_097))]],
    ['a hello of garbage', [frame(HELLO, 100, randomBytes(100))]],
    ['an empty hello', [frame(HELLO, 0)]],
    ['a message before the handshake', [frame(MESSAGE, 100, randomBytes(100))]],
    ['silence', []],
    ['half a hello', [frame(HELLO, 100, randomBytes(50))]],
  ];
  for (const [what, bytes] of attacks) await assertRefused(node, what, bytes);
  await assertWorking(cluster);
});

scenario('a slow trickle is no way to hold a connection', async (world) => {
  const cluster = await world.cluster(2, { flags: { 'cluster-handshake-timeout': '1s' } });
  const attacker = await TcpConnection.open(cluster.nodes[0].cluster);
  const bytes = frame(HELLO, 1_000, randomBytes(1_000));
  let sent = 0;
  const trickle = setInterval(() => attacker.send(bytes.subarray(sent, ++sent)), 50);
  world.atEnd(() => clearInterval(trickle));
  await attacker.waitForEnd(5_000);
  await assertWorking(cluster);
});

scenario('a port scan, and more half-open connections than are allowed', async (world) => {
  const cluster = await world.cluster(2, { flags: { 'cluster-handshake-timeout': '1s', 'cluster-handshakes-max': '20' } });
  const [node, other] = cluster.nodes;
  for (let n = 0; n < 50; ++n) (await TcpConnection.open(node.cluster)).destroy();
  await until('the scan to be counted', async () => (await node.metric(REFUSED)) >= 50);
  await assertWorking(cluster);

  const before = await node.metric(REFUSED);
  const silent = await Promise.all(Array.from({ length: 100 }, () => TcpConnection.open(node.cluster)));
  await Promise.all(silent.map((connection) => connection.waitForEnd(5_000)));
  assert.equal(await node.metric(REFUSED), before + 100);
  assert.ok((await node.metric(REFUSED, { reason: 'too_many_handshakes' })) >= 80 - 1);
  await assertWorking(cluster);
  // And a node that was away comes back.
  await other.restart();
  await cluster.waitUntilComplete();
  await assertWorking(cluster);
});

scenario('a node with another secret or of another cluster stays outside', async (world) => {
  const cluster = await world.cluster(2);
  const [node] = cluster.nodes;
  const wrongSecret = join(/** @type {string} */ (cluster.folder), 'wrong-secret');
  writeFileSync(wrongSecret, 'another secret, and a long one', { mode: 0o600 });
  for (const [flags, word] of /** @type {const} */ ([
    [{ 'secret-file': wrongSecret }, /secret/i],
    [{ 'secret-file': cluster.secretFile, 'cluster-name': 'other' }, /cluster/i],
  ])) {
    const [port] = await freePorts(1);
    const before = await node.metric(REFUSED);
    const stranger = new TroupeNode({ name: 'stranger', flags: { .../** @type {any} */ (flags), cluster: `127.0.0.1:${port}`, join: node.cluster } });
    world.atEnd(() => stranger.dispose());
    await stranger.start();
    await until('the refusal in the log of the node', () => node.log.split('\n').some((line) => /refused/.test(line) && word.test(line)));
    await until('the reason in the log of the stranger', () => stranger.log.split('\n').some((line) => line.includes(node.cluster) && word.test(line)));
    await until('the metric', async () => (await node.metric(REFUSED)) > before);
    assert.deepEqual((await stranger.members()).filter((member) => member.state === 'up').map((member) => member.name), ['stranger']);
    assert.deepEqual((await node.members()).map((member) => member.name).sort(), ['a', 'b']);
    await stranger.stop();
  }
  await assertWorking(cluster);
  assert.equal(node.log.includes('a secret of the tests'), false);
});

scenario('a node with a name that is taken stays outside', async (world) => {
  const cluster = await world.cluster(2);
  const [node] = cluster.nodes;
  const [port] = await freePorts(1);
  const twin = new TroupeNode({ name: 'a', flags: { 'secret-file': /** @type {string} */ (cluster.secretFile), cluster: `127.0.0.1:${port}`, join: node.cluster } });
  world.atEnd(() => twin.dispose());
  await twin.start();
  await until('the refusal in the log', () => /refused.*name/i.test(node.log) || /name/i.test(twin.log));
  await assertWorking(cluster);
});
