// Documents that move: where the nodes share a journal, those who are there own the documents, and clients hardly notice when one goes.

import assert from 'node:assert/strict';
import { startPostgres } from '../support/postgres.mjs';
import { Program } from '../support/program.mjs';
import { until } from '../support/wait.mjs';
import { faultsOf } from '../support/writer.mjs';
import { scenario } from './scenario.mjs';

const TOPICS = Array.from({ length: 12 }, (_, number) => `canvas/room-${number}`);
/** Without an acknowledgement: while an owner stops in good order; and after its kill -9, which has to be noticed first. */
const STOP_MS_MAX = 500;
const KILL_MS_MAX = 3_000;

/** @param {import('./scenario.mjs').World} world @param {number} nodes */
async function start(world, nodes) {
  const server = await startPostgres();
  world.atEnd(() => server.dispose());
  const flags = { 'journal-engine': 'postgres', 'journal-connection': server.connection };
  return world.cluster(nodes, { flags, env: world.ownSockets() });
}

/** Who owns what, as this node sees it. @param {import('../support/node.mjs').TroupeNode} node @param {string[]} words */
async function ctl(node, ...words) {
  const program = new Program(['ctl', ...words, '--node', node.name], { env: node.env });
  const { code } = await program.wait();
  assert.equal(code, 0, program.log);
  return program.output;
}

/** @param {import('../support/node.mjs').TroupeNode} node @param {string} topic */
const ownerOf = async (node, topic) => /: (\S+) owns it/.exec(await ctl(node, 'where', topic))?.[1];

/** A writer for each topic, on one of these nodes. @param {import('./scenario.mjs').World} world @param {import('../support/node.mjs').TroupeNode[]} nodes */
async function load(world, nodes) {
  const writers = TOPICS.map((topic, index) =>
    world.writer({ name: `w${index}`, topic, inFlight: 4, addresses: () => [nodes[index % nodes.length].http] }));
  await until('a load on each document', () => writers.every((writer) => writer.acknowledged.size > 20), { every: 5 });
  for (const writer of writers) writer.silence = 0;
  return writers;
}

/** @param {import('../support/writer.mjs').RetryingWriter[]} writers @param {import('../support/node.mjs').TroupeNode} node */
async function checkAll(writers, node) {
  await Promise.all(writers.map((writer) => writer.finish()));
  for (const writer of writers) assert.deepEqual(faultsOf(await node.events(writer.topic), [writer]), []);
}

scenario('an owner stops in good order, and nobody who writes is told', async (world) => {
  const { nodes } = await start(world, 3);
  const [a, b, c] = nodes;
  const owners = await Promise.all(TOPICS.map((topic) => ownerOf(b, topic)));
  assert.equal(new Set(owners).size, 3, `each owns some: ${owners}`);
  assert.match(await ctl(a, 'owners'), /^owner +partitions +state +zone\na +\d+ +here\s+b +\d+ +up\s+c +\d+ +up/m);
  const writers = await load(world, [b, c]);
  await a.stop();
  await until('a load without a', () => writers.every((writer) => writer.acknowledged.size > 100), { every: 5 });
  const silences = writers.map((writer) => Math.round(writer.silence));
  console.log(`an owner stopped: at most ${Math.max(...silences)} ms without an acknowledgement on a document`);
  assert.ok(Math.max(...silences) < STOP_MS_MAX, `${silences} ms`);
  assert.deepEqual(writers.map((writer) => writer.refusals), writers.map(() => 0));
  assert.deepEqual(writers.map((writer) => writer.connections), writers.map(() => 1));
  for (const topic of TOPICS) assert.notEqual(await ownerOf(b, topic), 'a');
  await checkAll(writers, c);
});

scenario('kill -9 of an owner, and its documents go on elsewhere', async (world) => {
  const { nodes } = await start(world, 3);
  const [a, b, c] = nodes;
  const writers = await load(world, [b, c]);
  await a.kill();
  const lost = TOPICS.length;
  await until('a load without a', () => writers.filter((writer) => writer.silence > 0 && writer.acknowledged.size > 100).length === lost, { every: 5 });
  const silences = writers.map((writer) => Math.round(writer.silence));
  console.log(`an owner was killed: at most ${Math.max(...silences)} ms without an acknowledgement on a document`);
  assert.ok(Math.max(...silences) < KILL_MS_MAX, `${silences} ms`);
  assert.ok(Math.max(...silences) > STOP_MS_MAX, 'a owned one of them');
  await a.start();
  await until('a owns some again', async () => (await Promise.all(TOPICS.map((topic) => ownerOf(b, topic)))).includes('a'));
  await checkAll(writers, a);
});
