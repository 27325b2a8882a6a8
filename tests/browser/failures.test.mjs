// Nodes are killed while people draw: nobody loses anything, and the page says how things are.

import assert from 'node:assert/strict';
import { until } from '../support/wait.mjs';
import { scene, waitUntilSamePicture } from './scene.mjs';

/** @typedef {import('./visitor.mjs').Visitor} Visitor */
/** @typedef {import('../support/node.mjs').TroupeNode} TroupeNode */

/** The ids of the strokes in the order of the document, each with the key of its event. @param {TroupeNode} node @param {string} topic */
async function storedStrokes(node, topic) {
  const events = (await node.events(topic)).filter(({ data }) => data.type === 'stroke');
  return { count: events.length, ids: new Set(events.map(({ data }) => data.id)), keys: new Set(events.map(({ key }) => key)) };
}

scene('a node that is not the owner is killed under its browser, which carries on through another', async (stage) => {
  const cluster = await stage.cluster(3);
  const [owner, victim, other] = cluster.nodes;
  const topic = await cluster.topicOwnedBy(owner);
  const ada = await stage.visitor('Ada', victim, topic);
  const noor = await stage.visitor('Noor', other, topic);
  await ada.draw([100, 100], [700, 100]);
  await ada.waitUntilSaved();

  await ada.beginStroke([100, 300], [700, 300]);
  await victim.kill();
  await ada.page.mouse.up();
  await ada.draw([100, 500], [700, 500]);
  await ada.waitFor('another node', ({ connected, node }) => connected && node !== victim.name);
  await ada.draw([100, 700], [700, 700]);
  await noor.waitFor('all strokes', ({ seq }) => seq === 5);  // The first event is the question who owns the topic.
  await waitUntilSamePicture([ada, noor]);
  assert.equal(await ada.banner(), '');

  const { count, ids, keys } = await storedStrokes(owner, topic);
  assert.deepEqual([count, ids.size, keys.size], [4, 4, 4]);
  await cluster.waitUntilEqual(topic, { seq: 5 });
});

scene('the owner is killed: pages say that they wait, drawing goes on, and all of it arrives once', async (stage) => {
  const cluster = await stage.cluster(3);
  const [owner, other] = cluster.nodes;
  const topic = await cluster.topicOwnedBy(owner);
  const ada = await stage.visitor('Ada', owner, topic);
  const noor = await stage.visitor('Noor', other, topic);
  await ada.draw([100, 100], [700, 100]);
  await noor.draw([900, 100], [1500, 100]);
  await noor.waitFor('both strokes', ({ seq }) => seq === 3);
  const before = await waitUntilSamePicture([ada, noor]);

  // In the middle of a stroke of each.
  await Promise.all([ada.beginStroke([100, 300], [700, 300]), noor.beginStroke([900, 300], [1500, 300])]);
  await owner.kill();
  await Promise.all([ada.page.mouse.up(), noor.page.mouse.up()]);
  for (const visitor of [ada, noor]) {
    await visitor.waitFor('that the owner is away', ({ connected, available }) => connected && !available);
    await until(`${visitor.name} to be told`, async () => (await visitor.banner()).startsWith('Waiting for the server that keeps this canvas'));
  }
  await ada.draw([100, 500], [700, 500]);
  await ada.draw([100, 700], [700, 700]);
  await noor.draw([900, 500], [1500, 500]);
  await noor.write('Is anybody there?');
  assert.deepEqual([(await ada.state()).pending, (await noor.state()).pending], [3, 3]);
  assert.ok(await ada.isPaintedAt([400, 700]), 'what is drawn is seen at once');
  assert.equal(await ada.pixelHash(), before, 'and is not confirmed');

  await owner.start();
  await cluster.waitUntilComplete();
  for (const visitor of [ada, noor]) {
    await visitor.waitFor('everything', ({ seq, pending }) => seq === 9 && pending === 0);
    await until(`${visitor.name} to be told no more`, async () => (await visitor.banner()) === '');
  }
  await waitUntilSamePicture([ada, noor]);
  const { count, ids, keys } = await storedStrokes(other, topic);
  assert.deepEqual([count, ids.size, keys.size], [7, 7, 7]);
  await cluster.waitUntilEqual(topic, { seq: 9 });
});
