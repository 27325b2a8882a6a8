// What one does with what was drawn: take back, move, write, bring the past back, take it home.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { until } from '../support/wait.mjs';
import { scene, waitUntilSamePicture } from './scene.mjs';
import { PHONE } from './visitor.mjs';

const TOPIC = 'canvas/studio';

/** @typedef {import('./visitor.mjs').Visitor} Visitor */

/** @param {Visitor} visitor @param {number} count */
const elements = (visitor, count) => visitor.waitFor(`${count} elements, stored`, (state) => state.elements === count && state.pending === 0);

scene('undo takes back the own strokes only, and redo brings them again', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, TOPIC);
  const noor = await stage.visitor('Noor', node, TOPIC);
  await ada.draw([100, 100], [700, 100]);
  await noor.draw([100, 300], [700, 300]);
  await ada.draw([100, 500], [700, 500]);
  await elements(noor, 3);
  const picture = await waitUntilSamePicture([ada, noor]);

  await ada.page.keyboard.press('Control+z');
  await ada.page.keyboard.press('Control+z');
  await elements(noor, 1);
  assert.ok(await noor.isPaintedAt([400, 300]), 'what Noor drew stays');
  assert.ok(!(await noor.isPaintedAt([400, 100])));
  assert.ok(await ada.button('Undo (Ctrl+Z)').isDisabled());

  await ada.page.keyboard.press('Control+Shift+z');
  await ada.button('Redo (Ctrl+Shift+Z)').click();
  await elements(noor, 3);
  assert.equal(await waitUntilSamePicture([ada, noor]), picture);
  await noor.reload();
  assert.equal(await noor.pixelHash(), picture, 'also for who comes later');
});

scene('a clear can be taken back', async (stage) => {
  const ada = await stage.visitor('Ada', await stage.node(), TOPIC);
  await ada.draw([100, 100], [700, 100]);
  await ada.draw([100, 300], [700, 300]);
  const picture = await waitUntilSamePicture([ada]);
  await ada.button('Clear canvas').click();
  await ada.page.getByRole('dialog').getByRole('button', { name: 'Clear canvas' }).click();
  await elements(ada, 0);
  await ada.button('Undo (Ctrl+Z)').click();
  await elements(ada, 2);
  assert.equal(await ada.pixelHash(), picture);
});

scene('lines are straight and texts can be written, corrected and removed', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, TOPIC);
  const noor = await stage.visitor('Noor', node, TOPIC);
  await ada.page.keyboard.press('l');
  await ada.draw([200, 800], [500, 600], [1000, 800]);
  await elements(noor, 1);
  const [{ data: line }] = await node.events(TOPIC);
  assert.deepEqual([line.type, line.points.length], ['stroke', 4]);
  assert.ok(await noor.isPaintedAt([600, 800]));

  await ada.page.keyboard.press('t');
  await ada.draw([300, 300]);
  await ada.page.keyboard.type('Harbor\nplan');
  await ada.page.keyboard.press('Escape');
  await elements(noor, 2);
  await ada.draw([310, 300]);
  const field = ada.page.getByLabel('Text on the canvas');
  assert.equal(await field.inputValue(), 'Harbor\nplan', 'a click on a text goes on with it');
  await field.fill('Harbour');
  await ada.draw([1400, 100]);
  await until('the field to close', async () => !(await field.isVisible()));
  await ada.waitUntilSaved();
  const texts = (await node.events(TOPIC)).map(({ data }) => data.text).filter(Boolean);
  assert.deepEqual(texts, ['Harbor\nplan', 'Harbour']);
  await waitUntilSamePicture([ada, noor]);

  await ada.draw([310, 300]);
  await field.fill('');
  await ada.page.keyboard.press('Escape');
  await elements(noor, 1);
});

scene('things are selected, moved by hand and by keys, coloured, copied and deleted', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, TOPIC);
  const noor = await stage.visitor('Noor', node, TOPIC);
  await ada.draw([200, 200], [400, 200]);
  await ada.draw([200, 600], [400, 600]);
  await ada.page.keyboard.press('v');

  await ada.draw([300, 200], [600, 300], [900, 300]);
  await until('the stroke at its new place', () => noor.isPaintedAt([900, 300]));
  assert.ok(!(await noor.isPaintedAt([300, 200])));
  await ada.page.keyboard.press('Shift+ArrowDown');
  await ada.page.keyboard.press('ArrowUp');
  await ada.waitUntilSaved();
  const moves = (await node.events(TOPIC)).map(({ data }) => data).filter(({ type }) => type === 'move');
  assert.deepEqual(moves.slice(1).map(({ dx, dy }) => [dx, dy]), [[0, 10], [0, -1]]);

  await ada.draw([100, 100], [1200, 800]);
  await ada.page.keyboard.press('7');
  await until('both in red', async () => (await noor.pixelAt([300, 600]))[0] === 224 && (await noor.pixelAt([900, 309]))[0] === 224);
  await ada.page.keyboard.press('Control+d');
  await elements(noor, 4);
  await ada.page.keyboard.press('Delete');
  await elements(noor, 2);
  await ada.page.keyboard.press('Control+a');
  await ada.button('Pen (P)').click();
  await ada.page.keyboard.press('Delete');
  await elements(noor, 2);
  await waitUntilSamePicture([ada, noor]);
});

scene('what is painted in parts looks like what is painted at once, also if there is very much of it', async (stage) => {
  const node = await stage.node();
  const color = (/** @type {number} */ n) => ['#1f6feb', '#e03131', '#2f9e44'][n % 3];
  const element = (/** @type {number} */ n) => ({ id: `s${n}`, color: color(n), size: 5, points: [n % 1600, (n * 7) % 1000, (n * 3) % 1600, (n * 5) % 1000] });
  for (let first = 0; first < 4_000; first += 500) {
    await node.post(TOPIC, { type: 'draw', elements: Array.from({ length: 500 }, (_, n) => element(first + n)) });
  }
  const ada = await stage.visitor('Ada', node, TOPIC);
  await ada.screenHash();
  await node.post(TOPIC, { type: 'delete', ids: ['s10', 's500'] });
  await node.post(TOPIC, { type: 'move', ids: ['s77', 's3999'], dx: 33.5, dy: -8.125 });
  await node.post(TOPIC, { type: 'stroke', id: 'eraser', color: '#000000', size: 40, points: [100, 100, 1500, 900], erase: true });
  await node.post(TOPIC, { type: 'restore', ids: ['s10'] });
  await ada.waitFor('all of it', ({ seq }) => seq === 12);
  const parts = await ada.screenImage();
  await ada.reload();
  const difference = await largestDifference(ada, parts, await ada.screenImage());
  assert.ok(difference < 64, `no more than edges that are rounded otherwise: ${difference}`);
});

/** Of any colour of any pixel, on white paper. @param {Visitor} visitor @param {...string} urls */
function largestDifference({ page }, ...urls) {
  return page.evaluate(async (images) => {
    const [one, other] = await Promise.all(images.map(async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      context.fillStyle = '#ffffff';
      context.fillRect(0, 0, image.width, image.height);
      context.drawImage(image, 0, 0);
      return context.getImageData(0, 0, image.width, image.height).data;
    }));
    return one.reduce((largest, value, index) => Math.max(largest, Math.abs(value - other[index])), 0);
  }, urls);
}

scene('a finger selects and moves on a phone', async (stage) => {
  const ada = await stage.visitor('Ada', await stage.node(), TOPIC, PHONE);
  await ada.drawByTouch([200, 200], [800, 200]);
  await ada.button('Select (V)').click();
  await ada.drawByTouch([500, 200], [500, 400], [500, 600]);
  await until('the stroke at its new place', () => ada.isPaintedAt([500, 600]));
  assert.ok(!(await ada.isPaintedAt([500, 200])));
});

scene('the past is played back, and a point of it is restored', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, TOPIC);
  const noor = await stage.visitor('Noor', node, TOPIC);
  await ada.draw([100, 100], [700, 100]);
  await ada.draw([100, 300], [700, 300]);
  await ada.waitUntilSaved();
  const wanted = await ada.pixelHash();
  await noor.button('Clear canvas').click();
  await noor.page.getByRole('dialog').getByRole('button', { name: 'Clear canvas' }).click();
  await noor.draw([100, 900], [700, 900]);
  await elements(ada, 1);

  await ada.button('History').click();
  const slider = ada.page.getByRole('slider', { name: 'Step of the drawing' });
  await until('the history', async () => (await slider.getAttribute('aria-valuetext')) === 'Step 4 of 4');
  await slider.fill('2');
  await until('the old strokes on the screen', () => ada.isPaintedAt([400, 300]));
  assert.ok(!(await ada.isPaintedAt([400, 900])));
  assert.equal((await ada.state()).elements, 1, 'looking changes nothing');
  await ada.button('Play').click();
  await until('the end', async () => (await slider.getAttribute('aria-valuetext')) === 'Step 4 of 4');
  await slider.fill('2');
  await ada.button('Restore this').click();
  await elements(noor, 2);
  assert.equal(await waitUntilSamePicture([ada, noor]), wanted);
  await ada.button('Undo (Ctrl+Z)').click();
  await elements(noor, 1);
  assert.ok(await noor.isPaintedAt([400, 900]));
});

scene('a drawing is exported as PNG and as SVG', async (stage) => {
  const ada = await stage.visitor('Ada', await stage.node(), TOPIC);
  await ada.button('Red (7)').click();
  await ada.draw([100, 500], [1500, 500]);
  await ada.waitUntilSaved();
  const exported = async (/** @type {string} */ format) => {
    await ada.button('More').click();
    const [download] = await Promise.all([ada.page.waitForEvent('download'), ada.page.getByRole('menuitem', { name: `Export as ${format}` }).click()]);
    assert.equal(download.suggestedFilename(), `studio.${format.toLowerCase()}`);
    return readFile(await download.path());
  };
  const svg = String(await exported('SVG'));
  assert.match(svg, /<path d="M100 500[^"]*L1500 500" stroke="#e03131"/);
  const png = await exported('PNG');
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [3200, 2000]);
  const pixels = await ada.page.evaluate(async (url) => {
    const image = new Image();
    image.src = url;
    await image.decode();
    const context = /** @type {CanvasRenderingContext2D} */ (document.createElement('canvas').getContext('2d'));
    context.canvas.width = image.width;
    context.canvas.height = image.height;
    context.drawImage(image, 0, 0);
    return [[1600, 1000], [1600, 100]].map(([x, y]) => [...context.getImageData(x, y, 1, 1).data]);
  }, `data:image/png;base64,${png.toString('base64')}`);
  assert.deepEqual(pixels, [[224, 49, 49, 255], [255, 255, 255, 255]], 'the stroke, and paper');
});
