// Several nodes of one cluster on this machine.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TroupeNode, temporaryFolder } from './node.mjs';
import { freePorts } from './ports.mjs';
import { until } from './wait.mjs';

/** The ports of a node that has a host for itself. */
const CLUSTER_PORT = 7700;
const HTTP_PORT = 8080;

/** @param {number} index */
const nameOf = (index) => String.fromCharCode('a'.charCodeAt(0) + index);

export class TroupeCluster {
  /** @type {TroupeNode[]} */
  nodes = [];

  /**
   * Nodes a, b, c, … with one secret, each joining the others. They do not run yet.
   * @param {number} count
   * @param {{flags?: import('./node.mjs').Flags, env?: Record<string, string>, secret?: string, lab?: import('./netlab.mjs').Netlab}} [options]  `flags` and `env` for every node. With a
   * `lab`, each node runs on the host of its name.
   */
  static async create(count, { flags = {}, env = {}, secret = 'a secret of the tests', lab } = {}) {
    const cluster = new TroupeCluster();
    cluster.folder = temporaryFolder();
    cluster.secretFile = join(cluster.folder, 'secret');
    writeFileSync(cluster.secretFile, secret, { mode: 0o600 });
    const addresses = lab ? Array.from({ length: count }, (_, index) => `${lab.address(nameOf(index))}:${CLUSTER_PORT}`)
                          : (await freePorts(count)).map((port) => `127.0.0.1:${port}`);
    cluster.nodes = addresses.map((address, index) => {
      const name = nameOf(index);
      const others = addresses.filter((other) => other !== address).join(',');
      return new TroupeNode({
        name,
        data: join(/** @type {string} */ (cluster.folder), name),
        prefix: lab?.prefix(name),
        env,
        flags: { cluster: address, ...(lab ? { http: `${lab.address(name)}:${HTTP_PORT}` } : {}), ...(others ? { join: others } : {}), 'secret-file': /** @type {string} */ (cluster.secretFile), shards: '1', ...flags },
      });
    });
    return cluster;
  }

  /**
   * The same, running, and each node sees each other.
   * @param {number} count
   * @param {Parameters<typeof TroupeCluster.create>[1]} [options]
   */
  static async start(count, options) {
    const cluster = await TroupeCluster.create(count, options);
    try {
      await cluster.startAll();
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
    return cluster;
  }

  /** Starts those nodes that do not run, and waits until everybody sees everybody. */
  async startAll() {
    await Promise.all(this.nodes.filter((node) => !node.isRunning).map((node) => node.start()));
    await this.waitUntilComplete();
  }

  /** Waits until each running node is ready and sees each other running node up. */
  async waitUntilComplete() {
    const running = this.nodes.filter((node) => node.isRunning);
    for (const node of running) {
      for (const other of running) {
        if (other !== node) await node.waitForMember(other.name, 'up');
      }
      await until(`node ${node.name} to be ready`, async () => (await node.get('/readyz')).status === 200);
    }
  }

  /** @param {string} name */
  node(name) {
    const found = this.nodes.find((node) => node.name === name);
    if (!found) throw new Error(`no node ${name}`);
    return found;
  }

  /** @param {...TroupeNode} some */
  othersThan(...some) {
    return this.nodes.filter((node) => !some.includes(node));
  }

  /**
   * The node that numbers the events of a topic: the one whose counter rises when an event comes. It appends one chat line to the topic, once;
   * all nodes must be up.
   * @param {string} topic
   */
  async ownerOf(topic) {
    const counts = () => Promise.all(this.nodes.map(async (node) =>
      (await node.metric('troupe_document_events_total')) + (await node.metric('troupe_document_repeated_total'))));
    const before = await counts();
    await until(`an event on ${topic}`, async () =>
      (await this.nodes[0].post(topic, { type: 'chat', name: 'test', text: 'who owns this?' }, 'owner-probe')).status < 300);
    const after = await counts();
    const risen = this.nodes.filter((_, index) => after[index] > before[index]);
    if (risen.length !== 1) throw new Error(`the owner of ${topic} is unclear: the counters of ${risen.length} nodes rose`);
    return risen[0];
  }

  /**
   * A topic `prefix…` that this node owns.
   * @param {TroupeNode} node
   * @param {string} [prefix]
   */
  async topicOwnedBy(node, prefix = 'canvas/room') {
    for (let number = 1; number < 200; ++number) {
      if ((await this.ownerOf(`${prefix}-${number}`)) === node) return `${prefix}-${number}`;
    }
    throw new Error(`node ${node.name} owns no topic ${prefix}-…`);
  }

  /**
   * Waits until all running nodes have the same digest of a topic, and returns it.
   * @param {string} topic
   * @param {{seq?: number, within?: number}} [options]  `seq`: and have come that far.
   */
  async waitUntilEqual(topic, { seq = 0, within } = {}) {
    const running = this.nodes.filter((node) => node.isRunning);
    return until(`equal digests of ${topic}`, async () => {
      const digests = await Promise.all(running.map((node) => node.digest(topic)));
      const texts = new Set(digests.map(({ epoch, seq, hash }) => `${epoch} ${seq} ${hash}`));
      if (texts.size > 1 || digests[0].seq < seq) throw new Error([...texts].join(' | '));
      return digests[0];
    }, { within });
  }

  /** SIGTERM to all that run; each must end with exit code 0. */
  async stop() {
    await Promise.all(this.nodes.filter((node) => node.isRunning).map((node) => node.stop()));
  }

  /** Ends all of them however they are, and removes their folders. */
  async dispose() {
    await Promise.all(this.nodes.map((node) => node.dispose()));
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }
}
