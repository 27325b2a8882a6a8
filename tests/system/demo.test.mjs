// `troupe demo`, as somebody who tries Troupe sees it.

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { chat, stroke } from '../support/canvas.mjs';
import { http } from '../support/http.mjs';
import { temporaryFolder } from '../support/node.mjs';
import { freePorts } from '../support/ports.mjs';
import { Program } from '../support/program.mjs';
import { until } from '../support/wait.mjs';
import { scenario } from './scenario.mjs';

const topic = 'canvas/lobby';
const EVENTS = `/api/v1/documents/${topic}/events`;

/**
 * A demo with a folder of its own.
 * @param {import('./scenario.mjs').World} world
 * @param {string[]} words
 * @param {string} [data]
 */
function demo(world, words, data) {
  const folder = data ?? temporaryFolder();
  const program = new Program(['demo', '--no-browser', '--data', folder, ...words]);
  world.atEnd(async () => {
    await program.kill();
    if (!data) rmSync(folder, { recursive: true, force: true });
  });
  return Object.assign(program, { folder });
}

/** The processes of the nodes, by name, as the table shows them last. @param {Program} program */
function processesOf(program) {
  /** @type {Map<string, number>} */
  const processes = new Map();
  for (const [, name, pid] of program.output.matchAll(/^([a-z]) +(\d+|-) +http/gm)) {
    if (pid === '-') processes.delete(name);
    else processes.set(name, Number(pid));
  }
  return processes;
}

/** @param {number} pid */
const isAlive = (pid) => existsSync(`/proc/${pid}`);

scenario('one node: the drawing survives kill -9', async (world) => {
  const first = demo(world, ['--http-port', '0']);
  const [, address] = await first.waitForOutput(/^ready name=demo http=(\S+)/m);
  assert.match(first.output, new RegExp(`http://${address}/canvas/lobby`));
  assert.equal((await http(address, EVENTS, { body: { data: stroke('s1', 100) } })).status, 201);
  await first.kill();
  const second = demo(world, ['--http-port', '0'], first.folder);
  const [, again] = await second.waitForOutput(/^ready name=demo http=(\S+)/m);
  assert.deepEqual((await http(again, EVENTS)).json.events[0].data, stroke('s1', 100));
  second.signal('SIGINT');
  assert.deepEqual(await second.wait(), { code: 0, signal: null });
});

scenario('a port that is taken is explained', async (world) => {
  const first = demo(world, ['--http-port', '0']);
  const [, address] = await first.waitForOutput(/^ready name=demo http=(\S+)/m);
  const second = demo(world, ['--http-port', address.split(':')[1]]);
  assert.deepEqual(await second.wait(), { code: 1, signal: null });
  assert.match(second.log, /in use/);
  assert.match(second.log, /--http-port/);
});

scenario('three nodes: a table of them, one drawing, and Ctrl-C stops all', async (world) => {
  const [http0] = await freePorts(3, { adjacent: true });
  const [cluster0] = await freePorts(3, { adjacent: true });
  const program = demo(world, ['--nodes', '3', '--http-port', `${http0}`, '--cluster-port', `${cluster0}`]);
  const addresses = [0, 1, 2].map((n) => `127.0.0.1:${http0 + n}`);
  await program.waitForOutput(/^a .*up; sees b up, c up$/m);
  await program.waitForOutput(/^c .*up; sees a up, b up$/m);
  for (const address of addresses) assert.ok(program.output.includes(`http://${address}/canvas/lobby`));
  const processes = processesOf(program);
  assert.equal(processes.size, 3);

  for (const [n, address] of addresses.entries()) {
    assert.equal((await http(address, EVENTS, { body: { data: chat(`${n}`) } })).status, 201);
  }
  for (const address of addresses) {
    await until('all events at each node', async () => (await http(address, EVENTS)).json.events.length === 3);
  }

  // One is killed, which the table shows; it is started again.
  const killed = /** @type {number} */ (processes.get('b'));
  process.kill(killed, 'SIGKILL');
  await program.waitForOutput(/^b +- .*signal 9/m);
  await until('the node to be started again', () => ![undefined, killed].includes(processesOf(program).get('b')));
  await until('it to serve', async () => (await http(addresses[1], '/readyz')).status === 200);
  await until('its events', async () => (await http(addresses[1], EVENTS)).json.events.length === 3);

  const last = [...processesOf(program).values()];
  assert.equal(last.filter(isAlive).length, 3);
  program.signal('SIGINT');
  assert.deepEqual(await program.wait(30_000), { code: 0, signal: null });
  assert.deepEqual(last.filter(isAlive), []);
});

/** The demo's own PostgreSQL. @param {Program} program */
function databaseOf(program) {
  const [, pid, folder] = /** @type {RegExpMatchArray} */ (program.output.match(/PostgreSQL \(process (\d+), (\S+)\)/));
  return { pid: Number(pid), folder };
}

scenario('the drawings of several nodes go with the demo, or stay on the disks of the nodes', async (world) => {
  const [http0] = await freePorts(2, { adjacent: true });
  const [cluster0] = await freePorts(2, { adjacent: true });
  const words = ['--nodes', '2', '--http-port', `${http0}`, '--cluster-port', `${cluster0}`];
  const folder = temporaryFolder();
  world.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  for (const [journal, events] of /** @type {[string, number][]} */ ([['postgres', 1], ['postgres', 1], ['rocksdb', 1], ['rocksdb', 2]])) {
    const program = demo(world, [...words, '--journal', journal], folder);
    await program.waitForOutput(/^b .*up; sees a up$/m);
    assert.equal((await http(`127.0.0.1:${http0}`, EVENTS, { body: { data: chat('x') } })).status, 201);
    assert.equal((await http(`127.0.0.1:${http0}`, EVENTS)).json.events.length, events, journal);
    const database = journal === 'postgres' ? databaseOf(program) : null;
    assert.equal(database === null || (isAlive(database.pid) && existsSync(database.folder)), true);
    program.signal('SIGINT');
    assert.deepEqual(await program.wait(30_000), { code: 0, signal: null });
    assert.equal(database !== null && (isAlive(database.pid) || existsSync(database.folder)), false, 'the database has ended and is gone');
  }
});

scenario('the nodes of a demo that is killed end with it', async (world) => {
  const [http0] = await freePorts(2, { adjacent: true });
  const [cluster0] = await freePorts(2, { adjacent: true });
  const program = demo(world, ['--nodes', '2', '--http-port', `${http0}`, '--cluster-port', `${cluster0}`]);
  await program.waitForOutput(/^b .*up; sees a up$/m);
  const processes = [...processesOf(program).values()];
  assert.equal(processes.filter(isAlive).length, 2);
  const database = databaseOf(program);
  world.atEnd(() => rmSync(database.folder, { recursive: true, force: true }));  // Nobody is there to do it.
  await program.kill();
  await until('the nodes and their database to end', () => ![...processes, database.pid].some(isAlive));
});
