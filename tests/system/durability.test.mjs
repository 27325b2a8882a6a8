// What was acknowledged is there, whatever happens to the process: exactly once, in order, without gaps.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../support/wait.mjs';
import { faultsOf } from '../support/writer.mjs';
import { chat, stroke } from '../support/canvas.mjs';
import { randomNumbers, scenario } from './scenario.mjs';

const topic = 'canvas/lobby';
const KILLS = 8;

/**
 * Clients that write to a node until told otherwise.
 * @param {import('./scenario.mjs').World} world
 * @param {import('../support/node.mjs').TroupeNode} node
 */
const writersTo = (world, node, names = ['ada', 'bob', 'eve']) => names.map((name) => world.writer({
  name, topic, addresses: () => [node.http],
  data: (number) => (number % 3 === 0 ? stroke(`${name}-${number}`, 1 + (number % 200)) : chat(`${number}`, name)),
}));

scenario(`kill -9 in the middle of a load, ${KILLS} times`, async (world) => {
  const seed = Number(process.env.TROUPE_SEED ?? Date.now() % 1_000_000_000);
  console.log(`the moments of the kills come from TROUPE_SEED=${seed}`);
  const random = randomNumbers(seed);
  const node = await world.node();
  const writers = writersTo(world, node);
  const acknowledged = () => writers.reduce((sum, writer) => sum + writer.acknowledged.size, 0);
  const { epoch } = await node.digest(topic);
  for (let round = 1; round <= KILLS; ++round) {
    // At a random moment of the load: some events after the last restart, and some milliseconds more.
    const goal = acknowledged() + random(600);
    await until(`the load of round ${round}`, () => acknowledged() > goal, { every: 1 });
    await pause(random(20));  // poll: until a moment that nothing else names
    await node.kill();
    await node.start();
  }
  await Promise.all(writers.map((writer) => writer.finish()));

  const events = await node.events(topic);
  assert.deepEqual(faultsOf(events, writers), [], `seed ${seed}`);
  assert.deepEqual(events.map((event) => event.key).sort(), writers.flatMap((writer) => writer.written).sort(), 'all that was written, and nothing else');
  const reader = await world.client(node);
  const joined = await reader.join(topic, { after: { epoch, seq: events.length - 100 } });
  assert.equal(joined.recovered, true, 'the document is the one of the beginning');
  await reader.waitForSeq(topic, events.length);
  for (const writer of writers) assert.ok(writer.connections > KILLS, `${writer.name} went through each kill`);
});

scenario('SIGTERM in the middle of a load loses nothing and exits with 0', async (world) => {
  const node = await world.node();
  const writers = writersTo(world, node);
  for (let round = 1; round <= 3; ++round) {
    const goal = writers[0].acknowledged.size + 100;
    await until(`the load of round ${round}`, () => writers[0].acknowledged.size > goal, { every: 1 });
    await node.stop();
    await node.start();
  }
  await Promise.all(writers.map((writer) => writer.finish()));
  assert.deepEqual(faultsOf(await node.events(topic), writers), []);
});

scenario('a document with a saved snapshot opens again, and its digest is the same', async (world) => {
  // Small, so that the owner saves snapshots while it is written.
  const node = await world.node({ flags: { 'document-snapshot-bytes-min': '1 KiB', 'document-keys-max': '1000' } });
  const [writer] = writersTo(world, node, ['ada']);
  await until('some load', () => writer.acknowledged.size > 500);
  await writer.finish();
  const before = await node.digest(topic);
  await node.kill();
  await node.start();
  assert.deepEqual(await node.digest(topic), before);
  const [key, seq] = [...writer.acknowledged][10];
  assert.deepEqual((await node.post(topic, chat('again'), key)).json.seq, seq, 'keys from before the snapshot are remembered');
  assert.deepEqual(faultsOf(await node.events(topic), [writer]), []);
});
