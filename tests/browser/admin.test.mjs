// `/admin` beside three nodes with traffic between them: what an operator sees, and who sees nothing.

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chat } from '../support/canvas.mjs';
import { TroupeCluster } from '../support/cluster.mjs';
import { temporaryFolder } from '../support/node.mjs';
import { until } from '../support/wait.mjs';
import { scene } from './scene.mjs';
import { PHONE, Visitor } from './visitor.mjs';

const TOKEN = 'a token of the tests, which is long';

/** A cluster whose nodes open /admin. @param {any} stage @param {number} count */
async function openCluster(stage, count) {
  const folder = temporaryFolder();
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
  stage.keep({ dispose: async () => rmSync(folder, { recursive: true, force: true }) });
  return stage.keep(await TroupeCluster.start(count, { flags: { 'admin-token-file': tokenFile, 'admin-socket': '', 'cluster-channels': 'bulk parallelism=2' } }));
}

/** Somebody who comes to look. @param {any} stage @param {Parameters<typeof Visitor.arrive>[1]} [device] */
async function operator(stage, device) {
  const made = await Visitor.arrive('Operator', device);
  stage.visitors.push(made);
  return made.page;
}

scene('the page for operators asks for the token, and shows lanes that move', async (stage) => {
  const cluster = await openCluster(stage, 3);
  const [a] = cluster.nodes;
  const page = await operator(stage);
  await page.goto(`http://${a.http}/admin`);
  await page.getByLabel('Token').fill('a guess');
  await page.getByRole('button', { name: 'Show the node' }).click();
  await page.getByRole('alert').getByText('This is not the token').waitFor();
  await page.getByLabel('Token').fill(TOKEN);
  await page.keyboard.press('Enter');

  await page.getByRole('heading', { level: 1, name: 'a', exact: true }).waitFor();
  await page.getByText('live').waitFor();
  await page.getByText('3 of 3').waitFor();
  for (const peer of ['b', 'c']) {
    const rows = page.getByRole('region', { name: `Lanes to ${peer}` }).getByRole('rowheader');
    assert.deepEqual((await rows.allInnerTexts()).map((text) => text.split('\n')[0]), ['bulk 0', 'bulk 1', 'data 0', 'control 0']);
  }
  const documents = page.getByRole('region', { name: 'Documents' });
  assert.equal(await documents.getByRole('rowheader').count(), 3);
  await documents.getByLabel('Topic').fill('canvas/lobby');
  await page.keyboard.press('Enter');
  await documents.getByText(/ owns canvas\/lobby \(partition 219\)/).waitFor();
  const rates = async () => (await page.getByRole('region', { name: 'Lanes to' }).locator('td[data-label=Sent] .figure').allInnerTexts()).join();
  const seen = new Set();
  await until('rates that change', async () => {
    await a.post('canvas/admin', chat('moves'), `${Date.now()}`);
    return seen.add(await rates()).size >= 3;
  });
  await until('a line of the last minute', async () => ((await page.locator('.sparkline .sent').first().getAttribute('points')) ?? '').split(' ').length >= 3);

  assert.equal(await page.evaluate(() => localStorage.length === 1 && sessionStorage.length === 1 && !location.href.includes('token')), true, 'the token is in this tab only');
  await cluster.node('c').kill();
  await until('the lanes to c to go', async () => (await page.getByRole('region', { name: 'Lanes to' }).count()) === 1);
  await page.getByRole('button', { name: 'Forget the token' }).click();
  await page.getByLabel('Token').waitFor();
  await page.reload();
  await page.getByLabel('Token').waitFor();
});

scene('the page for operators draws the overlay, a tree in it, and who is gone', async (stage) => {
  const cluster = await openCluster(stage, 3);
  const page = await operator(stage, PHONE);
  await page.goto(`http://${cluster.nodes[0].http}/admin#token=${encodeURIComponent(TOKEN)}`);
  const overlay = page.getByRole('region', { name: 'Overlay' });
  await overlay.getByText('full_mesh, 3 links').waitFor();
  for (const name of ['a', 'b', 'c']) await overlay.getByRole('button', { name: `${name}, up` }).waitFor();
  await overlay.getByRole('button', { name: 'b, up' }).click();
  await overlay.getByRole('status').getByText('b: up, server, 2 links').waitFor();
  assert.equal(await overlay.getByLabel('Tree of').inputValue(), 'b');
  await overlay.getByText('Its broadcasts reach 2 nodes over at most 1 link.').waitFor();
  assert.equal(await overlay.locator('.branch').count(), 2);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the phone');
  await cluster.node('c').kill();
  await overlay.getByRole('button', { name: 'c, down' }).waitFor();
  await overlay.getByText('full_mesh, 1 link', { exact: true }).waitFor();
});

scene('on a phone, in the dark, a node that is alone says so', async (stage) => {
  const cluster = await openCluster(stage, 1);
  const page = await operator(stage, { ...PHONE, colorScheme: 'dark' });
  await page.goto(`http://${cluster.nodes[0].http}/admin#token=${encodeURIComponent(TOKEN)}`);
  await page.getByRole('heading', { name: 'No lanes' }).waitFor();
  assert.equal(new URL(page.url()).hash, '', 'the token does not stay in the address');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the phone');
  const [ink, paper] = await page.evaluate(() => {
    const { color } = getComputedStyle(document.body);
    return [color, getComputedStyle(document.documentElement).backgroundColor].map((text) => Number(text.match(/\d+/)?.[0]));
  });
  assert.ok(ink > 200 && paper < 50, 'light on dark');
});

scene('a node without a token has no such page', async (stage) => {
  const node = await stage.node();
  const page = await operator(stage);
  assert.equal((await page.request.get(`http://${node.http}/admin`)).status(), 404);
});
