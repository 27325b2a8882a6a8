// A client of `troupe.v1.json`, written from docs/protocol.md alone. It checks what the page promises of the order of events as they come, and
// keeps what it saw for the test to look at.

import assert from 'node:assert/strict';
import { PATIENCE_MS, inTime, until } from './wait.mjs';
import { WebSocketConnection } from './websocket.mjs';

/** @typedef {{seq: number, key: string, from: string, data: any}} Event */
/** @typedef {{epoch: string, seq: number}} Position */

/** What a client knows of one topic. */
export class Following {
  /** @type {Event[]} In order, without gap or repeat. */
  events = [];
  /** The last snapshot that came. @type {any} */
  snapshot = undefined;
  /** @type {Position} */
  position = { epoch: '', seq: 0 };
  available = true;
  /** By session. @type {Map<string, any>} */
  present = new Map();
  /** @type {{from: string, data: any}[]} */
  signals = [];
  /** How often it had to begin anew, from a `joined` that nobody asked for. */
  resets = 0;

  /** @param {any} joined */
  onJoined(joined) {
    assert.equal(joined.recovered, !('snapshot' in joined), 'there is a snapshot exactly where the client did not recover');
    this.present = new Map(joined.present.map((/** @type {any} */ each) => [each.session, each.present]));
    if (joined.recovered) {
      assert.equal(joined.epoch, this.position.epoch);
      return;
    }
    this.events = [];
    this.snapshot = joined.snapshot;
    this.position = { epoch: joined.epoch, seq: joined.seq };
  }

  /** @param {Event} event */
  onEvent({ seq, key, from, data }) {
    assert.equal(seq, this.position.seq + 1, 'events come without gap or repeat');
    this.events.push({ seq, key, from, data });
    this.position = { ...this.position, seq };
  }

  /** @param {{joined: any[], left: string[]}} change */
  onPresent({ joined, left }) {
    for (const each of joined) this.present.set(each.session, each.present);
    for (const session of left) this.present.delete(session);
  }
}

export class TroupeClient {
  /** The topics that it has joined. @type {Map<string, Following>} */
  topics = new Map();
  /** All messages that came, in order. @type {any[]} */
  messages = [];
  /** What the server did against the protocol. @type {Error[]} */
  faults = [];
  /** Its name at the server, from the first join on. */
  session = '';
  node = '';
  #nextId = 1;
  #waiting = /** @type {Map<number, (answer: any) => void>} */ (new Map());

  /**
   * @param {string} address  host:port of a node
   * @param {Parameters<typeof WebSocketConnection.open>[1]} [options]
   */
  static async connect(address, options) {
    return new TroupeClient(await WebSocketConnection.open(address, options));
  }

  /** @param {WebSocketConnection} socket */
  constructor(socket) {
    this.socket = socket;
    this.closed = socket.closed;
    socket.on('message', (text) => {
      try {
        this.#onMessage(JSON.parse(text));
      } catch (error) {
        this.faults.push(/** @type {Error} */ (error));
      }
    });
    socket.on('close', () => {
      for (const answered of this.#waiting.values()) answered({ op: 'closed' });
      this.#waiting.clear();
    });
  }

  get isOpen() {
    return this.socket.close === null;
  }

  /** @param {string} topic */
  topic(topic) {
    const following = this.topics.get(topic);
    if (!following) throw new Error(`${topic} is not joined`);
    return following;
  }

  /** @param {any} message */
  #onMessage(message) {
    this.messages.push(message);
    const following = this.topics.get(message.topic);
    switch (message.op) {
      case 'joined':
        this.session = message.session ?? this.session;
        this.node = message.node ?? this.node;
        if (!('id' in message) && following) ++following.resets;
        following?.onJoined(message);
        break;
      case 'event':
        assert.ok(following, `an event of ${message.topic}, which is not joined`);
        following.onEvent(message);
        break;
      case 'present':
        following?.onPresent(message);
        break;
      case 'signal':
        following?.signals.push({ from: message.from, data: message.data });
        break;
      case 'status':
        if (following) following.available = message.available;
        break;
      case 'ack': case 'pong': case 'error': case 'reconnect':
        break;
      default:
        assert.fail(`the protocol has no "${message.op}"`);
    }
    if (message.id !== undefined) {
      this.#waiting.get(message.id)?.(message);
      this.#waiting.delete(message.id);
    }
  }

  /**
   * Sends a request and gives its answer, whatever that is; `{op: "closed"}` if the connection ends first.
   * @param {any} message  Without `id`.
   * @param {number} [within]
   */
  request(message, within = PATIENCE_MS) {
    const id = this.#nextId++;
    /** @type {Promise<any>} */
    const answer = new Promise((resolve) => this.#waiting.set(id, resolve));
    if (this.isOpen) this.socket.send(JSON.stringify({ ...message, id }));
    else this.#waiting.get(id)?.({ op: 'closed' });
    return inTime(`the answer to ${JSON.stringify(message).slice(0, 200)}`, answer, within);
  }

  /**
   * Joins a topic; it must work. With `after`, the client says what it has.
   * @param {string} topic
   * @param {{after?: Position, present?: any}} [options]
   */
  async join(topic, { after, present } = {}) {
    const following = new Following();
    if (after) following.position = after;
    this.topics.set(topic, following);
    const joined = await this.request({ op: 'join', topic, ...(after ? { after } : {}), ...(present === undefined ? {} : { present }) });
    assert.equal(joined.op, 'joined', JSON.stringify(joined));
    return joined;
  }

  /**
   * Appends an event; it must work.
   * @param {string} topic
   * @param {any} data
   * @param {string} key
   * @returns {Promise<number>} its seq
   */
  async send(topic, data, key) {
    const ack = await this.request({ op: 'send', topic, key, data });
    assert.equal(ack.op, 'ack', JSON.stringify(ack));
    return ack.seq;
  }

  /** @param {string} topic */
  async leave(topic) {
    const ack = await this.request({ op: 'leave', topic });
    assert.equal(ack.op, 'ack', JSON.stringify(ack));
    this.topics.delete(topic);
  }

  /**
   * Waits for a message that came or will come.
   * @param {string} what
   * @param {(message: any) => boolean} matches
   * @param {number} [within]
   */
  waitFor(what, matches, within) {
    return until(what, () => this.messages.find(matches), { within, every: 5 });
  }

  /**
   * Waits until it has the topic up to this seq.
   * @param {string} topic
   * @param {number} seq
   */
  waitForSeq(topic, seq) {
    return until(`seq ${seq} of ${topic}`, () => this.topic(topic).position.seq >= seq || this.faults.length > 0, { every: 5 });
  }

  /** Fails if the server broke the protocol towards this client. */
  check() {
    if (this.faults.length > 0) throw this.faults[0];
  }

  /** Closes as a good client does. */
  close() {
    return this.socket.shut();
  }
}
