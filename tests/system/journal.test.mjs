// `troupe journal`: all documents as a file, from one engine to another.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/node.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { Program } from '../support/program.mjs';
import { scenario } from './scenario.mjs';

const topics = ['canvas/lobby', 'canvas/attic'];

/** @param {string[]} words */
async function journal(...words) {
  const program = new Program(['journal', ...words]);
  const { code } = await program.wait();
  return { code, output: program.output, log: program.log };
}

/** @param {import('../support/node.mjs').TroupeNode} node */
const digests = (node) => Promise.all(topics.map(async (topic) => {
  const { epoch, seq, hash } = await node.digest(topic);
  return { epoch, seq, hash };
}));

scenario('documents move from RocksDB to PostgreSQL and back, with their epochs', async (world) => {
  const server = await startPostgres();
  world.atEnd(() => server.dispose());
  const folder = temporaryFolder();
  const postgres = ['--journal-engine', 'postgres', '--journal-connection', server.connection];
  const node = await world.node({ name: 'rocksdb' });
  for (const topic of topics) {
    for (let number = 1; number <= 20; ++number) await node.post(topic, { type: 'chat', name: 'ada', text: `${topic} ${number} äöü` }, `key-${number}`);
  }
  const before = await digests(node);
  const archive = join(folder, 'archive');
  const inUse = await journal('export', archive, '--data', node.data);
  assert.equal(inUse.code, 1);
  assert.match(inUse.log, /another troupe process uses/);
  assert.equal(existsSync(archive), false);
  await node.stop();

  assert.equal((await journal('verify', '--data', node.data)).output, '2 documents, 40 events: all whole\n');
  assert.equal((await journal('export', archive, '--data', node.data)).output, `2 documents, 40 events: written to ${archive}\n`);
  assert.equal(statSync(archive).mode & 0o077, 0, 'nobody else may read it');
  assert.equal(existsSync(`${archive}.new`), false);
  assert.equal((await journal('verify', archive)).output, '2 documents, 40 events: all whole\n');

  assert.equal((await journal('import', archive, ...postgres)).code, 0);
  const moved = await world.node({ name: 'postgres', flags: { 'journal-engine': 'postgres', 'journal-connection': server.connection } });
  assert.deepEqual(await digests(moved), before);
  assert.equal((await moved.post(topics[0], { type: 'chat', name: 'ada', text: 'again' }, 'key-7')).json.seq, 7, 'keys are remembered');
  assert.equal((await moved.post(topics[0], { type: 'chat', name: 'eve', text: 'new' }, 'key-new')).json.seq, 21);

  // While the node runs: a database has room for both.
  const second = join(folder, 'second');
  assert.equal((await journal('export', second, ...postgres)).output, `2 documents, 41 events: written to ${second}\n`);
  const back = await world.node({ name: 'back', data: await imported(second, folder) });
  assert.deepEqual(await digests(back), await digests(moved));
});

/** @param {string} archive @param {string} folder */
async function imported(archive, folder) {
  const data = join(folder, 'data');
  assert.equal((await journal('import', archive, '--data', data)).code, 0);
  return data;
}

scenario('what cannot be done is refused before anything is written', async (world) => {
  const folder = temporaryFolder();
  const node = await world.node();
  await node.post(topics[0], { type: 'chat', name: 'ada', text: 'hello' });
  await node.stop();
  const archive = join(folder, 'archive');
  await journal('export', archive, '--data', node.data);

  const full = await journal('import', archive, '--data', node.data);
  assert.equal(full.code, 1);
  assert.match(full.log, /the journal has documents already; import into an empty one/);

  const damaged = join(folder, 'damaged');
  writeFileSync(damaged, readFileSync(archive, 'utf8').replace('hello', 'hellö'));
  const data = join(folder, 'new');
  const refused = await journal('import', damaged, '--data', data);
  assert.equal(refused.code, 1);
  assert.match(refused.log, /corrupt: line 4 of the archive: the checksum of stream canvas\/lobby does not match/);
  assert.equal((await journal('verify', '--data', data)).output, '0 documents, 0 events: all whole\n');
  assert.equal((await journal('verify', damaged)).code, 1);

  const nowhere = await journal('verify', '--data', join(folder, 'nowhere'));
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.log, /there is no journal in/);
  assert.equal(existsSync(join(folder, 'nowhere')), false);
  assert.equal((await journal('export', join(folder, 'no/such/folder'), '--data', node.data)).code, 1);
});
