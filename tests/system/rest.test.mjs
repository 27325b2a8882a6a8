// The REST half of docs/protocol.md: each request, each status.

import assert from 'node:assert/strict';
import { chat, clear, stroke } from '../support/canvas.mjs';
import { runningHash } from '../support/xxh3.mjs';
import { scenario } from './scenario.mjs';

const topic = 'canvas/lobby';
const path = `/api/v1/documents/${topic}`;

scenario('posted events come back page by page', async (world) => {
  const node = await world.node();
  const empty = await node.get(`${path}/events`);
  assert.equal(empty.status, 200);
  assert.match(empty.headers['content-type'] ?? '', /^application\/json/);
  const { epoch } = empty.json;
  assert.deepEqual(empty.json, { topic, epoch, seq: 0, events: [], more: false });

  for (let n = 1; n <= 120; ++n) {
    const posted = await node.post(topic, chat(`${n}`), `k${n}`);
    assert.deepEqual([posted.status, posted.json], [201, { epoch, seq: n }]);
  }
  const page = async (/** @type {string} */ query) => (await node.get(`${path}/events${query}`)).json;
  const seqs = (/** @type {any} */ answer) => answer.events.map((/** @type {any} */ event) => event.seq);
  const range = (/** @type {number} */ from, /** @type {number} */ to) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
  const first = await page('');
  assert.deepEqual([first.seq, first.more, seqs(first)], [120, true, range(1, 100)]);
  assert.deepEqual({ ...first.events[6], from: '' }, { seq: 7, key: 'k7', from: '', data: chat('7') });
  const rest = await page('?after=100');
  assert.deepEqual([rest.more, seqs(rest)], [false, range(101, 120)]);
  const some = await page('?limit=3&after=10&unknown=ignored');
  assert.deepEqual([some.more, seqs(some)], [true, [11, 12, 13]]);
  const last = await page('?after=119&limit=1');
  assert.deepEqual([last.more, seqs(last)], [false, [120]]);
  assert.deepEqual(await page('?after=120'), { topic, epoch, seq: 120, events: [], more: false });
  assert.deepEqual(seqs(await page('?after=500')), []);
  assert.equal((await page('?limit=1000')).events.length, 120);
});

scenario('a key makes a retry safe; without one each post counts', async (world) => {
  const node = await world.node();
  assert.equal((await node.post(topic, chat('a'), 'key')).status, 201);
  assert.equal((await node.post(topic, chat('a'), 'key')).status, 200);
  assert.deepEqual((await node.post(topic, chat('a'))).json.seq, 2);
  assert.deepEqual((await node.post(topic, chat('a'))).json.seq, 3);
  assert.equal((await node.post(topic, chat('a'), 'k'.repeat(128))).status, 201);
  assert.equal((await node.post(topic, chat('a'), 'k'.repeat(129))).status, 400);
  const events = await node.events(topic);
  assert.equal(new Set(events.map((event) => event.key)).size, 4);
});

scenario('wrong requests get their status and code', async (world) => {
  const node = await world.node();
  const big = JSON.stringify({ data: { text: 'x'.repeat(64 * 1024) } });
  /** @type {[number, string, string, Parameters<typeof node.get>[1]?][]} */
  const cases = [
    [400, 'bad_request', `${path}/events?after=-1`], [400, 'bad_request', `${path}/events?after=x`], [400, 'bad_request', `${path}/events?after=`],
    [400, 'bad_request', `${path}/events?limit=0`], [400, 'bad_request', `${path}/events?limit=1001`], [400, 'bad_request', `${path}/events?limit=1&limit=2`],
    [400, 'bad_request', `${path}/events`, { body: 'no json' }], [400, 'bad_request', `${path}/events`, { body: '{}' }],
    [400, 'bad_request', `${path}/events`, { body: '', method: 'POST' }], [400, 'bad_request', `${path}/events`, { body: '[{"data":1}]' }],
    [400, 'bad_request', '/api/v1/documents/canvas%2Flobby/events'], [400, 'bad_request', '/api/v1/documents/canvas/%zz/events'],
    [422, 'invalid_event', `${path}/events`, { body: { data: { type: 'unknown' } } }],
    [422, 'invalid_event', `${path}/events`, { body: { data: { ...stroke('s'), size: 101 } } }],
    [404, 'unknown_topic', '/api/v1/documents/nowhere/lobby/events'], [404, 'unknown_topic', '/api/v1/documents/nowhere/lobby/digest'],
    [404, 'unknown_topic', '/api/v1/documents/nowhere/lobby/events', { body: { data: 1 } }], [404, 'unknown_topic', '/api/v1/documents/canvas//x/events'],
    [413, 'too_large', `${path}/events`, { body: big }],
    [405, 'bad_request', `${path}/events`, { method: 'DELETE' }], [405, 'bad_request', `${path}/digest`, { body: {} }],
    [405, 'bad_request', '/api/v1/cluster', { body: {} }],
    [404, 'bad_request', '/api/v1/'], [404, 'bad_request', '/api/v1/documents'], [404, 'bad_request', `${path}/nothing`], [404, 'bad_request', '/api/v1/clusters'],
  ];
  for (const [status, code, target, options] of cases) {
    const answer = await node.get(target, options);
    assert.deepEqual([answer.status, answer.json?.error?.code], [status, code], `${target} ${JSON.stringify(options ?? '').slice(0, 80)}: ${answer.body}`);
    assert.ok(answer.json.error.message.length > 0);
  }
  assert.match((await node.get(`${path}/events`, { method: 'PUT' })).headers.allow ?? '', /GET.*POST/);
  assert.deepEqual(await node.events(topic), []);
});

scenario('a body has 1 MiB; one byte more is refused with 413', async (world) => {
  const node = await world.node();
  const body = (/** @type {number} */ bytes) => {
    const rest = JSON.stringify({ padding: '', data: chat('x') });
    return rest.replace('"padding":"', `"padding":"${'x'.repeat(bytes - rest.length)}`);
  };
  assert.equal((await node.get(`${path}/events`, { body: body(1 << 20) })).status, 201);
  const refused = await node.get(`${path}/events`, { body: body((1 << 20) + 1) });
  assert.deepEqual([refused.status, refused.json.error.code], [413, 'too_large']);
});

scenario('the digest is the running hash that the page describes', async (world) => {
  const node = await world.node();
  const before = await node.digest(topic);
  assert.deepEqual(before, { topic, node: 'a', epoch: before.epoch, seq: 0, hash: '0000000000000000' });
  // Short, middle and long inputs of the hash; text that is not ASCII; numbers that the server may write in another way than they came.
  const data = [clear(), chat('hello'), chat('grüße, 你好 🎭 "quoted" \\ \u0001'), stroke('a', 20), stroke('b', 60), stroke('c', 2000), chat('x'.repeat(500))];
  for (const [n, each] of data.entries()) assert.equal((await node.post(topic, each, `key-${n}-ä`)).status, 201);
  const events = await node.events(topic);
  assert.deepEqual(events.map((event) => event.data), data);
  assert.deepEqual(await node.digest(topic), { ...before, seq: data.length, hash: runningHash(events) });
  await node.kill();
  await node.restart();
  assert.deepEqual(await node.digest(topic), { ...before, seq: data.length, hash: runningHash(events) });
});

scenario('a node tells about itself', async (world) => {
  const node = await world.node({ name: 'solo', flags: { http: '127.0.0.1:0' } });
  assert.deepEqual([(await node.get('/livez')).status, (await node.get('/livez')).body.trim()], [200, 'ok']);
  assert.deepEqual([(await node.get('/readyz')).status, (await node.get('/readyz')).body.trim()], [200, 'ok']);
  const { json } = await node.get('/api/v1/cluster');
  assert.equal(json.node, 'solo');
  assert.deepEqual(json.members.map((/** @type {any} */ member) => [member.name, member.http, member.state]), [['solo', node.http, 'up']]);
  const [{ incarnation }] = json.members;

  await node.post(topic, chat('x'));
  const metrics = await node.get('/metrics');
  assert.match(metrics.headers['content-type'] ?? '', /^text\/plain/);
  assert.equal(await node.metric('troupe_document_events_total'), 1);
  assert.ok((await node.metric('troupe_http_requests_total', { status: '201' })) >= 1);
  for (const line of metrics.body.split('\n')) assert.match(line, /^(#.*|[a-zA-Z_:][\w:]*(\{.*\})? \S+|)$/);

  const head = await node.get('/livez', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body], [200, '']);
  assert.equal((await node.get(`${path}/events`)).headers['access-control-allow-origin'], '*');
  await node.restart();
  const [again] = await node.members();
  assert.ok(again.incarnation > incarnation, 'the incarnation grows at each start');
});
