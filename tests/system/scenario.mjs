// What every system test stands on: a test with a world of its own, which is cleaned up however the test ends, and tells what the nodes logged if it
// fails.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { TroupeClient } from '../support/client.mjs';
import { TroupeCluster } from '../support/cluster.mjs';
import { TroupeNode, temporaryFolder } from '../support/node.mjs';
import { RetryingWriter } from '../support/writer.mjs';

const LOG_CHARACTERS_SHOWN = 6_000;

export class World {
  /** @type {(() => unknown)[]} */
  #cleanUp = [];
  /** @type {TroupeNode[]} */
  #nodes = [];
  /** @type {TroupeClient[]} */
  #clients = [];

  /** Something to do at the end; the last one first. @param {() => unknown} action */
  atEnd(action) {
    this.#cleanUp.push(action);
  }

  /** For nodes of this world, and for `troupe ctl` to find them alone: the environment with a folder for their sockets. */
  ownSockets() {
    const folder = temporaryFolder();
    this.atEnd(() => rmSync(folder, { recursive: true, force: true }));
    return { TROUPE_RUNTIME_DIR: join(folder, 'sockets') };
  }

  /** A node that runs. @param {ConstructorParameters<typeof TroupeNode>[0]} [options] */
  async node(options) {
    const node = new TroupeNode(options);
    this.#nodes.push(node);
    this.atEnd(() => node.dispose());
    return node.start();
  }

  /**
   * A cluster that runs, all of whose nodes see each other.
   * @param {number} count
   * @param {Parameters<typeof TroupeCluster.create>[1]} [options]
   */
  async cluster(count, options) {
    const cluster = await this.stoppedCluster(count, options);
    await cluster.startAll();
    return cluster;
  }

  /**
   * The same, before it runs: the flags of its nodes can be changed.
   * @param {number} count
   * @param {Parameters<typeof TroupeCluster.create>[1]} [options]
   */
  async stoppedCluster(count, options) {
    const cluster = await TroupeCluster.create(count, options);
    this.#nodes.push(...cluster.nodes);
    this.atEnd(() => cluster.dispose());
    return cluster;
  }

  /**
   * A client, whose view of the order of events is checked at the end.
   * @param {TroupeNode} node
   * @param {Parameters<typeof TroupeClient.connect>[1]} [options]
   */
  async client(node, options) {
    const client = await TroupeClient.connect(node.http, options);
    this.#clients.push(client);
    this.atEnd(() => client.socket.destroy());
    return client;
  }

  /** @param {ConstructorParameters<typeof RetryingWriter>[0]} options */
  writer(options) {
    const writer = new RetryingWriter(options);
    this.atEnd(() => writer.abandon());
    return writer;
  }

  /** Fails if a node broke the protocol towards one of the clients. */
  check() {
    for (const client of this.#clients) client.check();
  }

  async dispose() {
    for (const action of this.#cleanUp.reverse()) await action();
  }

  report() {
    for (const node of this.#nodes) console.error(`--- log of node ${node.name}, its end:\n${node.log.slice(-LOG_CHARACTERS_SHOWN)}`);
  }
}

/**
 * A test of whole programs.
 * @param {string} name  What holds.
 * @param {(world: World) => Promise<unknown>} run
 * @param {{timeout?: number}} [options]
 */
export function scenario(name, run, { timeout = 90_000 } = {}) {
  test(name, { timeout }, async () => {
    const world = new World();
    try {
      await run(world);
      world.check();
    } catch (error) {
      world.report();
      throw error;
    } finally {
      await world.dispose();
    }
  });
}

/** A random number from 0 on, below `limit`, from a seed that the failing test prints. @param {number} seed */
export function randomNumbers(seed) {
  let state = BigInt(seed) | 1n;
  return (/** @type {number} */ limit) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 33n) % limit;
  };
}
