// `troupe ctl` and /admin beside running nodes: what they show, and what they say when something is in the way.

import assert from 'node:assert/strict';
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chat } from '../support/canvas.mjs';
import { http } from '../support/http.mjs';
import { temporaryFolder } from '../support/node.mjs';
import { freePorts } from '../support/ports.mjs';
import { Program } from '../support/program.mjs';
import { until } from '../support/wait.mjs';
import { scenario } from './scenario.mjs';

const TOKEN = 'a token of the tests, which is long';

/** A folder of the test's own for sockets, and a file with the token. @param {import('./scenario.mjs').World} world */
function place(world) {
  const folder = temporaryFolder();
  world.atEnd(async () => rmSync(folder, { recursive: true, force: true }));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  return { folder, tokenFile, env: { TROUPE_RUNTIME_DIR: join(folder, 'sockets') } };
}

/**
 * Runs `troupe ctl` to its end.
 * @param {string[]} words
 * @param {Record<string, string>} [env]
 */
async function ctl(words, env = {}) {
  const program = new Program(['ctl', ...words], { env });
  const { code } = await program.wait();
  return { code, output: program.output, log: program.log };
}

scenario('ctl finds the node of this machine and shows its lanes', async (world) => {
  const { folder, env } = place(world);
  const cluster = await world.cluster(2, { env });
  const [a, b] = cluster.nodes;

  const several = await ctl(['lanes'], env);
  assert.equal(several.code, 1);
  assert.match(several.log, /several nodes run on this machine\n {2}remedy: choose one: --node a, --node b\n/);

  const table = await ctl(['lanes', '--node', 'a'], env);
  assert.equal(table.code, 0, table.log);
  const rows = table.output.trimEnd().split('\n');
  assert.match(rows[0], /^peer +channel +lane +shard +queue +messages +under way +window +waits +waited +round trip +p99 +dropped$/);
  assert.deepEqual(rows.slice(1).map((row) => row.split(/ +/).slice(0, 4)), [['b', 'control', '0', '0'], ['b', 'data', '0', '0']]);

  const { lanes } = JSON.parse((await ctl(['lanes', '--node', 'b', '--json'], env)).output);
  assert.deepEqual(lanes.map(({ peer, channel }) => [peer, channel]), [['a', 'control'], ['a', 'data']]);

  await until('traffic in top', async () => {
    for (let i = 0; i < 20; ++i) await a.post('canvas/ctl', chat(`line ${i}`), `${Date.now()}-${i}`);
    await b.events('canvas/ctl');
    const { output } = await ctl(['top', '--once', '--node', 'a'], env);
    const [sent] = output.match(/(?<=^b +data +0 +0 +)\d+/m) ?? [];
    return Number(sent) > 0;
  });
  await until('a round trip', async () => JSON.parse((await ctl(['lanes', '--node', 'a', '--json'], env)).output).lanes[1].round_trip_us.newest > 0);

  const sockets = readdirSync(join(folder, 'sockets'));
  assert.equal(sockets.length, 2);
  for (const name of sockets) assert.equal(statSync(join(folder, 'sockets', name)).mode & 0o777, 0o600);
  await b.kill();
  assert.equal(readdirSync(join(folder, 'sockets')).length, 2, 'kill -9 leaves the socket');
  assert.equal((await ctl(['lanes'], env)).code, 0, 'which is not mistaken for a node');
  await until('the lanes to go', async () => /no lanes/.test((await ctl(['lanes'], env)).output));
  await b.start();
  assert.equal(readdirSync(join(folder, 'sockets')).length, 2, 'and is cleared by the next start');
  await cluster.stop();
  assert.deepEqual(readdirSync(join(folder, 'sockets')), []);
});

scenario('ctl asks by HTTP with the token', async (world) => {
  const { folder, tokenFile } = place(world);
  const node = await world.node({ flags: { 'admin-token-file': tokenFile, 'admin-socket': '', 'admin-attempts-max': '3' } });
  const at = ['lanes', '--http', node.http];

  assert.match((await ctl([...at, '--token-file', tokenFile])).output, /no lanes: the node is linked with no other/);
  assert.equal((await ctl(at, { TROUPE_TOKEN: TOKEN })).code, 0);
  const none = await ctl(at);
  assert.equal(none.code, 1);
  assert.match(none.log, /wants a token\n {2}remedy: give the node's own \(admin.token_file\) with --token-file FILE or the variable TROUPE_TOKEN/);
  for (let i = 0; i < 3; ++i) assert.match((await ctl(at, { TROUPE_TOKEN: 'guess' })).log, /has another token/);
  assert.match((await ctl(at, { TROUPE_TOKEN: TOKEN })).log, /too many wrong tokens came from this address\n {2}remedy: wait a minute/);
  assert.equal(await node.metric('troupe_admin_refused_total', { reason: 'wrong_token' }), 3);
  assert.match((await ctl([...at, '--token-file', join(folder, 'nothing')])).log, /cannot be read: No such file/);
  assert.doesNotMatch(node.log, new RegExp(TOKEN));
});

scenario('a node without a token shows nothing on its port', async (world) => {
  const node = await world.node({ flags: { 'admin-socket': '' } });
  for (const path of ['/admin', '/admin/api/lanes']) assert.equal((await node.get(path)).status, 404);
  const refused = await ctl(['lanes', '--http', node.http], { TROUPE_TOKEN: 'guess' });
  assert.equal(refused.code, 1);
  assert.match(refused.log, /does not open its admin API there\n {2}remedy: set admin.token_file/);
});

scenario('ctl says why there is nobody', async (world) => {
  const { folder, env } = place(world);
  const nobody = await ctl(['lanes'], env);
  assert.match(nobody.log, /no node of this user runs on this machine\n {2}remedy: start one/);
  assert.match((await ctl(['lanes', '--node', 'nobody-has-this-name'], env)).log, /no node 'nobody-has-this-name' of this user runs here/);
  assert.match((await ctl(['top', '--socket', join(folder, 'nothing')])).log, /there is no socket at .*nothing\n {2}remedy: start the node/);
  const [port] = await freePorts(1);
  assert.match((await ctl(['top', '--http', `127.0.0.1:${port}`])).log, /nobody answers at .*\n {2}remedy: give the HTTP address of a running node/);
  const wrong = await ctl(['lanes', '--token-file', 'x']);
  assert.notEqual(wrong.code, 0, '--token-file is of no use without --http');
});

scenario('a socket of somebody else cannot be opened', async (world) => {
  const { folder } = place(world);
  const socket = join(folder, 'a.socket');
  await world.node({ flags: { 'admin-socket': socket } });
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  assert.equal((await ctl(['lanes', '--socket', socket])).code, 0);
  if (process.getuid?.() !== 0) return;  // Only root can become somebody else.
  chmodSync(folder, 0o755);
  const other = new Program(['ctl', 'lanes', '--socket', socket], { prefix: ['setpriv', '--reuid', '65534', '--clear-groups'] });
  assert.equal((await other.wait()).code, 1);
  assert.match(other.log, /belongs to another user\n {2}remedy: run this as the user that runs the node/);
});

scenario('a demo opens /admin when it is told to', async (world) => {
  const { folder, env } = place(world);
  const [port] = await freePorts(1);
  const program = new Program(['demo', '--no-browser', '--admin', '--data', join(folder, 'data'), '--http-port', String(port)], { env });
  world.atEnd(async () => program.kill());
  const [, address, token] = await program.waitForOutput(/http:\/\/(\S+)\/admin#token=([0-9a-f]{32})\n/);
  assert.equal((await http(address, '/admin/api/node')).status, 401);
  const answer = await http(address, '/admin/api/node', { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.json.name, 'demo');
  assert.equal(statSync(join(folder, 'data', 'demo-admin-token')).mode & 0o777, 0o600);
  assert.equal((await ctl(['lanes'], env)).code, 0, 'and ctl finds it without a flag');
});
