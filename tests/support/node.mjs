// One node: a `troupe serve` of the real program, which can be killed, stopped and started again.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { http } from './http.mjs';
import { freePorts } from './ports.mjs';
import { Program } from './program.mjs';
import { until } from './wait.mjs';

const READY = /^ready name=(\S+) http=(\S*) cluster=(\S*)$/m;

/** Flags of `troupe serve` without their dashes: {'drain-timeout': '2s'}. @typedef {Record<string, string>} Flags */

/** A new folder for one test. */
export const temporaryFolder = () => mkdtempSync(join(tmpdir(), 'troupe-test-'));

export class TroupeNode {
  /** Where clients reach it, host:port. Known once it has started; the same after a restart. */
  http = '';
  /** Where other nodes reach it; empty for a node that is alone. */
  cluster = '';
  /** @type {Program | null} */
  program = null;
  #earlierLog = '';
  /** @type {string | null} */
  #ownFolder = null;

  /**
   * @param {{name?: string, data?: string, flags?: Flags, env?: Record<string, string>, prefix?: string[]}} [options]  Without `data` it gets a folder
   * that goes with `dispose`. `prefix`: as for `Program`.
   */
  constructor({ name = 'a', data, flags = {}, env = {}, prefix = [] } = {}) {
    this.name = name;
    this.data = data ?? (this.#ownFolder = temporaryFolder());
    this.flags = flags;
    this.env = env;
    this.prefix = prefix;
  }

  /** Starts it and waits until it serves. */
  async start() {
    this.#earlierLog = this.log;
    this.flags.http ??= `127.0.0.1:${(await freePorts(1))[0]}`;
    const flags = { name: this.name, data: this.data, 'journal-durability': 'node', ...this.flags };
    this.program = new Program(['serve', ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])], { env: this.env, prefix: this.prefix });
    const [, name, address, cluster] = await this.program.waitForOutput(READY);
    assert.equal(name, this.name);
    this.http = address;
    this.cluster = cluster;
    return this;
  }

  /** What all its lives wrote to standard error. */
  get log() {
    return this.#earlierLog + (this.program?.log ?? '');
  }

  get isRunning() {
    return this.program !== null && this.program.end === null;
  }

  /** @param {NodeJS.Signals} name */
  signal(name) {
    this.program?.signal(name);
  }

  /** `kill -9`. */
  async kill() {
    await this.program?.kill();
  }

  /**
   * SIGTERM; it must end by itself with exit code 0.
   * @param {number} [within]
   */
  async stop(within) {
    this.signal('SIGTERM');
    assert.deepEqual(await this.program?.wait(within), { code: 0, signal: null }, `node ${this.name} did not stop well:\n${this.log.slice(-4000)}`);
  }

  /** Starts it again with its ports and its data. */
  async restart() {
    if (this.isRunning) await this.stop();
    return this.start();
  }

  /** Ends it however it is, and removes its folder. */
  async dispose() {
    this.signal('SIGCONT');
    await this.kill();
    if (this.#ownFolder) rmSync(this.#ownFolder, { recursive: true, force: true });
  }

  // What it says over HTTP.

  /**
   * @param {string} path
   * @param {Parameters<typeof http>[2]} [options]
   */
  get(path, options) {
    return http(this.http, path, options);
  }

  /**
   * Appends an event over REST.
   * @param {string} topic
   * @param {any} data
   * @param {string} [key]
   */
  post(topic, data, key) {
    return http(this.http, `/api/v1/documents/${topic}/events`, { body: { data }, headers: key === undefined ? {} : { 'idempotency-key': key } });
  }

  /**
   * All events of a topic, page by page.
   * @param {string} topic
   * @returns {Promise<{seq: number, key: string, from: string, data: any}[]>}
   */
  async events(topic) {
    const all = [];
    for (let more = true; more; ) {
      const page = await this.get(`/api/v1/documents/${topic}/events?after=${all.at(-1)?.seq ?? 0}&limit=1000`);
      assert.equal(page.status, 200, page.body);
      all.push(...page.json.events);
      more = page.json.more;
    }
    return all;
  }

  /**
   * @param {string} topic
   * @returns {Promise<{epoch: string, seq: number, hash: string, node: string}>}
   */
  async digest(topic) {
    const answer = await this.get(`/api/v1/documents/${topic}/digest`);
    assert.equal(answer.status, 200, answer.body);
    return answer.json;
  }

  /** @returns {Promise<{name: string, address: string, http: string, incarnation: number, state: string}[]>} */
  async members() {
    const answer = await this.get('/api/v1/cluster');
    assert.equal(answer.status, 200, answer.body);
    return answer.json.members;
  }

  /**
   * Waits until this node sees another one in a state.
   * @param {string} name
   * @param {string} state  "up", "suspected", "unreachable", "down", "left"
   * @param {number} [within]
   */
  waitForMember(name, state, within) {
    return until(`node ${this.name} to see node ${name} ${state}`,
                 async () => (await this.members()).find((member) => member.name === name)?.state === state, { within });
  }

  /**
   * The sum of a metric over all its labels that match.
   * @param {string} name
   * @param {Record<string, string>} [labels]
   */
  async metric(name, labels = {}) {
    let sum = 0;
    for (const line of (await this.get('/metrics')).body.split('\n')) {
      const [, series, text = '', value] = line.match(/^([a-zA-Z_:]+)(?:\{(.*)\})? (\S+)$/) ?? [];
      if (series === name && Object.entries(labels).every(([label, wanted]) => text.includes(`${label}="${wanted}"`))) sum += Number(value);
    }
    return sum;
  }
}
