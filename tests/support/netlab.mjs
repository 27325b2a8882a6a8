// Hosts of their own network namespaces on this machine, joined by a network with faults: tests/netlab/README.md.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PATIENCE_MS, inTime } from './wait.mjs';

const RELAY = process.env.TROUPE_NETLAB_RELAY ?? fileURLToPath(new URL('../../build/release/tests/netlab/troupe-netlab-relay', import.meta.url));

/** With this code the relay says that the machine lacks something, and a test file that it was skipped (ctest knows it). */
const SKIPPED = 77;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A process that ends with this one. @param {string[]} words @param {import('node:child_process').StdioOptions} stdio */
function start(words, stdio) {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...words], { stdio });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

export class Netlab {
  /** @type {Map<string, {address: string, namespace: string}>} */
  #hosts = new Map();
  #relay;
  /** Lines of the answer that is under way. @type {string[]} */
  #lines = [];
  /** @type {{command: string, resolve: (lines: string[]) => void, reject: (error: Error) => void}[]} */
  #waiting = [];
  #rest = '';
  #log = '';
  /** @type {Set<import('node:child_process').ChildProcess>} */
  #children = new Set();

  /**
   * Hosts that reach each other at once, without loss. Besides those named there is one called `outside`: the namespace of this process.
   * @param {string[]} hosts
   * @param {{seed?: number, mtu?: number}} [options]
   */
  static async create(hosts, { seed = 1, mtu = 1500 } = {}) {
    const lab = new Netlab([RELAY, '--hosts', [...hosts, 'outside'].join(','), '--seed', `${seed}`, '--mtu', `${mtu}`]);
    for (const line of await lab.#answer('(start)')) {
      const [, name, address, namespace] = line.match(/^host (\S+) address=(\S+) ns=(\S+)$/) ?? [];
      if (name) lab.#hosts.set(name, { address, namespace });
    }
    return lab;
  }

  /** To be called first in a test file: if this machine cannot have such hosts, the file ends as skipped, and says why. */
  static async orSkip() {
    try {
      await (await Netlab.create([])).close();
    } catch (error) {
      if (/** @type {any} */ (error).exitCode !== SKIPPED) throw error;
      console.log(`skipped: ${/** @type {Error} */ (error).message}`);
      process.exit(SKIPPED);
    }
  }

  /** @param {string[]} words */
  constructor(words) {
    this.#relay = start(words, ['pipe', 'pipe', 'pipe']);
    const { stdin, stdout, stderr } = this.#relay;
    stdin?.on('error', () => {});  // It ended; whoever asks hears of that.
    stderr?.setEncoding('utf8').on('data', (text) => (this.#log += text));
    stdout?.setEncoding('utf8').on('data', (text) => this.#onOutput(text));
    this.#relay.once('error', (error) => (this.#log += error.message));
    this.ended = new Promise((resolve) => this.#relay.once('close', (code) => {
      const error = Object.assign(new Error(this.#log.trim() || 'the relay has ended'), { exitCode: code });
      for (const { reject } of this.#waiting.splice(0)) reject(error);
      resolve(code);
    }));
  }

  /** The process that holds it all. */
  get pid() {
    return /** @type {number} */ (this.#relay.pid);
  }

  /** @param {string} text */
  #onOutput(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = /** @type {string} */ (lines.pop());
    for (const line of lines) {
      this.#lines.push(line);
      if (!/^(ready|ok|error .*)$/.test(line)) continue;
      const answer = this.#lines.splice(0);
      const waiting = this.#waiting.shift();
      if (line.startsWith('error ')) waiting?.reject(new Error(`${waiting.command}: ${line}`));
      else waiting?.resolve(answer);
    }
  }

  /** @param {string} command @returns {Promise<string[]>} */
  #answer(command) {
    return inTime(`the answer of the relay to ${command}`, new Promise((resolve, reject) => this.#waiting.push({ command, resolve, reject })));
  }

  /** A line for the relay. @param {string} command */
  command(command) {
    const answer = this.#answer(command);
    if (this.#relay.exitCode !== null || this.#relay.signalCode !== null) this.#waiting.pop()?.reject(new Error('the relay has ended'));
    else this.#relay.stdin?.write(`${command}\n`);
    return answer;
  }

  /** @param {string} host */
  #host(host) {
    const found = this.#hosts.get(host);
    if (!found) throw new Error(`no host ${host} in the laboratory`);
    return found;
  }

  /** Its IPv4 address. @param {string} host */
  address(host) {
    return this.#host(host).address;
  }

  /** What stands before a program and its arguments to run it on a host; the process keeps its id. @param {string} host */
  prefix(host) {
    return ['nsenter', `--net=${this.#host(host).namespace}`];
  }

  /**
   * Runs a program on a host. It is killed when the laboratory closes.
   * @param {string} host
   * @param {string} program
   * @param {string[]} [words]
   */
  exec(host, program, words = []) {
    const child = start([...this.prefix(host), program, ...words], ['ignore', 'pipe', 'inherit']);
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return child;
  }

  /** What packets take in each direction: a round trip takes twice that. @param {string} one @param {string} other @param {number} milliseconds */
  delay(one, other, milliseconds) {
    return this.command(`delay ${one} ${other} ${milliseconds}ms`);
  }

  /** @param {string} one @param {string} other @param {number} probability  That a packet is dropped, in each direction. */
  loss(one, other, probability) {
    return this.command(`loss ${one} ${other} ${probability}`);
  }

  /** @param {string} one @param {string} other @param {number} bytesPerSecondMax  In each direction; 0 for no limit. */
  rate(one, other, bytesPerSecondMax) {
    return this.command(`rate ${one} ${other} ${bytesPerSecondMax}`);
  }

  /** Nothing passes between two hosts, nor what is on its way. @param {string} one @param {string} other */
  cut(one, other) {
    return this.command(`cut ${one} ${other}`);
  }

  /** Nothing passes from one host to the other; the way back is open. @param {string} from @param {string} to */
  cutOneWay(from, to) {
    return this.command(`cut ${from}>${to}`);
  }

  /** Cuts a host off from all others but `outside`, so that the test still reaches it. @param {string} host */
  async isolate(host) {
    const others = [...this.#hosts.keys()].filter((other) => other !== host && other !== 'outside');
    await Promise.all(others.map((other) => this.cut(host, other)));
  }

  /** Undoes the cut of two hosts, or all cuts. @param {string} [one] @param {string} [other] */
  heal(one, other) {
    return this.command(one === undefined ? 'heal' : `heal ${one} ${other}`);
  }

  /**
   * What has happened so far to the packets from one host to another.
   * @param {string} from
   * @param {string} to
   */
  async count(from, to) {
    const line = (await this.command('count')).find((each) => each.startsWith(`count ${from}>${to} `));
    const numbers = Object.fromEntries([...(line ?? '').matchAll(/(\w+)=(\d+)/g)].map(([, name, number]) => [name, Number(number)]));
    return /** @type {{packets: number, bytes: number, lost: number, cut: number, full: number}} */ (numbers);
  }

  /** Ends what runs on the hosts by `exec`, and removes the hosts. */
  async close() {
    for (const child of this.#children) child.kill('SIGKILL');
    this.#relay.stdin?.end();
    await inTime('the end of the relay', this.ended, PATIENCE_MS);
  }

  /** `kill -9` of the relay. */
  async kill() {
    this.#relay.kill('SIGKILL');
    await this.ended;
  }
}
