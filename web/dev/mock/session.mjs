// One client's session on a mock node: the server's half of docs/protocol.md, without limits and without mercy.

import { createHash } from 'node:crypto';
import { whyInvalid } from './documents.mjs';

const TOPIC = /^canvas\/[A-Za-z0-9._~-]{1,190}$/;

/** What can go wrong on purpose; the tests set it. */
export class Faults {
  /** So many of the next sends are stored, but the connection breaks before their ack. */
  loseAcks = 0;
  /** So many of the next sends are answered with `failCode` and not stored. */
  failSends = 0;
  failCode = 'busy';
  /** So many of the next events are not delivered, which leaves a gap. */
  dropEvents = 0;
  /** So many of the next events are delivered twice. */
  repeatEvents = 0;
  /** Acknowledgements take so long. */
  ackDelayMs = 0;
}

/** @param {string} topic @param {string} [key] */
function isOpenTo(topic, key) {
  const lock = /~([A-Za-z0-9_-]{22})$/.exec(topic)?.[1];
  if (lock === undefined) return true;
  return createHash('sha256').update(key ?? '').digest().subarray(0, 16).toString('base64url') === lock;
}

export class MockSession {
  #node;
  #socket;
  /** @type {Map<string, () => void>} */
  #leaves = new Map();
  /** The topics that it may only read. @type {Set<string>} */
  #readOnly = new Set();

  /**
   * @param {import('./node.mjs').MockNode} node
   * @param {import('ws').WebSocket} socket
   * @param {string} name
   */
  constructor(node, socket, name) {
    this.#node = node;
    this.#socket = socket;
    this.name = name;
    socket.on('message', (data, isBinary) => (isBinary ? socket.close(1003) : this.#read(String(data))));
    socket.on('close', () => this.#leaves.forEach((leave) => leave()));
  }

  /** @param {object} message */
  tell(message) {
    if (this.#socket.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  drain() {
    this.tell({ op: 'reconnect', reason: 'draining' });
    setTimeout(() => this.#socket.close(1012, 'draining'), 50).unref();
  }

  /** @param {string} text */
  #read(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return this.tell({ op: 'error', code: 'bad_request', message: 'not JSON' });
    }
    const { op, id, topic } = message;
    if (op === 'ping') return this.tell({ op: 'pong', id });
    if (op === 'join') return this.#join(message);
    if (!this.#leaves.has(topic)) return this.#refuse(id, 'not_joined');
    if (this.#readOnly.has(topic) && (op === 'send' || op === 'signal')) return this.#refuse(id, 'read_only');
    switch (op) {
      case 'send':
        return this.#send(message);
      case 'signal':
        return this.#others(topic, { op: 'signal', topic, from: this.name, data: message.data });
      case 'present':
        this.#show(topic, message.present);
        return this.tell({ op: 'ack', id });
      case 'leave':
        this.#leaves.get(topic)?.();
        return this.tell({ op: 'ack', id });
      default:
        return this.#refuse(id, 'bad_request', `unknown op ${op}`);
    }
  }

  /** @param {number} id @param {string} code */
  #refuse(id, code, message = code) {
    this.tell({ op: 'error', id, code, message });
  }

  /** @param {any} message */
  #join({ id, topic, after, present, write_key: key }) {
    if (typeof topic !== 'string' || !TOPIC.test(topic)) return this.#refuse(id, 'unknown_topic');
    if (this.#leaves.has(topic)) return this.#refuse(id, 'already_joined');
    if (isOpenTo(topic, key)) this.#readOnly.delete(topic);
    else this.#readOnly.add(topic);
    const document = this.#node.store.document(topic);
    const sessions = this.#node.store.sessions(topic);
    this.#tellJoined(topic, document, id, after);
    /** @param {import('./documents.mjs').Event} event */
    const follow = (event) => this.#deliver(topic, event);
    const watch = () => this.#tellJoined(topic, document, undefined, undefined);
    document.followers.add(follow);
    document.watchers.add(watch);
    sessions.set(this.name, { present: undefined, tell: (message) => this.tell(message) });
    if (present !== undefined) this.#show(topic, present);
    if (!document.available) this.tell({ op: 'status', topic, available: false, reason: 'the owner cannot be reached' });
    this.#leaves.set(topic, () => {
      document.followers.delete(follow);
      document.watchers.delete(watch);
      sessions.delete(this.name);
      this.#leaves.delete(topic);
      this.#others(topic, { op: 'present', topic, joined: [], left: [this.name] });
    });
  }

  /**
   * @param {string} topic
   * @param {import('./documents.mjs').MockDocument} document
   * @param {number | undefined} id
   * @param {{ epoch: string, seq: number } | undefined} after
   */
  #tellJoined(topic, document, id, after) {
    const recovered = after !== undefined && after.epoch === document.epoch && after.seq <= document.seq;
    const people = [...this.#node.store.sessions(topic)].filter(([, { present }]) => present !== undefined);
    this.tell({
      ...{ op: 'joined', id, topic, epoch: document.epoch, seq: document.seq, recovered },
      ...(recovered ? {} : { snapshot: document.snapshot() }),
      ...(this.#readOnly.has(topic) && { read_only: true }),
      present: people.map(([session, { present }]) => ({ session, present })),
      ...{ session: this.name, node: this.#node.name },
    });
    if (recovered) for (const event of document.events.slice(after.seq)) this.#deliver(topic, event);
  }

  /** @param {string} topic @param {import('./documents.mjs').Event} event */
  #deliver(topic, event) {
    const { faults } = this.#node;
    if (faults.dropEvents > 0) {
      faults.dropEvents -= 1;
      return;
    }
    this.tell({ op: 'event', topic, ...event });
    if (faults.repeatEvents > 0) {
      faults.repeatEvents -= 1;
      this.tell({ op: 'event', topic, ...event });
    }
  }

  /** @param {any} message */
  #send({ id, topic, key, data }) {
    const { faults, store } = this.#node;
    const document = store.document(topic);
    const invalid = whyInvalid(data);
    if (invalid !== '') return this.#refuse(id, 'invalid_event', invalid);
    if (!document.available) return this.#refuse(id, 'unavailable');
    if (faults.failSends > 0) {
      faults.failSends -= 1;
      return this.#refuse(id, faults.failCode);
    }
    if (faults.loseAcks > 0) {
      faults.loseAcks -= 1;
      this.#socket.terminate();
      document.append(key, this.name, data);
      return;
    }
    setTimeout(() => this.tell({ op: 'ack', id, seq: document.append(key, this.name, data).seq }), faults.ackDelayMs);
  }

  /** @param {string} topic @param {any} present */
  #show(topic, present) {
    const session = this.#node.store.sessions(topic).get(this.name);
    if (session !== undefined) session.present = present;
    this.#others(topic, { op: 'present', topic, joined: [{ session: this.name, present }], left: [] });
  }

  /** @param {string} topic @param {object} message */
  #others(topic, message) {
    for (const [name, { tell }] of this.#node.store.sessions(topic)) if (name !== this.name) tell(message);
  }
}
