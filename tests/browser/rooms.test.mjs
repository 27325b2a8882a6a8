// Links to canvases, who may do what with them, and what becomes of drawings made without a connection.

import assert from 'node:assert/strict';
import { until } from '../support/wait.mjs';
import { scene, waitUntilSamePicture } from './scene.mjs';
import { Visitor } from './visitor.mjs';

scene('a canvas of one\'s own comes with two links: one to draw, one to look', async (stage) => {
  const node = await stage.node();
  const ada = await Visitor.arrive('Ada');
  stage.visitors.push(ada);
  await ada.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await ada.page.goto(`http://${node.http}/`);
  await ada.page.getByRole('button', { name: 'Start drawing' }).click();
  await ada.waitFor('the canvas', ({ connected }) => connected);
  const copied = async (/** @type {string} */ name) => {
    await ada.button('Invite: links to this canvas').click();
    await ada.page.getByRole('menuitem', { name }).click();
    await ada.page.getByText(/^The link to .* is copied/).first().waitFor();
    return ada.page.evaluate(() => navigator.clipboard.readText());
  };
  const [toDraw, toLook] = [await copied('Copy link to draw'), await copied('Copy link to look')];
  assert.equal(toDraw, ada.page.url());
  assert.equal(toLook, toDraw.split('#')[0], 'the key is what one has beside the name');

  const [noor, mila] = await Promise.all([Visitor.arrive('Noor'), Visitor.arrive('Mila')]);
  stage.visitors.push(noor, mila);
  await noor.page.goto(toDraw);
  await mila.page.goto(toLook);
  for (const visitor of [noor, mila]) await visitor.waitFor('the canvas', ({ connected }) => connected);
  await noor.draw([200, 500], [1400, 500]);
  await mila.waitFor('the stroke', ({ elements }) => elements === 1);
  await waitUntilSamePicture([ada, noor, mila]);

  await until('Mila to be told', () => mila.page.getByText('view only').isVisible());
  assert.ok(!(await mila.button('Pen (P)').isVisible()));
  await mila.draw([200, 200], [1400, 200]);
  await mila.page.keyboard.press('Control+a');
  await mila.page.keyboard.press('Delete');
  assert.deepEqual([(await mila.state()).pending, (await mila.state()).elements], [0, 1]);

  // The page does not even try; the node would not let it.
  const topic = new URL(toLook).pathname.slice(1);
  const post = (/** @type {Record<string, string>} */ headers) => fetch(`http://${node.http}/api/v1/documents/${topic}/events`, {
    method: 'POST', headers, body: JSON.stringify({ data: { type: 'clear' } }),
  });
  assert.equal((await post({})).status, 403);
  assert.equal((await post({ 'Write-Key': toDraw.split('#')[1] ?? '' })).status, 201);
});

scene('who drew on a canvas comes back to it from the start page, and may still draw', async (stage) => {
  const node = await stage.node();
  const ada = await Visitor.arrive('Ada');
  stage.visitors.push(ada);
  await ada.page.goto(`http://${node.http}/`);
  await ada.page.getByRole('button', { name: 'Start drawing' }).click();
  await ada.waitFor('the canvas', ({ connected }) => connected);
  await ada.page.goto(`http://${node.http}/`);
  await ada.page.getByRole('navigation').getByRole('link').click();
  await ada.waitFor('the canvas', ({ connected }) => connected);
  await ada.draw([200, 500], [1400, 500]);
  await ada.waitFor('the stroke, stored', ({ seq, pending }) => seq === 1 && pending === 0);
});

scene('drawing goes on offline, and merges on return with what others drew', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, 'canvas/train');
  const noor = await stage.visitor('Noor', node, 'canvas/train');
  await ada.draw([100, 100], [700, 100]);
  await noor.waitFor('the stroke', ({ seq }) => seq === 1);

  await ada.context.setOffline(true);
  await ada.waitFor('that there is no connection', ({ connected }) => !connected, 30_000);
  await ada.draw([100, 300], [700, 300]);
  await ada.page.keyboard.press('v');
  await ada.draw([400, 100], [400, 150], [400, 200]);
  await noor.draw([900, 300], [1500, 300]);
  await until('Ada to be told', async () => (await ada.banner()) === 'Offline, 2 changes waiting. You can go on drawing.');
  assert.ok(await ada.isPaintedAt([400, 300]));
  assert.ok(await ada.isPaintedAt([400, 200]));

  await ada.context.setOffline(false);
  for (const visitor of [ada, noor]) await visitor.waitFor('everything', ({ seq, pending }) => seq === 4 && pending === 0);
  await waitUntilSamePicture([ada, noor]);
  for (const point of /** @type {[number, number][]} */ ([[400, 200], [400, 300], [1200, 300]])) assert.ok(await noor.isPaintedAt(point));
});

scene('what was drawn without a node outlives the page', async (stage) => {
  const node = await stage.node();
  const ada = await stage.visitor('Ada', node, 'canvas/train');
  await node.kill();
  await ada.draw([100, 300], [700, 300]);
  await ada.waitFor('a change that waits', ({ pending }) => pending === 1);
  await ada.page.goto('about:blank');
  await node.start();
  await ada.open(node.http, 'canvas/train');
  await ada.waitFor('the stroke, stored', ({ seq, pending, elements }) => seq === 1 && pending === 0 && elements === 1);
});
