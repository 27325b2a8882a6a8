// A bare TCP connection, for tests that send what no client would.

import { once } from 'node:events';
import { connect } from 'node:net';
import { inTime, until } from './wait.mjs';

export class TcpConnection {
  /** What came, as bytes that are characters. */
  received = '';
  /** Whether the other side has ended it, in order or by a reset. */
  isClosed = false;

  /** @param {string} address  host:port */
  static async open(address) {
    const connection = new TcpConnection(address);
    await inTime(`a connection to ${address}`, once(connection.socket, 'connect'));
    return connection;
  }

  /** @param {string} address */
  constructor(address) {
    const [host, port] = address.split(':');
    this.socket = connect({ host, port: Number(port), noDelay: true });
    this.socket.setEncoding('latin1').on('data', (text) => (this.received += text));
    this.closed = new Promise((resolve) => {
      const done = () => {
        this.isClosed = true;
        resolve(undefined);
      };
      this.socket.on('end', done).on('close', done).on('error', done);
    });
  }

  /** This end, as the other one sees it. */
  get localAddress() {
    return `${this.socket.localAddress}:${this.socket.localPort}`;
  }

  /** @param {string | Buffer} bytes */
  send(bytes) {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Sends no more, but still reads. */
  shut() {
    this.socket.end();
  }

  /** Waits until the other side closes. @param {number} [within] */
  waitForEnd(within) {
    return inTime('the other side to close the connection', this.closed, within);
  }

  /** The status of the HTTP answer that comes; 0 if the connection ends without one. */
  async status() {
    await until('an HTTP answer', () => this.received.includes('\r\n\r\n') || this.isClosed);
    return Number(this.received.match(/^HTTP\/1\.[01] (\d+)/)?.[1] ?? 0);
  }

  destroy() {
    this.socket.destroy();
  }
}
