// Documents in a PostgreSQL: they move to whoever owns them, and a database that is away, hangs or comes back is a matter of waiting.

import assert from 'node:assert/strict';
import { startPostgres } from '../support/postgres.mjs';
import { Program } from '../support/program.mjs';
import { until } from '../support/wait.mjs';
import { faultsOf } from '../support/writer.mjs';
import { scenario } from './scenario.mjs';

const topic = 'canvas/lobby';

/** @param {import('./scenario.mjs').World} world */
async function database(world) {
  const server = await startPostgres();
  world.atEnd(() => server.dispose());
  return server;
}

/** @param {import('../support/postgres.mjs').PostgresServer} server @param {Record<string, string>} [more] */
const flagsFor = (server, more = {}) => ({
  'journal-engine': 'postgres', 'journal-connection': server.connection, 'journal-answer-timeout': '500ms', ...more,
});

/** @param {import('../support/node.mjs').TroupeNode} node */
const readiness = async (node) => {
  const { status, body } = await node.get('/readyz');
  return `${status} ${body}`;
};

scenario('documents are where the database is, not on the disk of a node', async (world) => {
  const server = await database(world);
  const first = await world.node({ name: 'first', flags: flagsFor(server) });
  const { epoch } = await first.digest(topic);
  for (let number = 1; number <= 5; ++number) assert.equal((await first.post(topic, { type: 'chat', name: 'ada', text: `${number}` })).status, 201);
  await first.stop();
  const second = await world.node({ name: 'second', flags: flagsFor(server) });
  assert.deepEqual((await second.events(topic)).map((event) => event.data.text), ['1', '2', '3', '4', '5']);
  assert.equal((await second.digest(topic)).epoch, epoch);
});

scenario('kill -9 of the database in the middle of a load', async (world) => {
  const server = await database(world);
  const cluster = await world.cluster(2, { flags: flagsFor(server) });
  const [a, b] = cluster.nodes;
  const writers = ['ada', 'bob'].map((name, index) => world.writer({ name, topic, addresses: () => [cluster.nodes[index].http] }));
  const acknowledged = () => writers.reduce((sum, writer) => sum + writer.acknowledged.size, 0);
  for (let round = 1; round <= 3; ++round) {
    const goal = acknowledged() + 300;
    await until(`the load of round ${round}`, () => acknowledged() > goal, { every: 1 });
    await server.kill();
    await until('both nodes say why they are not ready', async () => {
      const said = await Promise.all([a, b].map(readiness));
      return said.every((text) => text.startsWith('503') && text.includes('the journal') && text.includes('PostgreSQL'));
    });
    const lost = acknowledged();
    assert.equal((await a.get(`/api/v1/documents/${topic}/digest`)).status, 200, 'readers go on');
    const refused = await a.post(topic, { type: 'chat', name: 'eve', text: 'nobody hears this' });
    assert.equal(refused.status, 503, refused.body);
    assert.equal(acknowledged(), lost, 'nothing is acknowledged without the database');
    await server.start();
    await until('both nodes are ready', async () => (await Promise.all([a, b].map(readiness))).every((text) => text.startsWith('200')));
  }
  await Promise.all(writers.map((writer) => writer.finish()));
  const events = (await a.events(topic)).filter((event) => event.data.name !== 'eve');
  assert.deepEqual(faultsOf(await a.events(topic), writers), []);
  assert.deepEqual(events.map((event) => event.key).sort(), writers.flatMap((writer) => writer.written).sort());
});

scenario('a database that hangs', async (world) => {
  const server = await database(world);
  const node = await world.node({ flags: flagsFor(server) });
  assert.equal((await node.post(topic, { type: 'chat', name: 'ada', text: 'before' })).status, 201);
  const reader = await world.client(node);
  await reader.join(topic);
  const thaw = await server.freeze();
  const began = Date.now();
  const refused = await node.post(topic, { type: 'chat', name: 'ada', text: 'meanwhile' }, 'the-key');
  assert.equal(refused.status, 503, refused.body);
  assert.ok(Date.now() - began < 5_000, 'the answer comes within its bound');
  await until('the node says why it is not ready', async () => (await readiness(node)).includes('has not answered yet'));
  assert.equal((await node.get(`/api/v1/documents/${topic}/digest`)).status, 200, 'readers go on');
  thaw();
  await until('it is acknowledged, once', async () => (await node.post(topic, { type: 'chat', name: 'ada', text: 'meanwhile' }, 'the-key')).status < 300);
  assert.deepEqual((await node.events(topic)).map((event) => event.data.text), ['before', 'meanwhile']);
  await until('the node is ready', async () => (await readiness(node)).startsWith('200'));
  await reader.waitForSeq(topic, 2);
});

scenario('what would lose acknowledged events with one machine is refused, unless it is wanted', async (world) => {
  const server = await database(world);
  /** @param {string[]} words */
  const run = async (...words) => {
    const program = new Program(words);
    const end = await program.wait();
    return { code: end.code, said: program.output + program.log };
  };
  const data = server.folder;
  const several = ['serve', '--data', data, '--cluster', '127.0.0.1:7400', '--join', '127.0.0.1:7401'];
  const lost = await run(...several);
  assert.equal(lost.code, 1);
  assert.match(lost.said, /keeps each on one machine: with that machine, acknowledged events would be lost\n {2}remedy: give journal.engine = "postgres", or say that/);
  const alone = await run('serve', '--data', data, '--journal-engine', 'postgres', '--journal-connection', server.connection);
  assert.equal(alone.code, 1);
  assert.match(alone.said, /has no synchronous standbys, so acknowledged events would be lost with its machine: set synchronous_standby_names, or say/);
  const checked = await run('check', '/dev/null', '--journal-engine', 'postgres', '--journal-connection', server.connection);
  assert.equal(checked.code, 1);
  assert.match(checked.said, /error: journal.connection: PostgreSQL at .* has no synchronous standbys/);
  const wanted = await run('check', '/dev/null', '--journal-durability', 'node', '--journal-engine', 'postgres', '--journal-connection', server.connection);
  assert.equal(wanted.code, 0, wanted.said);
  const secret = await run('check', '/dev/null', '--journal-engine', 'postgres', '--journal-connection', `${server.connection} password=geheim`);
  assert.equal(secret.code, 1);
  assert.doesNotMatch(secret.said, /geheim/);
});
