// One node, and what one can do on a canvas.

import assert from 'node:assert/strict';
import { until } from '../support/wait.mjs';
import { scene, waitUntilSamePicture } from './scene.mjs';
import { PHONE } from './visitor.mjs';

const TOPIC = 'canvas/studio';
const BLUE = [31, 111, 235, 255];

scene('what is drawn by mouse is seen by others, and is there again after a reload', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, TOPIC);
  const noor = await stage.visitor('Noor', node, TOPIC);
  const blank = await ada.pixelHash();

  await ada.button('Blue (2)').click();
  await ada.draw([200, 200], [800, 200], [800, 600]);
  await noor.waitFor('the stroke', ({ seq }) => seq === 1);
  const picture = await waitUntilSamePicture([ada, noor]);
  assert.notEqual(picture, blank);
  assert.deepEqual(await noor.pixelAt([500, 200]), BLUE);
  assert.equal(await ada.screenHash(), await noor.screenHash());

  const screen = await ada.screenHash();
  await ada.reload();
  assert.equal(await ada.pixelHash(), picture);
  assert.equal(await ada.screenHash(), screen);
  const [{ data }] = await node.events(TOPIC);
  assert.deepEqual({ type: data.type, color: data.color }, { type: 'stroke', color: '#1f6feb' });
});

scene('a finger draws on a phone', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, TOPIC);
  const noor = await stage.visitor('Noor', node, TOPIC, PHONE);
  await noor.drawByTouch([200, 300], [600, 500], [1000, 300], [1400, 500]);
  await ada.waitFor('the stroke', ({ seq }) => seq === 1);
  await waitUntilSamePicture([ada, noor]);
  assert.ok(await ada.isPaintedAt([200, 300]));

  await noor.reload();
  await waitUntilSamePicture([ada, noor]);
  const width = await noor.page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(width, 390, 'nothing sticks out at the side of a phone');
});

scene('two fingers enlarge the sheet, also beside it, and draw nothing', async (stage) => {
  const noor = await stage.visitor('Noor', await stage.node(), TOPIC, PHONE);
  const sheetWidth = () => noor.page.locator('.sheet').evaluate((sheet) => sheet.getBoundingClientRect().width);
  const whole = await sheetWidth();
  for (const middle of /** @type {import('./visitor.mjs').Point[]} */ ([[800, 500], [800, -400]])) {
    await noor.pinch(middle, 300, 600);
    await until('a larger sheet', async () => (await sheetWidth()) > whole * 1.5);
    await noor.button('Fit the sheet to the window').click();
    await until('the whole sheet', async () => (await sheetWidth()) === whole);
  }
  await noor.drawByTouch([200, 500], [1400, 500]);
  await noor.waitFor('one stroke', ({ seq, pending }) => seq === 1 && pending === 0);
});

scene('the eraser takes away what is under it, for everybody', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, TOPIC);
  const noor = await stage.visitor('Noor', node, TOPIC);
  await ada.draw([200, 500], [1400, 500]);
  await noor.waitFor('the stroke', ({ seq }) => seq === 1);
  await noor.button('Eraser (E)').click();
  await noor.draw([800, 300], [800, 700]);
  await waitUntilSamePicture([ada, noor]);
  await ada.waitFor('the eraser', ({ seq }) => seq === 2);
  for (const visitor of [ada, noor]) {
    await until(`a gap at ${visitor.name}`, async () => !(await visitor.isPaintedAt([800, 500])));
    assert.ok(await visitor.isPaintedAt([400, 500]));
  }
});

scene('the canvas is cleared after a confirmation only', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, TOPIC);
  const noor = await stage.visitor('Noor', node, TOPIC);
  const blank = await ada.pixelHash();
  await ada.draw([200, 200], [900, 700]);
  await ada.write('Look!');
  await noor.waitFor('stroke and message', ({ seq }) => seq === 2);
  const picture = await waitUntilSamePicture([ada, noor]);

  const dialog = ada.page.getByRole('dialog', { name: 'Clear the canvas?' });
  await ada.button('Clear canvas').click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await ada.pixelHash(), picture);

  await ada.button('Clear canvas').click();
  await dialog.getByRole('button', { name: 'Clear canvas' }).click();
  await noor.waitFor('the clear', ({ seq }) => seq === 3);
  assert.equal(await waitUntilSamePicture([ada, noor]), blank);
  assert.deepEqual(await noor.chatLines(), ['Look!'], 'the chat stays');
});

scene('people write to each other and see who is there', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, TOPIC);
  const noor = await stage.visitor('Noor', node, TOPIC, PHONE);
  await ada.waitFor('two people', ({ people }) => people.length === 2);
  assert.deepEqual((await noor.state()).people.map(({ name }) => name), ['Noor', 'Ada'], 'oneself first');

  await ada.write('Shall we paint the harbour?');
  await until('the mark of an unread message', () => noor.button('Chat, 1 new').isVisible());
  await noor.write('Yes, I take the <b>boats</b>.');
  const lines = ['Shall we paint the harbour?', 'Yes, I take the <b>boats</b>.'];
  for (const visitor of [ada, noor]) {
    await until(`both lines at ${visitor.name}`, async () => (await visitor.chatLines()).join() === lines.join());
  }

  await noor.leave();
  stage.visitors.pop();
  await ada.waitFor('nobody else', ({ people }) => people.length === 1);
});

scene('the pointer of somebody who draws is seen, with the name, before the stroke is done', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, TOPIC);
  const noor = await stage.visitor('Noor', node, TOPIC);
  await ada.waitFor('two people', ({ people }) => people.length === 2);
  await noor.button('Red (7)').click();
  await noor.beginStroke([300, 300], [900, 300]);
  await until('the pointer of Noor', async () => (await ada.page.locator('.cursor').allTextContents()).join() === 'Noor');
  await until('the stroke that Noor is drawing', () => ada.isPaintedAt([600, 300]));
  assert.equal((await ada.state()).seq, 0, 'nothing is stored yet');
  await noor.page.mouse.up();
  await ada.waitFor('the stroke', ({ seq }) => seq === 1);
  await waitUntilSamePicture([ada, noor]);
});
