// Ports for nodes that have to be known before the nodes start, and stay theirs when they start again.

import { createServer } from 'node:net';

// Below the range from which the system takes ports for outgoing connections, so that none of those takes a node's port
// while it is away.
const FIRST = 12_000;
const COUNT = 20_000;

/** @param {number} port */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * As many different ports of 127.0.0.1 on which nobody listens. They are picked at random, so that tests that run at the same time rarely meet.
 * @param {number} count
 * @param {{adjacent?: boolean}} [options]  Adjacent: one after the other.
 * @returns {Promise<number[]>}
 */
export async function freePorts(count, { adjacent = false } = {}) {
  /** @type {number[]} */
  let ports = [];
  for (let attempt = 0; attempt < 1000 && ports.length < count; ++attempt) {
    const port = adjacent && ports.length > 0 ? /** @type {number} */ (ports.at(-1)) + 1 : FIRST + Math.floor(Math.random() * COUNT);
    if (!ports.includes(port) && (await isFree(port))) ports.push(port);
    else if (adjacent) ports = [];
  }
  if (ports.length < count) throw new Error(`no ${count} free ports were found`);
  return ports;
}
