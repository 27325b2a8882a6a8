// The page without a mouse and without eyes: names of controls, keys, and the way from the start page.

import assert from 'node:assert/strict';
import { until } from '../support/wait.mjs';
import { scene } from './scene.mjs';
import { PHONE, Visitor } from './visitor.mjs';

/** The controls that a screen reader could not name. @param {Visitor} visitor */
function namelessControls({ page }) {
  return page.evaluate(() => {
    const nameOf = (/** @type {any} */ control) =>
      control.getAttribute('aria-label') || control.textContent.trim() || [...(control.labels ?? [])].map((label) => label.textContent.trim()).join('');
    return [...document.querySelectorAll('button, a, input, textarea, [role=img], [role=toolbar], dialog:not([aria-labelledby])')]
      .filter((control) => !nameOf(control))
      .map((control) => control.outerHTML);
  });
}

scene('the start page leads to a canvas', async (stage) => {
  const node = await stage.node();
  const ada = await Visitor.arrive('Ada');
  stage.visitors.push(ada);
  const { page } = ada;
  await page.goto(`http://${node.http}/`);
  await page.getByLabel('Canvas', { exact: true }).fill('Été à la mer');
  await page.getByLabel('Your name').fill('Ada Lovelace');
  assert.deepEqual(await namelessControls(ada), []);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/canvas/ete-a-la-mer');
  await ada.waitFor('the canvas', ({ connected }) => connected);
  const { people, topic } = await ada.state();
  assert.deepEqual([topic, people[0].name], ['canvas/ete-a-la-mer', 'Ada Lovelace']);
  await page.goto(`http://${node.http}/`);
  await page.getByRole('navigation').getByRole('link', { name: 'ete-a-la-mer' }).click();
  await page.waitForURL('**/canvas/ete-a-la-mer');
});

scene('all controls have names, and keys do what they say', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, 'canvas/keys');
  const { page } = ada;
  const isPressed = async (/** @type {string} */ name) => (await ada.button(name).getAttribute('aria-pressed')) === 'true';
  const key = (/** @type {string} */ name) => page.keyboard.press(name);

  await key('e');
  assert.ok((await isPressed('Eraser (E)')) && !(await isPressed('Pen (P)')));
  await key('p');
  assert.ok((await isPressed('Pen (P)')) && !(await isPressed('Eraser (E)')));
  await key('4');
  assert.ok(await isPressed('Green (4)'));
  const size = page.getByLabel('Brush size');
  const before = Number(await size.inputValue());
  await key(']');
  assert.equal(Number(await size.inputValue()), before + 1);
  await key('[');
  assert.equal(Number(await size.inputValue()), before);

  const chat = page.getByRole('complementary', { name: 'Chat' });
  const wasOpen = await chat.isVisible();
  await key('c');
  assert.equal(await chat.isVisible(), !wasOpen);
  await key('Enter');
  await page.keyboard.type('Keys: e p 4');
  await key('Enter');
  await until('the message', async () => (await ada.chatLines()).join() === 'Keys: e p 4');
  assert.ok(await isPressed('Green (4)'), 'letters of a message are no shortcuts');
  await key('Escape');

  await key('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  assert.deepEqual(await namelessControls(ada), []);
  await key('Escape');
  await until('the dialog to close', async () => (await page.locator('dialog').count()) === 0);
  for (const [letter, name] of [['v', 'Select (V)'], ['l', 'Line (L)'], ['t', 'Text (T)'], ['p', 'Pen (P)']]) {
    await key(letter);
    assert.ok(await isPressed(name), name);
  }
  const zoom = ada.button('Fit the sheet to the window');
  await key('+');
  assert.equal(await zoom.textContent(), '125%');
  await key('0');
  assert.equal(await zoom.textContent(), '100%');
  await ada.button('More').press('Enter');
  await key('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Export as SVG');
  await key('Escape');
  assert.ok(await ada.button('More').evaluate((button) => button === document.activeElement), 'back at the button');
  await ada.button('Clear canvas').click();
  const question = page.getByRole('dialog', { name: 'Clear the canvas?' });
  await question.waitFor();
  assert.ok(await question.getByRole('button', { name: 'Cancel' }).evaluate((button) => button === document.activeElement), 'the safe answer is the first');
  await key('Escape');
  await until('the question to close', async () => (await page.locator('dialog').count()) === 0);
});

scene('on a phone all tools are within reach of a finger', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, 'canvas/phone', PHONE);
  const controls = await ada.page.locator(':is(.toolbar, .top) :is(button, input):visible').all();
  assert.ok(controls.length > 12);
  for (const control of controls) {
    const box = await control.boundingBox();
    assert.ok(box && box.x >= 0 && box.x + box.width <= 390 && box.y + box.height <= 844, `${await control.getAttribute('aria-label')} is on the screen`);
  }
  assert.deepEqual(await namelessControls(ada), []);
});
