// A request is followed from the node that took it to the node that does the work, in the files of both.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chat } from '../support/canvas.mjs';
import { TroupeCluster } from '../support/cluster.mjs';
import { temporaryFolder } from '../support/node.mjs';
import { Program } from '../support/program.mjs';
import { until } from '../support/wait.mjs';
import { scenario } from './scenario.mjs';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const traceparent = `00-${TRACE}-${PARENT}-01`;

/** @typedef {{traceId: string, spanId: string, parentSpanId?: string, name: string, kind: number, startTimeUnixNano: string, endTimeUnixNano: string, attributes: {key: string, value: {stringValue?: string, intValue?: string}}[]}} Span */

/** Two nodes that write their spans. @param {import('./scenario.mjs').World} world */
async function tracedCluster(world) {
  const folder = temporaryFolder();
  const cluster = await TroupeCluster.create(2);
  world.atEnd(() => cluster.dispose());
  const file = (/** @type {{name: string}} */ node) => join(folder, `${node.name}.jsonl`);
  for (const node of cluster.nodes) Object.assign(node.flags, { 'trace-file': file(node), 'trace-gather': '1ms' });
  await cluster.startAll();
  return { cluster, file };
}

/** Each line must be a whole request of OTLP. @param {string} path @returns {Span[]} */
function spansIn(path) {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.flatMap((line) => JSON.parse(line).resourceSpans.flatMap((/** @type {any} */ resource) =>
    resource.scopeSpans.flatMap((/** @type {any} */ scope) => scope.spans)));
}

scenario('a request with a traceparent leaves spans in the files of both nodes', async (world) => {
  const { cluster, file } = await tracedCluster(world);
  const [a, b] = cluster.nodes;
  const topic = await cluster.topicOwnedBy(b);
  const before = BigInt(Date.now()) * 1_000_000n;
  const posted = await a.get(`/api/v1/documents/${topic}/events`, { body: { data: chat('hello') }, headers: { traceparent } });
  assert.equal(posted.status, 201, posted.body);

  const find = async (/** @type {import('../support/node.mjs').TroupeNode} */ node, /** @type {string} */ name) => {
    /** @type {Span | undefined} */
    let found;
    await until(`the span ${name} of node ${node.name}`, async () => (found = spansIn(file(node)).find((span) => span.name.includes(name))) !== undefined);
    return /** @type {Span} */ (found);
  };
  const request = await find(a, 'HTTP POST');
  const documents = await find(a, 'troupe.document.append');
  const owner = await find(b, 'troupe.document.owner_append');
  assert.deepEqual([request.traceId, request.parentSpanId, request.kind], [TRACE, PARENT, 2]);
  assert.equal(posted.headers.traceparent, `00-${TRACE}-${request.spanId}-01`);
  assert.deepEqual([documents.traceId, documents.parentSpanId], [TRACE, request.spanId]);
  assert.equal(owner.traceId, TRACE);

  // From the owner's turn, the parents lead back to the client, over the connection from a.
  const spans = [...spansIn(file(a)), ...spansIn(file(b))].filter((span) => span.traceId === TRACE);
  const above = (/** @type {Span} */ span) => spans.find((other) => other.spanId === span.parentSpanId);
  const peers = [];
  let top = owner;
  for (let next = above(top); next; next = above(top)) {
    peers.push(...top.attributes.filter(({ key }) => key === 'troupe.peer').map(({ value }) => value.stringValue));
    top = next;
  }
  assert.equal(top.spanId, request.spanId);
  assert.deepEqual(peers, ['a']);
  assert.equal(new Set(spans.map((span) => span.spanId)).size, spans.length);
  for (const span of spans) {
    assert.ok(BigInt(span.startTimeUnixNano) > before - 1_000_000_000n && BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano), JSON.stringify(span));
  }

  const shown = new Program(['ctl', 'trace', '--id', TRACE, file(a), file(b)]);
  world.atEnd(() => shown.kill());
  await shown.waitForOutput(/ b +\S*DocumentOwner troupe\.document\.owner_append/);
  assert.deepEqual(await shown.wait(), { code: 0, signal: null });
});

scenario('without a traceparent there is no span, unless requests are sampled', async (world) => {
  const { cluster, file } = await tracedCluster(world);
  const [a] = cluster.nodes;
  assert.equal((await a.get('/api/v1/cluster')).headers.traceparent, undefined);
  await a.stop();
  assert.deepEqual(spansIn(file(a)), []);
  a.flags['trace-sample'] = '1';
  await a.start();
  const answer = await a.get('/api/v1/cluster');
  await a.stop();  // Writes what waits.
  const request = spansIn(file(a)).find((span) => span.name === 'HTTP GET' && answer.headers.traceparent?.includes(span.spanId));
  assert.ok(request, answer.headers.traceparent?.toString());
  assert.equal(request.parentSpanId, undefined);
});
