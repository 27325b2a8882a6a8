// A run of the `troupe` program: its output, its end, and what the operating system says about it.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { inTime, until } from './wait.mjs';

/** The program under test: TROUPE_PROGRAM, or that of the release build. */
export const TROUPE = process.env.TROUPE_PROGRAM ?? fileURLToPath(new URL('../../build/release/server/troupe', import.meta.url));

/** How much of a program's log is kept, from the end. */
const LOG_CHARACTERS_MAX = 4_000_000;

/** @type {Set<Program>} */
const running = new Set();
process.on('exit', () => {
  for (const program of running) program.signal('SIGKILL');
});

/** How a process ended: its exit code, or the signal that ended it. @typedef {{code: number | null, signal: string | null}} End */

export class Program {
  /** @type {End | null} */
  end = null;
  /** What it wrote to standard output. */
  output = '';
  /** What it wrote to standard error. */
  log = '';

  /**
   * Starts it. It dies with this process, whatever happens to this process.
   * @param {string[]} words  "serve", "--name", …
   * @param {{env?: Record<string, string>, prefix?: string[]}} [options]  `prefix`: the words of a program that becomes this one, such as `nsenter`.
   */
  constructor(words, { env = {}, prefix = [] } = {}) {
    this.words = words;
    this.process = spawn('setpriv', ['--pdeathsig', 'KILL', ...prefix, TROUPE, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    });
    this.process.stdout.setEncoding('utf8').on('data', (text) => (this.output += text));
    this.process.stderr.setEncoding('utf8').on('data', (text) => (this.log = (this.log + text).slice(-LOG_CHARACTERS_MAX)));
    running.add(this);
    /** @type {Promise<End>} */
    this.ended = new Promise((resolve) => {
      const done = (/** @type {End} */ end) => {
        running.delete(this);
        this.end = end;
        resolve(end);
      };
      this.process.once('error', (error) => {
        this.log += `\n${error.message}\n`;
        done({ code: null, signal: null });
      });
      this.process.once('close', (code, signal) => done({ code, signal }));
    });
  }

  /** @returns {number} */
  get pid() {
    if (this.process.pid === undefined) throw new Error(`${TROUPE} could not be started`);
    return this.process.pid;
  }

  /** @param {NodeJS.Signals} name */
  signal(name) {
    if (this.end === null && this.process.pid !== undefined) this.process.kill(constants.signals[name]);
  }

  /**
   * Waits for its end.
   * @param {number} [within]
   */
  wait(within) {
    return inTime(`the end of troupe ${this.words[0]} (process ${this.process.pid})`, this.ended, within);
  }

  /** Ends it at once, if it still runs. */
  async kill() {
    this.signal('SIGKILL');
    await this.wait();
  }

  /**
   * Waits for a line of standard output, and returns what the pattern found. Fails as soon as the program ends without it.
   * @param {RegExp} pattern
   * @param {number} [within]
   */
  async waitForOutput(pattern, within) {
    const found = await until(`${pattern} on standard output`, () => this.output.match(pattern) ?? this.end, { within, every: 10 });
    if (found instanceof Array) return found;
    const late = this.output.match(pattern);
    if (late) return late;
    throw new Error(`troupe ${this.words.join(' ')} ended (${JSON.stringify(this.end)}) without ${pattern}:\n${this.output}${this.log}`);
  }

  /** What it holds of physical memory, in bytes. */
  memoryBytes() {
    const found = readFileSync(`/proc/${this.pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m);
    if (!found) throw new Error(`process ${this.pid} has no memory`);
    return Number(found[1]) * 1024;
  }

  /** Processor time that it has used so far, in seconds. */
  processorSeconds() {
    // The second field, the name in brackets, may have blanks; utime and stime are the 14th and 15th, in ticks of 10 ms.
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }
}
