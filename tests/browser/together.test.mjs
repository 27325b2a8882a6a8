// Three nodes: what people draw at the same time on different nodes is one picture.

import assert from 'node:assert/strict';
import { scene, waitUntilSamePicture } from './scene.mjs';

const TOPIC = 'canvas/harbour';
const STROKES = 8;

/** Lines from left to right, one below the other. @param {number} from @param {number} to @returns {[number, number][][]} */
const lines = (from, to) =>
  Array.from({ length: STROKES }, (_, index) => [[from, 80 + index * 100], [(from + to) / 2, 140 + index * 100], [to, 80 + index * 100]]);

scene('two browsers on two nodes draw at the same time, and a late one on the third sees it all', async (stage) => {
  const cluster = await stage.cluster(3);
  const [a, b, c] = cluster.nodes;
  const ada = await stage.visitor('Ada', a, TOPIC);
  const noor = await stage.visitor('Noor', b, TOPIC);
  assert.deepEqual([(await ada.state()).node, (await noor.state()).node], ['a', 'b']);
  await ada.waitFor('two people', ({ people }) => people.length === 2);

  const drawAll = async (/** @type {import('./visitor.mjs').Visitor} */ visitor, /** @type {[number, number][][]} */ strokes) => {
    for (const points of strokes) await visitor.draw(...points);
  };
  // The strokes cross each other in the middle, so that the picture depends on their order.
  await Promise.all([
    noor.button('Red (7)').click().then(() => drawAll(noor, lines(1500, 600))),
    ada.button('Blue (2)').click().then(() => drawAll(ada, lines(100, 1000))),
  ]);
  for (const visitor of [ada, noor]) await visitor.waitFor('all strokes', ({ seq }) => seq === 2 * STROKES);
  const picture = await waitUntilSamePicture([ada, noor]);
  assert.equal(await ada.screenHash(), await noor.screenHash());

  const mila = await stage.visitor('Mila', c, TOPIC);
  assert.equal((await mila.state()).node, 'c');
  assert.equal(await mila.pixelHash(), picture);
  assert.equal(await mila.screenHash(), await ada.screenHash());

  const digest = await cluster.waitUntilEqual(TOPIC, { seq: 2 * STROKES });
  assert.equal(digest.seq, 2 * STROKES);
  const keys = new Set((await c.events(TOPIC)).map(({ key }) => key));
  assert.equal(keys.size, 2 * STROKES);
});
