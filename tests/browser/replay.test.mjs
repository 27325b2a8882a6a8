// The page that plays a simulated run back: produced by the simulator, opened as a file, without a node or a network.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '../support/node.mjs';
import { TROUPE } from '../support/program.mjs';
import { until } from '../support/wait.mjs';
import { scene } from './scene.mjs';
import { PHONE, Visitor } from './visitor.mjs';

const SIMULATOR = join(dirname(TROUPE), 'troupe-sim');

/** @param {string} file @param {string[]} flags */
function simulate(file, ...flags) {
  execFileSync(SIMULATOR, ['overlay', '--html', file, ...flags], { timeout: 60_000, stdio: 'pipe' });
  return JSON.parse(readFileSync(file, 'utf8').match(/id="record">(.*?)<\/script>/s)?.[1] ?? '');
}

/** A run in which the network splits, and is whole again before the end. @param {string} folder */
function splitRun(folder) {
  for (let seed = 1; seed <= 50; ++seed) {
    const file = join(folder, `${seed}.html`);
    const record = simulate(file, '--overlay', 'peer_to_peer', '--nodes', '12', '--seed', String(seed));
    const split = record.splits.findIndex((/** @type {{sides: number[]}} */ { sides }) => new Set(sides).size === 2);
    const healed = record.splits.findIndex((/** @type {{sides: number[]}} */ { sides }, /** @type {number} */ at) => at > split && sides.length === 0);
    const sides = record.splits[split]?.sides ?? [];
    const isEven = Math.min(...[0, 1].map((side) => sides.filter((/** @type {number} */ each) => each === side).length)) >= 3;
    if (split >= 0 && healed >= 0 && isEven && record.splits[healed].when - record.splits[split].when > 40_000) return { file, split: record.splits[split].when / 1e4, healed: record.splits[healed].when / 1e4 };
  }
  throw new Error('no seed splits the network for four seconds');
}

/** @param {any} stage @param {string} file @param {Parameters<typeof Visitor.arrive>[1]} [device] */
async function watch(stage, file, device) {
  const visitor = await Visitor.arrive('Watcher', device);
  stage.visitors.push(visitor);
  /** @type {string[]} */
  const asked = [];
  visitor.page.on('request', (/** @type {any} */ request) => request.url().startsWith('http') && asked.push(request.url()));
  await visitor.page.goto(pathToFileURL(file).href);
  return { page: visitor.page, asked, state: () => visitor.page.evaluate(() => /** @type {any} */ (window).troupeReplay.state()) };
}

/** @param {any} stage */
function folderOf(stage) {
  const folder = temporaryFolder();
  stage.keep({ dispose: async () => rmSync(folder, { recursive: true, force: true }) });
  return folder;
}

scene('a simulated run is played back: the network splits, and heals', async (stage) => {
  const { file, split, healed } = splitRun(folderOf(stage));
  const { page, asked, state } = await watch(stage, file);
  const figure = (/** @type {string} */ label) => page.locator('.tile', { hasText: label }).locator('.figure').innerText();
  await page.getByRole('heading', { level: 1, name: 'peer_to_peer, 12 nodes' }).waitFor();
  assert.equal((await state()).playing, false);

  await page.getByRole('button', { name: 'the network splits' }).first().click();
  await until('the split', async () => (await state()).split && Math.abs((await state()).time - split) < 0.01);
  assert.match(await figure('Network'), /^split \d+ \| \d+$/);
  assert.equal((await state()).known > 0.7, true, 'all know each other still');

  await page.getByLabel('Speed').selectOption('4');
  await page.getByRole('button', { name: 'Play' }).click();
  await until('each side to know only itself', async () => (await state()).split && (await state()).known < 0.7);
  await until('the network to be whole', async () => !(await state()).split && (await state()).time >= healed);
  assert.equal(await figure('Network'), 'whole');
  await page.getByLabel('Speed').selectOption('64');
  await until('the end', async () => (await state()).time === (await state()).end);
  assert.deepEqual([(await state()).known, (await state()).living, (await state()).reached, (await state()).playing], [1, 12, 12, false]);
  assert.match(await page.locator('.event[aria-current]').innerText(), /broadcast/);
  assert.deepEqual(asked, [], 'nothing comes from a network');
});

scene('one steps from event to event, scrubs, and chooses a node, on a phone in the dark', async (stage) => {
  const file = join(folderOf(stage), 'run.html');
  simulate(file, '--overlay', 'client_server', '--nodes', '20', '--crash', '0.3', '--rounds', '1', '--seed', '1');
  const { page, state } = await watch(stage, file, { ...PHONE, colorScheme: 'dark' });
  await page.getByRole('button', { name: 'Next event' }).click();
  const first = (await state()).time;
  await page.getByRole('button', { name: 'Next event' }).click();
  assert.equal((await state()).time > first, true);
  await page.getByRole('button', { name: 'Previous event' }).click();
  assert.equal((await state()).time, first);

  await page.getByLabel('Show').selectOption('faults');
  await page.getByRole('button', { name: '6 of 20 nodes crash' }).click();
  await until('fourteen that live', async () => (await state()).living === 14);
  await page.getByLabel('Time').fill('10000');
  await until('a second', async () => (await state()).time === 1);
  await page.locator('.replay-picture').click({ position: { x: 180, y: 180 } });
  await page.getByRole('status').filter({ hasText: /Choose a node|hold it up/ }).waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the phone');
});

scene('a page whose record was full says so; one without a run as well', async (stage) => {
  const folder = folderOf(stage);
  const file = join(folder, 'run.html');
  const record = simulate(file, '--overlay', 'full_mesh', '--nodes', '20', '--crash', '0', '--seed', '1', '--html-entries', '1000');
  assert.equal(record.is_full, true);
  const { page } = await watch(stage, file);
  await page.getByText('The record was full after').waitFor();
  assert.throws(() => simulate(file, '--overlay', 'ring', '--seeds', '1..2'), /name one --overlay and one --seed/);
  assert.throws(() => simulate(file, '--overlay', 'ring', '--seed', '1', '--nodes', '2001'), /draws up to 2000 nodes, not 2001/);
});
