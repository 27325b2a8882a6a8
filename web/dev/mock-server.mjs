// `npm run mock [-- PORT...]`: a mock cluster in one process, one node a port, for work on the pages without a C++
// build. Commands on standard input make trouble: see `help`.

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MockStore } from './mock/documents.mjs';
import { MockNode } from './mock/node.mjs';

const ports = process.argv.slice(2).map(Number);
if (ports.length === 0) ports.push(8080);

const store = new MockStore();
const pages = fileURLToPath(new URL('../dist', import.meta.url));
const nodes = ports.map((_, index) => new MockNode({ name: String.fromCharCode(97 + index), store, pages }));
for (const [index, node] of nodes.entries()) {
  node.members = nodes;
  await node.start(ports[index] ?? 0);
  console.log(`node ${node.name}: http://localhost:${node.port}/`);
}

/** @param {string | undefined} name */
const chosen = (name) => nodes.filter((node) => name === undefined || node.name === name);

/** @type {Record<string, (argument: string | undefined) => unknown>} */
const commands = {
  help: () => console.log(`commands: ${Object.keys(commands).join(', ')}; the argument is a topic or a node's name`),
  away: (topic = 'canvas/lobby') => store.setAvailable(topic, false),
  back: (topic = 'canvas/lobby') => store.setAvailable(topic, true),
  anew: (topic = 'canvas/lobby') => store.document(topic).beginAnew(),
  drop: (name) => chosen(name).forEach((node) => node.breakConnections()),
  drain: (name) => chosen(name).forEach((node) => node.drain()),
  kill: (name) => Promise.all(chosen(name).map((node) => node.kill())),
  slow: (ms = '2000') => nodes.forEach((node) => (node.faults.ackDelayMs = Number(ms))),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [command = '', argument] = line.trim().split(/\s+/);
  await (commands[command] ?? commands['help'])?.(argument);
}
