// A scene is one test: its nodes and its visitors, who all go when it is over. If it fails, it leaves pictures and logs behind.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TroupeCluster } from '../support/cluster.mjs';
import { TroupeNode } from '../support/node.mjs';
import { inTime, until } from '../support/wait.mjs';
import { closeBrowser } from './browser.mjs';
import { Visitor } from './visitor.mjs';

after(closeBrowser);

const FAILURES = fileURLToPath(new URL('../../build/browser-failures/', import.meta.url));
const SCENE_MS_MAX = 60_000;

/** What has to be disposed of, and perhaps has a log, or nodes that have one. @typedef {{name?: string, log?: string, nodes?: Thing[], dispose(): Promise<void>}} Thing */

class Scene {
  /** @type {Visitor[]} */
  visitors = [];
  /** @type {Thing[]} */
  #things = [];

  /** A node that is alone. */
  async node() {
    return this.keep(new TroupeNode()).start();
  }

  /** @param {number} count */
  async cluster(count) {
    return this.keep(await TroupeCluster.start(count));
  }

  /**
   * @template {Thing} T
   * @param {T} thing  Is disposed of when the scene is over.
   */
  keep(thing) {
    this.#things.push(thing);
    return thing;
  }

  /**
   * Somebody comes and opens a canvas.
   * @param {string} name
   * @param {TroupeNode | string} where  A node, or host:port.
   * @param {string} topic
   * @param {Parameters<typeof Visitor.arrive>[1]} [device]
   */
  async visitor(name, where, topic, device) {
    const made = await Visitor.arrive(name, device);
    this.visitors.push(made);
    return made.open(typeof where === 'string' ? where : where.http, topic);
  }

  /** Fails if a page wrote an error to its console. */
  checkConsoles() {
    for (const { name, realErrors } of this.visitors) assert.deepEqual(realErrors, [], `the console of ${name}`);
  }

  /** Pictures of all pages and logs of pages and nodes. @param {string} title */
  async save(title) {
    const folder = join(FAILURES, title.replace(/[^A-Za-z0-9]+/g, '-'));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const { name, page, log } of this.visitors) {
      writeFileSync(join(folder, `${name}.log`), log.join('\n') + '\n');
      await page.screenshot({ path: join(folder, `${name}.png`), timeout: 5_000 }).catch(() => {});
    }
    for (const thing of this.#things.flatMap((each) => each.nodes ?? [each])) {
      writeFileSync(join(folder, `node-${thing.name ?? 'program'}.log`), thing.log ?? '');
    }
    return folder;
  }

  async end() {
    await Promise.all(this.visitors.map((visitor) => visitor.leave()));
    await Promise.all(this.#things.map((thing) => thing.dispose()));
  }
}

/**
 * A test with a scene of its own, which must end in time and leave no error in a console.
 * @param {string} title
 * @param {(scene: Scene) => Promise<void>} play
 */
export function scene(title, play) {
  test(title, async () => {
    const made = new Scene();
    try {
      await inTime(`the end of "${title}"`, play(made), SCENE_MS_MAX);
      made.checkConsoles();
    } catch (error) {
      const folder = await made.save(title);
      console.error(`pictures and logs of "${title}": ${folder}`);
      throw error;
    } finally {
      await made.end();
    }
  });
}

/**
 * Waits until all see the same confirmed picture, and returns its hash. All of them must have saved what they drew.
 * @param {Visitor[]} visitors
 */
export async function waitUntilSamePicture(visitors) {
  await Promise.all(visitors.map((visitor) => visitor.waitUntilSaved()));
  return until('the same picture everywhere', async () => {
    const hashes = new Set(await Promise.all(visitors.map((visitor) => visitor.pixelHash())));
    return hashes.size === 1 && [...hashes][0];
  });
}
