// PostgreSQL for a test: servers of its own in a temporary folder, on sockets there. They flush like any other.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './node.mjs';
import { until } from './wait.mjs';

const run = promisify(execFile);
const VERSIONS = '/usr/lib/postgresql';
const PORT = '5432';

/** Debian keeps the server's programs apart from those on the PATH. @param {string} name */
function program(name) {
  const version = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort().at(-1) : undefined;
  assert.ok(version, 'there is no PostgreSQL: run tools/install_packages.sh postgres');
  return join(VERSIONS, version, 'bin', name);
}

/** It does not run as root: then as whom its package made for it. */
const isRoot = userInfo().uid === 0;
const asUser = isRoot ? ['--reuid', 'postgres', '--regid', 'postgres', '--clear-groups'] : [];

/** @param {string} name @param {string[]} words */
const call = (name, ...words) => run('setpriv', [...asUser, program(name), ...words]);

/** One server. */
export class PostgresServer {
  /** @type {import('node:child_process').ChildProcess | null} */
  #process = null;

  /** Of its socket and its data. */
  folder = temporaryFolder();
  data = join(this.folder, 'data');

  async #giveFolder() {
    if (!isRoot) return;
    const id = async (/** @type {string} */ flag) => Number((await run('id', [flag, 'postgres'])).stdout);
    chownSync(this.folder, await id('-u'), await id('-g'));
  }

  /** A new, empty database. */
  async create() {
    await this.#giveFolder();
    await call('initdb', '--no-sync', '--no-instructions', '--no-locale', '--auth=trust', '--encoding=UTF8', '--username=troupe', '-D', this.data);
    return this;
  }

  /** A standby of another server, which runs. @param {PostgresServer} primary @param {string} name */
  async createStandby(primary, name) {
    await this.#giveFolder();
    await call('pg_basebackup', '--no-sync', '--checkpoint=fast', '-h', primary.folder, '-p', PORT, '-U', 'troupe', '-D', this.data);
    const words = ['sh', '-c', 'touch "$0/standby.signal" && echo "primary_conninfo = \'$1\'" >> "$0/postgresql.auto.conf"', this.data];
    await run('setpriv', [...asUser, '--', ...words, `host=${primary.folder} port=${PORT} user=troupe application_name=${name}`]);
    return this;
  }

  /** @param {string[]} settings  As in postgresql.conf, of this start alone. */
  async start(...settings) {
    const words = ['-D', this.data, '-k', this.folder, '-c', 'listen_addresses=', '-c', `port=${PORT}`, '-c', 'shared_buffers=32MB', '-c', 'max_connections=60'];
    for (const setting of settings) words.push('-c', setting);
    await until('PostgreSQL takes connections', () => {
      // It refuses to start as long as processes of a server that was killed are at their end.
      if (!this.isRunning) this.#process = spawn('setpriv', ['--pdeathsig', 'QUIT', ...asUser, program('postgres'), ...words], { stdio: 'ignore' });
      return this.isUp();
    });
    return this;
  }

  async isUp() {
    try {
      await this.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  get isRunning() {
    return this.#process !== null && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** What a node's `journal.connection` says of it. */
  get connection() {
    return `host=${this.folder} port=${PORT} user=troupe dbname=postgres`;
  }

  /** The first column of the rows. @param {string} statement */
  async query(statement) {
    const { stdout } = await call('psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', statement, `${this.connection} connect_timeout=2`);
    return stdout.split('\n').slice(0, -1);
  }

  /** @param {string} name @param {string} value */
  async set(name, value) {
    await this.query(`ALTER SYSTEM SET ${name} = '${value}'`);
    await this.query('SELECT pg_reload_conf()');
  }

  /** The processes that serve nodes. */
  async #backends() {
    return (await this.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'troupe'")).map(Number);
  }

  /** Its sessions with nodes hang; gives what lets them go on. */
  async freeze() {
    const backends = await this.#backends();
    for (const backend of backends) process.kill(backend, 'SIGSTOP');
    return () => backends.forEach((backend) => process.kill(backend, 'SIGCONT'));
  }

  /** As a power cut ends it. */
  async kill() {
    const child = this.#process;
    if (child === null || !this.isRunning) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async promote() {
    await this.query("SELECT pg_promote(wait => true)");
  }

  async dispose() {
    const child = this.#process;
    if (child !== null && this.isRunning) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGQUIT');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A server that runs, with a new database. */
export const startPostgres = async () => (await new PostgresServer().create()).start();
