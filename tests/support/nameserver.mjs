// A name server on loopback with a few names.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const TYPES = /** @type {const} */ ({ 1: 'A', 33: 'SRV' });

/** @param {string} name */
const encoded = (name) => Buffer.concat([...name.split('.').map((label) => Buffer.from(String.fromCharCode(label.length) + label)), Buffer.of(0)]);

/** @param {...number} values */
const numbers = (...values) => Buffer.from(Uint16Array.from(values).buffer).swap16();

/** "10.0.0.1", or for a service {host, port}. @param {string | {host: string, port: number}} record */
function data(record) {
  if (typeof record === 'string') return Buffer.from(record.split('.').map(Number));
  return Buffer.concat([numbers(0, 0, record.port), encoded(record.host)]);
}

export class Nameserver {
  /** By type and name, "A nodes.test". @type {Map<string, (string | {host: string, port: number})[]>} */
  records = new Map();
  #socket = createSocket('udp4');

  async start() {
    this.#socket.on('message', (question, from) => this.#socket.send(this.#answer(question), from.port, from.address));
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return this;
  }

  get address() {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  stop() {
    this.#socket.close();
  }

  /** @param {Buffer} question */
  #answer(question) {
    const labels = [];
    let at = 12;
    for (; question[at] > 0; at += question[at] + 1) labels.push(question.toString('latin1', at + 1, at + 1 + question[at]));
    const type = question.readUInt16BE(at + 1);
    const name = labels.join('.');
    const records = this.records.get(`${TYPES[/** @type {1 | 33} */ (type)]} ${name}`) ?? [];
    const known = [...this.records.keys()].some((key) => key.endsWith(` ${name}`));
    const answers = records.map((record) => {
      const bytes = data(record);
      return Buffer.concat([numbers(0xc00c, type, 1, 0, 1, bytes.length), bytes]);
    });
    const head = Buffer.concat([question.subarray(0, 2), numbers(known ? 0x8180 : 0x8183, 1, answers.length, 0, 0)]);
    return Buffer.concat([head, question.subarray(12, at + 5), ...answers]);
  }
}
