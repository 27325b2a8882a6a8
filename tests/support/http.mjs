// One HTTP request, one connection: nothing is reused, so that a test knows which node answered.

import { request as httpRequest } from 'node:http';
import { PATIENCE_MS } from './wait.mjs';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string} body
 * @property {any} json  The body read as JSON; undefined if it is not.
 */

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Fails if there is no whole answer in time.
 * @param {string} address  host:port
 * @param {string} path
 * @param {{method?: string, headers?: Record<string, string>, body?: string | Buffer | object, within?: number}} [options]  A `body` that is neither text nor
 * bytes is sent as JSON.
 * @returns {Promise<Answer>}
 */
export function http(address, path, { method, headers = {}, body, within = PATIENCE_MS } = {}) {
  const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host, port, path, agent: false,
        method: method ?? (bytes === undefined ? 'GET' : 'POST'),
        headers: { ...(bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) }), ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part) => (text += part));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, json: parseJson(text) }));
      },
    );
    const timer = setTimeout(() => request.destroy(new Error(`${path} at ${address}: no answer in ${within} ms`)), within);
    request.on('close', () => clearTimeout(timer));
    request.on('error', reject);
    request.end(bytes);
  });
}
