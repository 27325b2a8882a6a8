// How a canvas with very many strokes opens and moves, in figures: `npm run measure [strokes]`. Not a test: times are of the machine.

import { TroupeNode } from '../support/node.mjs';
import { until } from '../support/wait.mjs';
import { closeBrowser } from './browser.mjs';
import { Visitor } from './visitor.mjs';

const TOPIC = 'canvas/large';
const POINTS = 20;
const COLORS = ['#1d2129', '#1f6feb', '#0ca5a5', '#2f9e44', '#f2b705', '#f76707', '#e03131'];
const count = Number(process.argv[2] ?? 100_000);

/** A wavy line at a random place. @param {number} n */
function stroke(n) {
  let [x, y, angle] = [Math.random() * 1600, Math.random() * 1000, Math.random() * 7];
  const points = [];
  for (let index = 0; index < POINTS; index += 1) {
    points.push(Math.round(Math.min(1600, Math.max(0, x)) * 10) / 10, Math.round(Math.min(1000, Math.max(0, y)) * 10) / 10);
    angle += Math.random() - 0.5;
    x += Math.cos(angle) * 6;
    y += Math.sin(angle) * 6;
  }
  return { id: `stroke-${n}`, color: COLORS[n % COLORS.length], size: 2 + (n % 5), points };
}

/** @param {TroupeNode} node */
async function drawAll(node) {
  for (let drawn = 0; drawn < count; drawn += 200) {
    const elements = Array.from({ length: Math.min(200, count - drawn) }, (_, index) => stroke(drawn + index));
    await node.post(TOPIC, { type: 'draw', elements });
  }
}

/** Notes when the snapshot comes, and when the page is through with it. */
function watchSnapshot() {
  const marks = /** @type {any} */ ((/** @type {any} */ (window)).marks = {});
  window.WebSocket = class extends WebSocket {
    /** @param {[string, string[]]} socket */
    constructor(...socket) {
      super(...socket);
      this.addEventListener('message', ({ data }) => {
        if (!data.startsWith('{"op":"joined"')) return;
        marks.bytes = data.length;
        marks.received = performance.now();
        setTimeout(() => (marks.usable = performance.now()));
      });
    }
  };
}

/** Milliseconds from the beginning of the navigation. @param {Visitor} visitor @param {TroupeNode} node */
async function open(visitor, node) {
  await visitor.page.goto('about:blank');
  await visitor.page.goto(`http://${node.http}/${TOPIC}`);
  return visitor.page.evaluate(() => new Promise((done) => {
    const { marks, troupeCanvas } = /** @type {any} */ (window);
    const look = () => (marks.usable && troupeCanvas.state().isPainted ? done({ ...marks, painted: performance.now() }) : requestAnimationFrame(look));
    look();
  }));
}

/** How long the frames are while somebody acts. @param {Visitor} visitor @param {string} what @param {() => Promise<void>} act */
async function frames(visitor, what, act) {
  await visitor.page.evaluate(() => {
    const world = /** @type {any} */ (window);
    world.frameTimes = [];
    const note = (/** @type {number} */ now) => {
      world.frameTimes.push(now);
      world.frame = requestAnimationFrame(note);
    };
    world.frame = requestAnimationFrame(note);
  });
  await act();
  const times = await visitor.page.evaluate(() => {
    const world = /** @type {any} */ (window);
    cancelAnimationFrame(world.frame);
    return /** @type {number[]} */ (world.frameTimes);
  });
  const lengths = times.slice(1).map((time, index) => time - times[index]).sort((one, other) => one - other);
  const at = (/** @type {number} */ part) => lengths[Math.min(lengths.length - 1, Math.floor(lengths.length * part))].toFixed(0);
  console.log(`${what}: frames of ${at(0.5)} ms (median), ${at(0.99)} ms (99th percentile)`);
}

const node = await new TroupeNode().start();
try {
  await drawAll(node);
  const ada = await Visitor.arrive('Ada', { viewport: { width: 1440, height: 900 } });
  await ada.page.addInitScript(watchSnapshot);
  for (let round = 0; round < 3; round += 1) {
    const { bytes, received, usable, painted } = /** @type {any} */ (await open(ada, node));
    console.log(`${count} strokes, ${(bytes / 1e6).toFixed(1)} MB: received after ${received.toFixed(0)} ms, usable after ${usable.toFixed(0)} ms, painted in full after ${painted.toFixed(0)} ms`);
  }
  const key = (/** @type {string} */ name) => ada.page.keyboard.press(name);
  await frames(ada, 'draw', async () => {
    for (let n = 0; n < 5; n += 1) await ada.draw([100 + n * 100, 100], [900, 500], [300, 900 - n * 50]);
  });
  await ada.waitUntilSaved();
  await frames(ada, 'undo', async () => {
    for (let n = 0; n < 5; n += 1) {
      await key('Control+z');
      await ada.waitFor('the undo', ({ pending, isPainted }) => pending === 0 && isPainted);
    }
  });
  await frames(ada, 'zoom and move', async () => {
    for (let n = 0; n < 4; n += 1) await key('+');
    await ada.page.mouse.move(500, 400);
    for (let n = 0; n < 40; n += 1) await ada.page.mouse.wheel(0, 20);
  });
  await key('0');
  await ada.waitFor('the sheet', ({ isPainted }) => isPainted);
  await key('v');
  await frames(ada, 'select and drag', () => ada.draw([700, 500], [720, 520], [760, 560], [900, 700]));
  const before = performance.now();
  await ada.button('History').click();
  await until('the history', () => ada.page.getByText(/^Step/).isVisible());
  console.log(`history read after ${(performance.now() - before).toFixed(0)} ms`);
} finally {
  await closeBrowser();
  await node.dispose();
}
