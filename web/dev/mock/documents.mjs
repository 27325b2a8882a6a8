// The documents of the mock cluster: one total order each, kept in memory, shared by all mock nodes.

import { randomUUID } from 'node:crypto';

/** @typedef {{ seq: number, key: string, from: string, data: any }} Event */

const CHAT_LINES_MAX = 200;

/** @param {any} data @returns {string} why the event is refused; empty if it is good */
export function whyInvalid(data) {
  if (typeof data !== 'object' || data === null) return 'data must be an object';
  switch (data.type) {
    case 'stroke':
      return whyInvalidStroke(data);
    case 'text':
      return Array.isArray(data.at) && typeof data.text === 'string' && data.text !== '' ? '' : 'a text needs at and text';
    case 'draw':
      return Array.isArray(data.elements) && data.elements.length > 0 ? '' : 'elements must be a list';
    case 'move':
    case 'delete':
    case 'restore':
      return Array.isArray(data.ids) && data.ids.length > 0 ? '' : 'ids must be a list';
    case 'chat':
      if (typeof data.text !== 'string' || data.text.length < 1 || data.text.length > 500) return 'text: 1 to 500';
      if (typeof data.name !== 'string' || data.name.length < 1 || data.name.length > 40) return 'name: 1 to 40';
      return '';
    case 'clear':
      return '';
    default:
      return 'unknown type';
  }
}

/** @param {any} data */
function whyInvalidStroke(data) {
  if (typeof data.id !== 'string') return 'a stroke needs an id';
  if (!/^#[0-9a-f]{6}$/i.test(data.color)) return 'color must be #rrggbb';
  if (!(data.size >= 1 && data.size <= 100)) return 'size must be 1 to 100';
  if (!Array.isArray(data.points) || data.points.length % 2 !== 0) return 'points must be pairs';
  if (data.points.length < 2 || data.points.length > 4000) return 'a stroke has 1 to 2000 points';
  return '';
}

/** What an event makes of the elements, by id in their order. @param {Map<string, any>} elements @param {any} data */
function fold(elements, data) {
  /** @param {(element: any) => object} change */
  const change = (change) => {
    for (const id of data.ids) if (elements.has(id)) elements.set(id, { ...elements.get(id), ...change(elements.get(id)) });
  };
  if (data.type === 'stroke' || data.type === 'text') elements.set(data.id, { ...data, type: undefined });
  if (data.type === 'draw') for (const each of data.elements) elements.set(each.id, each);
  if (data.type === 'delete') change(() => ({ removed: true }));
  if (data.type === 'restore') change(() => ({ removed: undefined }));
  if (data.type === 'move') change(({ shift: [dx, dy] = [0, 0] }) => ({ shift: [dx + data.dx, dy + data.dy] }));
  if (data.type === 'clear') elements.clear();
}

export class MockDocument {
  epoch = randomUUID();
  /** @type {Event[]} */
  events = [];
  available = true;
  /** @type {Map<string, number>} */
  #seqs = new Map();
  /** @type {Set<(event: Event) => void>} */
  followers = new Set();
  /** @type {Set<() => void>} */
  watchers = new Set();

  get seq() {
    return this.events.length;
  }

  /** @param {string} key @param {string} from @param {any} data @returns {{ seq: number, isNew: boolean }} */
  append(key, from, data) {
    const known = this.#seqs.get(key);
    if (known !== undefined) return { seq: known, isNew: false };
    const event = { seq: this.seq + 1, key, from, data };
    this.events.push(event);
    this.#seqs.set(key, event.seq);
    for (const follow of this.followers) follow(event);
    return { seq: event.seq, isNew: true };
  }

  snapshot() {
    /** @type {Map<string, any>} */
    const elements = new Map();
    const chat = [];
    for (const { seq, data } of this.events) {
      if (data.type === 'chat') chat.push({ seq, name: data.name, text: data.text });
      else fold(elements, data);
    }
    return { elements: [...elements.values()], chat: chat.slice(-CHAT_LINES_MAX) };
  }

  /** The storage was lost: a new lifetime. */
  beginAnew() {
    this.epoch = randomUUID();
    this.events = [];
    this.#seqs.clear();
    for (const watch of this.watchers) watch();
  }
}

export class MockStore {
  /** @type {Map<string, MockDocument>} */
  #documents = new Map();
  /** @type {Map<string, Map<string, { present: any, tell: (message: any) => void }>>} */
  #sessions = new Map();

  /** @param {string} topic */
  document(topic) {
    let document = this.#documents.get(topic);
    if (document === undefined) this.#documents.set(topic, (document = new MockDocument()));
    return document;
  }

  /** The sessions that have joined a topic, on any node. @param {string} topic */
  sessions(topic) {
    let sessions = this.#sessions.get(topic);
    if (sessions === undefined) this.#sessions.set(topic, (sessions = new Map()));
    return sessions;
  }

  /** @param {string} topic @param {boolean} available */
  setAvailable(topic, available) {
    this.document(topic).available = available;
    const reason = available ? '' : 'the owner cannot be reached';
    for (const { tell } of this.sessions(topic).values()) tell({ op: 'status', topic, available, reason });
  }
}
