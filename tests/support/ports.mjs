// Ports for nodes that have to be known before the nodes start, and stay theirs when they start again.

import { createServer } from 'node:net';

// Below the range from which the system takes ports for outgoing connections, so that none of those takes a node's port
// while it is away.
// Each test's process has a part of the range of its own, so that two at once do not meet between the choice and the use.
const PARTS = 100;
const COUNT = 200;
const FIRST = 12_000 + (process.pid % PARTS) * COUNT;

/** What was given out already: it may be used only later. @type {Set<number>} */
const given = new Set();

/** @param {number} port */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * As many different ports of 127.0.0.1 on which nobody listens, none of which this process was given before.
 * @param {number} count
 * @param {{adjacent?: boolean}} [options]  Adjacent: one after the other.
 * @returns {Promise<number[]>}
 */
export async function freePorts(count, { adjacent = false } = {}) {
  /** @type {number[]} */
  let ports = [];
  for (let attempt = 0; attempt < 1000 && ports.length < count; ++attempt) {
    const port = adjacent && ports.length > 0 ? /** @type {number} */ (ports.at(-1)) + 1 : FIRST + Math.floor(Math.random() * COUNT);
    if (!ports.includes(port) && !given.has(port) && (await isFree(port))) ports.push(port);
    else if (adjacent) ports = [];
  }
  if (ports.length < count) throw new Error(`no ${count} free ports were found`);
  for (const port of ports) given.add(port);
  return ports;
}
