// The loss of the database's primary, line by line of docs/durability.md: a primary with two standbys, of which one has to have each commit.

import assert from 'node:assert/strict';
import { PostgresServer } from '../support/postgres.mjs';
import { until } from '../support/wait.mjs';
import { faultsOf } from '../support/writer.mjs';
import { scenario } from './scenario.mjs';

const topic = 'canvas/lobby';
const ANY_OF_THREE = 'ANY 1 (a, b, c)';
/** From the moment that the new primary takes writes, as its settings want them, to the first acknowledgement. */
const RESUME_MS_MAX = 1_000;

/**
 * A primary and two standbys that follow it.
 * @param {import('./scenario.mjs').World} world
 */
async function databases(world) {
  const servers = ['a', 'b', 'c'].map(() => new PostgresServer());
  for (const server of servers) world.atEnd(() => server.dispose());
  const [primary, ...standbys] = servers;
  await (await primary.create()).start();
  for (const [index, standby] of standbys.entries()) await (await standby.createStandby(primary, 'bc'[index])).start();
  await until('both standbys follow', async () => (await primary.query("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'")).length === 2);
  await primary.set('synchronous_standby_names', ANY_OF_THREE);
  return { primary, standbys };
}

/** @param {PostgresServer[]} servers @param {Record<string, string>} [more] */
const flagsFor = (servers, more = {}) => ({
  'journal-engine': 'postgres', 'journal-durability': 'cluster', 'journal-answer-timeout': '1s',
  'journal-connection': `host=${servers.map((server) => server.folder).join(',')} port=5432 user=troupe dbname=postgres`, ...more,
});

/** The standby that has the most of the log. @param {PostgresServer[]} standbys */
async function furthest(standbys) {
  const far = await Promise.all(standbys.map(async (standby) => BigInt(await standby.query("SELECT pg_last_wal_receive_lsn() - '0/0'::pg_lsn").then((rows) => rows[0]))));
  return far[0] >= far[1] ? standbys : [standbys[1], standbys[0]];
}

/** @param {import('../support/node.mjs').TroupeNode} node */
const readiness = async (node) => {
  const { status, body } = await node.get('/readyz');
  return `${status} ${body}`;
};

scenario('kill -9 of the primary, and its furthest standby is promoted', async (world) => {
  const { primary, standbys } = await databases(world);
  const cluster = await world.cluster(2, { flags: flagsFor([primary, ...standbys]) });
  const writers = ['ada', 'bob'].map((name, index) => world.writer({ name, topic, addresses: () => [cluster.nodes[index].http] }));
  const acknowledged = () => writers.reduce((sum, writer) => sum + writer.acknowledged.size, 0);
  await until('a load', () => acknowledged() > 500, { every: 1 });
  await primary.kill();
  const [next, other] = await furthest(standbys);
  await next.promote();
  await until('the nodes refuse to write where one machine has it all', async () =>
    (await Promise.all(cluster.nodes.map(readiness))).every((text) => text.startsWith('503') && text.includes('has no synchronous standbys')));
  await next.set('synchronous_standby_names', ANY_OF_THREE);
  await other.set('primary_conninfo', `host=${next.folder} port=5432 user=troupe application_name=${other === standbys[0] ? 'b' : 'c'}`);
  await until('the other standby follows the new primary', async () => (await next.query("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'")).length === 1, { every: 5 });
  const before = acknowledged();
  const promoted = Date.now();
  await until('an acknowledgement by the new primary', () => acknowledged() > before, { every: 1 });
  const silence = Date.now() - promoted;
  console.log(`acknowledged again ${silence} ms after the new primary and its standby were there`);
  assert.ok(silence < RESUME_MS_MAX, `${silence} ms`);
  await Promise.all(writers.map((writer) => writer.finish()));
  const events = await cluster.nodes[0].events(topic);
  assert.deepEqual(faultsOf(events, writers), []);
});
