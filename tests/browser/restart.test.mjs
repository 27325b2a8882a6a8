// Everything goes and comes back: the drawing is there.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { freePorts } from '../support/ports.mjs';
import { temporaryFolder } from '../support/node.mjs';
import { Program } from '../support/program.mjs';
import { scene, waitUntilSamePicture } from './scene.mjs';

scene('a restart of all nodes loses nothing', async (stage) => {
  const cluster = await stage.cluster(3);
  const [a, b, c] = cluster.nodes;
  const topic = 'canvas/garden';
  const ada = await stage.visitor('Ada', a, topic);
  const noor = await stage.visitor('Noor', b, topic);
  await ada.draw([100, 100], [700, 400], [100, 700]);
  await noor.draw([1500, 100], [900, 400], [1500, 700]);
  await noor.write('Good night.');
  for (const visitor of [ada, noor]) await visitor.waitFor('all events', ({ seq }) => seq === 3);
  const picture = await waitUntilSamePicture([ada, noor]);
  const digest = await cluster.waitUntilEqual(topic, { seq: 3 });

  await Promise.all(cluster.nodes.map((node) => node.kill()));
  await ada.waitFor('nobody', ({ connected }) => !connected);
  await ada.draw([800, 100], [800, 900]);
  await cluster.startAll();

  for (const visitor of [ada, noor]) await visitor.waitFor('the stroke of the night', ({ seq, connected }) => connected && seq === 4);
  const withTheNight = await waitUntilSamePicture([ada, noor]);
  assert.notEqual(withTheNight, picture);
  const mila = await stage.visitor('Mila', c, topic);
  assert.equal(await mila.pixelHash(), withTheNight);
  assert.deepEqual(await mila.chatLines(), ['Good night.']);
  const after = await cluster.waitUntilEqual(topic, { seq: 4 });
  assert.equal(after.epoch, digest.epoch);
  assert.deepEqual((await a.events(topic)).map(({ seq }) => seq), [1, 2, 3, 4]);
});

class Demo {
  name = 'demo';
  http = '';
  #folder = temporaryFolder();
  /** @type {Program | undefined} */
  #program;
  #log = '';

  async start() {
    const port = this.http.split(':')[1] ?? String((await freePorts(1))[0]);
    this.#program = new Program(['demo', '--no-browser', '--http-port', port, '--data', this.#folder]);
    const [, http] = await this.#program.waitForOutput(/^ready name=\S+ http=(\S+)/m);
    this.http = http;
    return this;
  }

  async kill() {
    await this.#program?.kill();
    this.#log += this.#program?.log ?? '';
  }

  get log() {
    return this.#log + (this.#program?.log ?? '');
  }

  async dispose() {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

scene('the demo is killed and started again, and the drawing is there', async (stage) => {
  const demo = await stage.keep(new Demo()).start();
  const ada = await stage.visitor('Ada', demo.http, 'canvas/lobby');
  await ada.draw([300, 500], [600, 200], [900, 500]);
  await ada.draw([300, 500], [900, 500]);
  await ada.waitFor('both strokes', ({ seq }) => seq === 2);
  await ada.waitUntilSaved();
  const picture = await ada.pixelHash();

  await demo.kill();
  await ada.waitFor('nobody', ({ connected }) => !connected);
  await demo.start();
  await ada.waitFor('the node again', ({ connected }) => connected);
  assert.equal(await ada.pixelHash(), picture);
  await ada.reload();
  assert.equal(await ada.pixelHash(), picture);
  const noor = await stage.visitor('Noor', demo.http, 'canvas/lobby');
  assert.equal(await noor.pixelHash(), picture);
});
