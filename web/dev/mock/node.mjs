// One mock node: HTTP and WebSocket on a port. Serves the built page as a real node does.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';
import { Faults, MockSession } from './session.mjs';

/** @type {Record<string, string>} */
const CONTENT_TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

export class MockNode {
  faults = new Faults();
  /** The other nodes of the cluster, itself included. @type {MockNode[]} */
  members = [this];
  /** @type {Set<MockSession>} */
  sessions = new Set();
  port = 0;
  #http;
  #sockets = new WebSocketServer({ noServer: true });
  #pages;
  #sessionCount = 0;
  // As with a real node, the sessions of a node that was started again never have the names of earlier ones.
  #incarnation = Date.now().toString(36);

  /** @param {{ name: string, store: import('./documents.mjs').MockStore, pages?: string }} options */
  constructor({ name, store, pages }) {
    this.name = name;
    this.store = store;
    this.#pages = pages;
    this.#http = createServer((request, response) => void this.#serve(request, response));
    this.#http.on('upgrade', (request, socket, head) => {
      if (request.url !== '/api/v1/socket') return socket.destroy();
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket));
    });
  }

  /** @param {number} port 0 for any free one @returns {Promise<void>} */
  start(port) {
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, '127.0.0.1', () => {
        const address = this.#http.address();
        if (address !== null && typeof address === 'object') this.port = address.port;
        resolve();
      });
    });
  }

  /** Stops like a killed process: connections break without a word. @returns {Promise<void>} */
  kill() {
    this.breakConnections();
    this.#http.closeAllConnections();
    return new Promise((resolve) => this.#http.close(() => resolve()));
  }

  breakConnections() {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Stops in order: clients are asked to go elsewhere. */
  drain() {
    for (const session of this.sessions) session.drain();
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  /** @param {import('ws').WebSocket} socket */
  #accept(socket) {
    this.#sessionCount += 1;
    const session = new MockSession(this, socket, `${this.name}-${this.#incarnation}-${this.#sessionCount}`);
    this.sessions.add(session);
    socket.on('close', () => this.sessions.delete(session));
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async #serve(request, response) {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    /** @param {unknown} body */
    const json = (body) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(body));
    };
    const events = /^\/api\/v1\/documents\/(.+)\/events$/.exec(pathname);
    if (pathname === '/livez' || pathname === '/readyz') return response.end('ok');
    if (pathname === '/api/v1/cluster') return json({ node: this.name, members: this.#memberList(), configured: [] });
    if (events?.[1] !== undefined) {
      const { epoch, seq, events: all } = this.store.document(events[1]);
      return json({ topic: events[1], epoch, seq, events: all.slice(Number(searchParams.get('after') ?? 0)), more: false });
    }
    const isPage = pathname === '/' || /^\/canvas\/[^/]*$/.test(pathname);
    return this.#serveFile(isPage ? '/index.html' : pathname, response);
  }

  #memberList() {
    return this.members.map(({ name, address }) => ({ name, address, http: address, incarnation: 1, state: 'up' }));
  }

  /** @param {string} path @param {import('node:http').ServerResponse} response */
  async #serveFile(path, response) {
    try {
      const content = await readFile(join(this.#pages ?? '', normalize(path)));
      response.setHeader('Content-Type', CONTENT_TYPES[extname(path)] ?? 'application/octet-stream');
      response.end(content);
    } catch {
      response.statusCode = 404;
      response.end('not found');
    }
  }
}
