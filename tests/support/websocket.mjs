// A WebSocket client (RFC 6455) of its own, down to the frames, so that tests can also do what a good client never does: send broken frames, or
// stop to read.

import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { connect } from 'node:net';
import { inTime } from './wait.mjs';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** @typedef {{code: number, reason: string}} Close  1005: closed without a code; 1006: the connection broke. */
/** @typedef {{status: number, headers: Record<string, string>}} Handshake */

/** The handshake failed; `status` is that of HTTP, 0 if nothing came. */
export class HandshakeError extends Error {
  /** @param {number} status */
  constructor(status) {
    super(status === 0 ? 'the connection broke before the handshake was answered' : `the handshake was answered with ${status}`);
    this.status = status;
  }
}

/**
 * One frame as a client sends it.
 * @param {number} opcode
 * @param {Buffer | string} payload
 * @param {{final?: boolean, masked?: boolean, reserved?: number}} [options]
 */
export function frame(opcode, payload, { final = true, masked = true, reserved = 0 } = {}) {
  const data = Buffer.from(payload);
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const bit = masked ? 0x80 : 0;
  let head;
  if (data.length < 126) {
    head = Buffer.from([first, bit | data.length]);
  } else if (data.length < 65_536) {
    head = Buffer.from([first, bit | 126, data.length >> 8, data.length & 255]);
  } else {
    head = Buffer.alloc(10);
    head.set([first, bit | 127]);
    head.writeBigUInt64BE(BigInt(data.length), 2);
  }
  if (!masked) return Buffer.concat([head, data]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, data.map((byte, index) => byte ^ mask[index & 3])]);
}

/** Emits 'message' (text) and 'close' (Close), in the order of the wire. Answers pings. */
export class WebSocketConnection extends EventEmitter {
  /** @type {Handshake} */
  handshake = { status: 0, headers: {} };
  /** @type {Close | null} */
  close = null;
  answersPings = true;
  #received = Buffer.alloc(0);
  #parts = /** @type {Buffer[]} */ ([]);

  /**
   * Connects and shakes hands; fails with a HandshakeError.
   * @param {string} address  host:port
   * @param {{path?: string, protocols?: string[], headers?: Record<string, string>, within?: number}} [options]
   * @returns {Promise<WebSocketConnection>}
   */
  static open(address, { path = '/api/v1/socket', protocols = ['troupe.v1.json'], headers = {}, within } = {}) {
    const connection = new WebSocketConnection(address);
    return inTime(`a WebSocket to ${address}`, connection.#open(address, path, protocols, headers), within).catch((error) => {
      connection.socket.destroy();
      throw error;
    });
  }

  /** @param {string} address */
  constructor(address) {
    super();
    const [host, port] = address.split(':');
    this.socket = connect({ host, port: Number(port), noDelay: true });
    this.socket.on('error', () => {});  // 'close' follows.
    /** @type {Promise<Close>} */
    this.closed = new Promise((resolve) => this.once('close', resolve));
  }

  /**
   * @param {string} address
   * @param {string} path
   * @param {string[]} protocols
   * @param {Record<string, string>} headers
   */
  #open(address, path, protocols, headers) {
    const key = randomBytes(16).toString('base64');
    const lines = {
      Host: address, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': key,
      ...(protocols.length > 0 ? { 'Sec-WebSocket-Protocol': protocols.join(', ') } : {}), ...headers,
    };
    this.socket.write(`GET ${path} HTTP/1.1\r\n${Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    return new Promise((resolve, reject) => {
      const onData = (/** @type {Buffer} */ data) => {
        this.#received = Buffer.concat([this.#received, data]);
        const end = this.#received.indexOf('\r\n\r\n');
        if (end < 0) return;
        this.socket.off('data', onData).off('close', onEarlyClose);
        this.#readHead(this.#received.subarray(0, end).toString());
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        if (this.handshake.status !== 101 || this.handshake.headers['sec-websocket-accept'] !== accept) {
          return reject(new HandshakeError(this.handshake.status));
        }
        this.#received = this.#received.subarray(end + 4);
        this.socket.on('data', (more) => this.#onData(more));
        this.socket.on('close', () => this.#ended({ code: 1006, reason: '' }));
        resolve(this);
        setImmediate(() => this.#onData(Buffer.alloc(0)));
      };
      const onEarlyClose = () => reject(new HandshakeError(0));
      this.socket.on('data', onData).on('close', onEarlyClose);
    });
  }

  /** @param {string} head */
  #readHead(head) {
    const [first, ...lines] = head.split('\r\n');
    this.handshake.status = Number(first.split(' ')[1]);
    for (const line of lines) this.handshake.headers[line.slice(0, line.indexOf(':')).toLowerCase()] = line.slice(line.indexOf(':') + 1).trim();
  }

  /** @param {Buffer} data */
  #onData(data) {
    this.#received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data]);
    for (;;) {
      if (this.#received.length < 2) return;
      const [first, second] = this.#received;
      const length = second & 127;  // The size itself, or how it is written behind.
      const head = 2 + (length === 126 ? 2 : length === 127 ? 8 : 0);
      if (this.#received.length < head) return;
      const size = length === 126 ? this.#received.readUInt16BE(2) : length === 127 ? Number(this.#received.readBigUInt64BE(2)) : length;
      if (this.#received.length < head + size) return;
      const payload = this.#received.subarray(head, head + size);
      this.#received = this.#received.subarray(head + size);
      this.#onFrame(first & 15, (first & 0x80) !== 0, payload);
    }
  }

  /**
   * @param {number} opcode
   * @param {boolean} final
   * @param {Buffer} payload
   */
  #onFrame(opcode, final, payload) {
    if (opcode === OPCODE.text || opcode === OPCODE.continuation) {
      this.#parts.push(payload);
      if (final) this.emit('message', Buffer.concat(this.#parts.splice(0)).toString());
    } else if (opcode === OPCODE.ping) {
      this.emit('ping');
      if (this.answersPings) this.sendFrame(OPCODE.pong, payload);
    } else if (opcode === OPCODE.close) {
      const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
      this.sendFrame(OPCODE.close, payload.subarray(0, 2));
      this.socket.end();
      this.#ended({ code, reason: payload.subarray(2).toString() });
    }
  }

  /** @param {Close} close */
  #ended(close) {
    if (this.close) return;
    this.close = close;
    this.emit('close', close);
  }

  /** @param {string} text */
  send(text) {
    return this.sendFrame(OPCODE.text, text);
  }

  /**
   * @param {number} opcode
   * @param {Buffer | string} payload
   * @param {Parameters<typeof frame>[2]} [options]
   */
  sendFrame(opcode, payload, options) {
    return this.sendBytes(frame(opcode, payload, options));
  }

  /** @param {Buffer | string} bytes  As they are, frame or not. */
  sendBytes(bytes) {
    return this.socket.writable && this.socket.write(bytes);
  }

  /** Closes as a good client does, and waits for the answer. */
  async shut() {
    if (!this.close) this.sendFrame(OPCODE.close, Buffer.from([0x03, 0xe8]));
    return inTime('the answer to a close', this.closed);
  }

  /** Cuts the connection without a word. */
  destroy() {
    this.socket.destroy();
    this.#ended({ code: 1006, reason: '' });
  }
}
