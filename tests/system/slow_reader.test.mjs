// Clients that do not read cost the node a bounded queue and nothing else; those that read do not notice them.

import assert from 'node:assert/strict';
import { clear, stroke } from '../support/canvas.mjs';
import { inTime } from '../support/wait.mjs';
import { scenario } from './scenario.mjs';

const topic = 'canvas/lobby';
const MIB = 1 << 20;

/** So many large strokes, which do not stay. @param {import('../support/node.mjs').TroupeNode} node @param {number} strokes */
async function drawAndClear(node, strokes) {
  await Promise.all(Array.from({ length: strokes }, () => node.post(topic, stroke('large', 2000))));
  await node.post(topic, clear());
}

scenario('clients that never read are closed with 4001, and memory stays bounded', async (world) => {
  const node = await world.node();
  const reader = await world.client(node);
  await reader.join(topic);
  const deaf = await Promise.all(Array.from({ length: 20 }, () => world.client(node)));
  for (const client of deaf) {
    await client.join(topic);
    client.socket.socket.pause();
  }
  const before = node.program?.memoryBytes() ?? 0;
  let peak = before;
  const large = stroke('large', 2000);
  const bytes = JSON.stringify(large).length;
  let sent = 0;
  const closed = () => node.metric('troupe_gateway_slow_readers_total');
  // Until their queues and the buffers of the system are full; the drawing itself stays small.
  for (let round = 0; (await closed()) < deaf.length; ++round) {
    assert.ok(sent < 100 * MIB, 'their queues have no bound');
    await Promise.all(Array.from({ length: 50 }, (_, n) => reader.send(topic, large, `${round}-${n}`)));
    await reader.send(topic, clear(), `${round}-clear`);
    sent += 50 * bytes;
    peak = Math.max(peak, node.program?.memoryBytes() ?? 0);
  }
  // 20 queues of 8 MiB share most of what waits, and the journal has its buffers.
  assert.ok(peak - before < 250 * MIB, `memory grew by ${Math.round((peak - before) / MIB)} MiB`);
  console.log(`20 deaf clients and ${Math.round(sent / MIB)} MiB: memory grew by ${Math.round((peak - before) / MIB)} MiB`);

  const { seq } = await node.digest(topic);
  await reader.waitForSeq(topic, seq);
  for (const client of deaf) client.socket.socket.resume();
  for (const client of deaf) await inTime('the end of a deaf client', client.closed);
});

scenario('a slow reader that reads again in time learns why it was closed', async (world) => {
  const node = await world.node({
    flags: { 'session-queue-bytes-max': '1 MiB', 'document-recent-bytes-max': '256 KiB', 'gateway-close-timeout': '20s' },
  });
  const slow = await world.client(node);
  const { epoch } = await slow.join(topic);
  slow.socket.socket.pause();
  while ((await node.metric('troupe_gateway_slow_readers_total')) === 0) {
    await drawAndClear(node, 20);
  }
  slow.socket.socket.resume();
  assert.deepEqual(await inTime('the close', slow.closed), { code: 4001, reason: 'slow_reader' });
  // What it had is in order, and it can go on from there.
  slow.check();
  const again = await world.client(node);
  const { seq } = slow.topic(topic).position;
  await again.join(topic, { after: { epoch, seq } });
  await again.waitForSeq(topic, (await node.digest(topic)).seq);
});

scenario('a client that lacks much more than its queue holds gets it as it reads', async (world) => {
  const node = await world.node();
  const { epoch } = await node.digest(topic);
  for (let n = 0; n < 30; ++n) await drawAndClear(node, 40);
  const { seq } = await node.digest(topic);

  const quick = await world.client(node);
  assert.equal((await quick.join(topic, { after: { epoch, seq: 0 } })).recovered, true);
  await quick.waitForSeq(topic, seq);

  // One whose network is slow: 64 KiB each 5 ms.
  const slow = await world.client(node);
  const { socket } = slow.socket;
  socket.on('data', () => socket.pause());
  const sip = setInterval(() => socket.resume(), 5);
  world.atEnd(() => clearInterval(sip));
  assert.equal((await slow.join(topic, { after: { epoch, seq: 0 } })).recovered, true);
  await slow.waitForSeq(topic, seq);
  assert.equal(await node.metric('troupe_gateway_slow_readers_total'), 0);
});
