// Nodes that speak TLS to each other: who is let in, who is not and what is said about it, and certificates that are replaced while all goes on.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { TroupeCluster } from '../support/cluster.mjs';
import { TroupeNode } from '../support/node.mjs';
import { freePorts } from '../support/ports.mjs';
import { Program } from '../support/program.mjs';
import { Authority } from '../support/tls.mjs';
import { inTime, until } from '../support/wait.mjs';
import { assertRefused, assertWorking, REFUSED } from './cluster_port.mjs';
import { scenario } from './scenario.mjs';

/**
 * Nodes in TLS, which all see each other, and who signed their certificates.
 * @param {import('./scenario.mjs').World} world
 * @param {number} count
 * @param {import('../support/node.mjs').Flags} [flags]
 */
async function start(world, count, flags) {
  const cluster = await TroupeCluster.create(count, { flags });
  world.atEnd(() => cluster.dispose());
  const authority = new Authority(/** @type {string} */ (cluster.folder));
  for (const node of cluster.nodes) Object.assign(node.flags, authority.flags(node.name));
  await cluster.startAll();
  return { cluster, authority };
}

/**
 * A node that wants in.
 * @param {import('./scenario.mjs').World} world
 * @param {TroupeCluster} cluster
 * @param {import('../support/node.mjs').Flags} flags
 */
async function startStranger(world, cluster, flags) {
  const [port] = await freePorts(1);
  const stranger = new TroupeNode({
    name: 'stranger',
    flags: { 'secret-file': /** @type {string} */ (cluster.secretFile), cluster: `127.0.0.1:${port}`, join: cluster.nodes[0].cluster, ...flags },
  });
  world.atEnd(() => stranger.dispose());
  return stranger.start();
}

/** @param {TroupeNode} node @param {RegExp} words */
const logLine = (node, words) => until(`${words} in the log of ${node.name}`, () => node.log.split('\n').find((line) => words.test(line)));

/**
 * The common name in the certificate that a node shows to a peer.
 * @param {TroupeNode} node
 * @param {{certificate: string, key: string}} own
 * @param {string} authorities
 */
async function shownBy(node, own, authorities) {
  const [host, port] = node.cluster.split(':');
  const socket = connect({ host, port: Number(port), cert: readFileSync(own.certificate), key: readFileSync(own.key), ca: readFileSync(authorities) });
  try {
    await inTime('a TLS handshake', new Promise((resolve, reject) => socket.on('secureConnect', resolve).on('error', reject)));
    assert.equal(socket.getProtocol(), 'TLSv1.3');
    return socket.getPeerCertificate().subject.CN;
  } finally {
    socket.destroy();
  }
}

scenario('nodes of one authority are a cluster, and strangers stay outside', async (world) => {
  const { cluster, authority } = await start(world, 2, { shards: '2' });  // So lanes move to another thread.
  const [node] = cluster.nodes;
  await assertWorking(cluster);

  const other = new Authority(authority.folder, 'another-authority');
  const believing = other.flags('stranger');
  authority.joinTo(believing['cluster-tls-authority']);
  for (const [flags, here, there] of /** @type {const} */ ([
    [other.flags('unbelieving'), /refused: .*not signed by the peer's authority/, /no link to .*it has to be signed by the authority of this node/],
    [believing, /refused: .*the peer's certificate is refused/, /no link to .*this node's certificate is not signed by the peer's authority/],
    [{}, /refused: .*is TLS on only one side\?/, /no link to .*is TLS on only one side\?/],
  ])) {
    const before = await node.metric(REFUSED);
    const from = node.log.length;
    const stranger = await startStranger(world, cluster, flags);
    await until('the reason in the log of the node', () => node.log.slice(from).split('\n').some((line) => here.test(line)));
    await logLine(stranger, there);
    await until('the metric', async () => (await node.metric(REFUSED)) > before);
    assert.deepEqual((await node.members()).map((member) => member.name).sort(), ['a', 'b']);
    await stranger.stop();
  }
  await assertWorking(cluster);
});

scenario('a cluster without TLS says so to a node with it', async (world) => {
  const cluster = await world.cluster(2);
  const authority = new Authority(/** @type {string} */ (cluster.folder));
  const stranger = await startStranger(world, cluster, authority.flags('stranger'));
  await logLine(cluster.nodes[0], /refused: .*the peer speaks TLS, and this node has none: is TLS on only one side\?/);
  await logLine(stranger, /no link to .*is TLS on only one side\?/);
  await assertWorking(cluster);
});

scenario('certificates and authorities are replaced under a running cluster', async (world) => {
  const { cluster, authority } = await start(world, 3);
  const [first, second, third] = cluster.nodes;
  const began = new Map(cluster.nodes.map((node) => [node, node.log.length]));
  const own = authority.issue('test');
  const authorities = first.flags['cluster-tls-authority'];
  assert.equal(await shownBy(first, own, authorities), 'a');
  const until1970 = await first.metric('troupe_tls_certificate_expires_timestamp_seconds');
  assert.ok(Math.abs(until1970 - Date.now() / 1000 - 90 * 86_400) < 3_600);

  // The files have changed; one node is told, too.
  for (const node of cluster.nodes) authority.issue(node.name, { subject: `renewed ${node.name}`, days: 30 });
  first.signal('SIGHUP');
  for (const node of cluster.nodes) await logLine(node, /new connections use the certificate of CN = renewed /);
  assert.equal(await shownBy(first, own, authorities), 'renewed a');
  assert.ok((await first.metric('troupe_tls_certificate_expires_timestamp_seconds')) < until1970);

  // A file that is broken costs a line in the log.
  const whole = readFileSync(first.flags['cluster-tls-certificate']);
  writeFileSync(first.flags['cluster-tls-certificate'], whole.subarray(0, 200));
  await logLine(first, /the TLS files have changed and cannot be used, so the certificate of before stays in use: .*cannot be read.*; copy/);
  assert.equal(await shownBy(first, own, authorities), 'renewed a');
  writeFileSync(first.flags['cluster-tls-certificate'], whole);

  // Another authority takes over: first all believe both, then each node gets a certificate of the new one.
  const next = new Authority(authority.folder, 'next-authority');
  for (const node of cluster.nodes) next.joinTo(node.flags['cluster-tls-authority']);
  for (const node of cluster.nodes) {
    const taken = node.log.split('new connections use').length;
    node.signal('SIGHUP');
    await until('the authorities to be read', () => node.log.split('new connections use').length > taken);
    next.issue(node.name, { subject: `next ${node.name}` });
    await logLine(node, /new connections use the certificate of CN = next /);
  }
  assert.equal(await shownBy(second, own, authorities), 'next b');

  // Through all of this no link was lost, and a node that comes anew is taken in.
  for (const node of cluster.nodes) assert.doesNotMatch(node.log.slice(began.get(node)), /link to .* ended/);
  await third.restart();
  await cluster.waitUntilComplete();
  await assertWorking(cluster);
});

scenario('garbage on a port with TLS', async (world) => {
  const { cluster } = await start(world, 2, { 'cluster-handshake-timeout': '1s' });
  const [node] = cluster.nodes;
  const record = (/** @type {number} */ size) => Buffer.concat([Buffer.from([22, 3, 1, size >> 8, size & 255, 1, 0]), randomBytes(size)]);
  /** @type {[string, (string | Buffer)[]][]} */
  const attacks = [
    ['an HTTP request', ['GET / HTTP/1.1\r\nHost: x\r\n\r\n']],
    ['random bytes', [Buffer.concat([Buffer.from([0]), randomBytes(100_000)])]],
    ['zeros', [Buffer.alloc(10_000)]],
    ['a record of garbage', [record(500)]],
    ['an endless handshake', Array.from({ length: 100 }, () => record(16_000))],
    ['half a hello', [record(500).subarray(0, 100)]],
    ['silence', []],
  ];
  for (const [what, bytes] of attacks) await assertRefused(node, what, bytes);
  await assertWorking(cluster);
});

scenario('a node does not start with files of no use, and says what to do', async (world) => {
  const cluster = await TroupeCluster.create(1);
  world.atEnd(() => cluster.dispose());
  const authority = new Authority(/** @type {string} */ (cluster.folder));
  const flags = authority.flags('a', { hosts: 'DNS:a.example.org' });
  const words = ['serve', '--data', cluster.nodes[0].data, '--cluster', '127.0.0.1:0', ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])];
  const program = new Program(words, {});
  assert.equal((await program.wait()).code, 1);
  assert.match(program.log, /error: cluster\.tls_certificate: .* does not name 127\.0\.0\.1, where other nodes reach this one\n {2}remedy: give it the subjectAltName IP:/);
});
