// What is on a canvas: the confirmed elements and chat, exactly as the events in order of seq make them, and over them
// this browser's own events that have not come back yet. Pure.

import type { Position } from '../../client/index.js';
import { boundsOf, boxOf, grown, overlaps, type Box } from './box.js';
import { Elements, shiftedBy, type Change, type Slot } from './elements.js';
import { readEvent, readSnapshot, type CanvasEvent, type ChatLine, type Element } from './events.js';
import { touchesPoint } from './touch.js';

export interface PendingEvent {
  key: string;
  data: CanvasEvent;
  /** When it was made. */
  since: number;
  /** Known once it is on disk; the event itself may still be on its way. */
  seq?: number;
}

const CHAT_LINES_MAX = 200;
const NOTHING: Change = { all: false, added: [], boxes: [] };

export class Drawing {
  #confirmed = new Elements();
  #chat: (ChatLine & { seq: number })[] = [];
  #position: Position | undefined;
  // In the order of sending.
  readonly #pending = new Map<string, PendingEvent>();
  // What the pending events made of the elements that they are about; undefined until somebody asks.
  #ahead: { slots: Map<string, Slot>; isCleared: boolean } | undefined;

  get confirmed(): Elements {
    return this.#confirmed;
  }

  get chat(): readonly (ChatLine & { seq: number })[] {
    return this.#chat;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  isPending(key: string): boolean {
    return this.#pending.has(key);
  }

  pendingChat(): ChatLine[] {
    return [...this.#pending.values()].flatMap(({ data }) => (data.type === 'chat' ? [data] : []));
  }

  /** Ids of confirmed elements that are not to be seen as they were confirmed; all of them if it was cleared. */
  get hidden(): { ids: ReadonlyMap<string, unknown>; all: boolean } {
    const { slots, isCleared } = this.#lookAhead();
    return { ids: slots, all: isCleared };
  }

  /** What own events that are pending made: it lies on top of the confirmed elements until it is confirmed itself. */
  pendingElements(): Element[] {
    return [...this.#lookAhead().slots.values()].flatMap(({ element, removed }) => (removed ? [] : [element]));
  }

  /** The element as it is seen here; undefined if it is not. */
  shown(id: string): Element | undefined {
    const slot = this.#slot(id);
    return slot?.removed === false ? slot.element : undefined;
  }

  /** Whether a `restore` would bring it back. */
  isRemoved(id: string): boolean {
    return this.#slot(id)?.removed === true;
  }

  /** What is seen here in a part of the plane, bottom first. */
  query(box: Box): Element[] {
    const { slots, isCleared } = this.#lookAhead();
    const below = isCleared ? [] : this.#confirmed.query(box).filter(({ id }) => !slots.has(id));
    return [...below, ...this.pendingElements().filter((element) => overlaps(boundsOf(element), box))];
  }

  /** What is touched at a point of the plane, top first. */
  touched({ x, y, tolerance }: { x: number; y: number; tolerance: number }): Element[] {
    return this.query(grown(boxOf(x, y, x, y), tolerance)).filter((element) => touchesPoint(element, x, y, tolerance)).reverse();
  }

  /** Whether nothing is seen here. */
  get isEmpty(): boolean {
    const { slots, isCleared } = this.#lookAhead();
    if (!isCleared && this.#confirmed.count > slots.size) return false;
    for (const { removed } of slots.values()) if (!removed) return false;
    return this.count === 0;
  }

  /** How many elements are seen here. */
  get count(): number {
    const { slots, isCleared } = this.#lookAhead();
    const hidden = [...slots.keys()].filter((id) => this.#confirmed.slot(id)?.removed === false).length;
    return (isCleared ? 0 : this.#confirmed.count - hidden) + this.pendingElements().length;
  }

  /** All that is seen here, bottom first. */
  list(): Element[] {
    const { slots, isCleared } = this.#lookAhead();
    const below = isCleared ? [] : this.#confirmed.list().filter(({ id }) => !slots.has(id));
    return [...below, ...this.pendingElements()];
  }

  /** Begins from a snapshot. Own events that it contains are no longer pending. */
  reset(snapshot: unknown, position: Position): void {
    const read = readSnapshot(snapshot);
    const sameEpoch = this.#position?.epoch === position.epoch;
    this.#confirmed = Elements.from(read.elements);
    this.#chat = read.chat.slice(-CHAT_LINES_MAX);
    this.#position = { ...position };
    for (const [key, { data, seq }] of this.#pending) {
      const isContained = data.type === 'draw' && data.elements.every((element) => isSame(this.#confirmed.slot(element.id)?.element, element));
      // A node that lags behind may send a snapshot from before an acknowledged event; that event is still to come.
      const isToCome = seq === undefined || (sameEpoch && seq > position.seq);
      if (isContained || !isToCome) this.#pending.delete(key);
    }
    this.#ahead = undefined;
  }

  /** The next event. `event` is what could be read of it. */
  apply(seq: number, key: string, data: unknown): { event: CanvasEvent | undefined; change: Change } {
    if (this.#position) this.#position.seq = seq;
    this.#settle(key);
    const event = readEvent(data);
    if (event === undefined) return { event, change: NOTHING };
    switch (event.type) {
      case 'clear':
        this.#confirmed = new Elements();
        return { event, change: { ...NOTHING, all: true } };
      case 'chat':
        this.#chat = [...this.#chat, { ...event, seq }].slice(-CHAT_LINES_MAX);
        return { event, change: NOTHING };
      default:
        return { event, change: this.#confirmed.apply(event) };
    }
  }

  /** When the oldest own event that has not come back was made. */
  pendingSince(): number | undefined {
    const [oldest] = this.#pending.values();
    return oldest?.since;
  }

  addPending(key: string, data: CanvasEvent, now: number): void {
    this.#pending.set(key, { key, data, since: now });
    if (this.#ahead !== undefined) this.#foresee(data, this.#ahead);
  }

  /** The own event is on disk at `seq`. It stays pending until its place in the order has been reached. */
  acknowledged(key: string, seq: number): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    if (this.#position !== undefined && seq <= this.#position.seq) this.#forget(key);
    else pending.seq = seq;
  }

  /** The own event will never be stored. */
  refused(key: string): void {
    this.#forget(key);
  }

  /** The event `key` has come. Those that draw come in hundreds when a large drawing is brought back. */
  #settle(key: string): void {
    const own = this.#pending.get(key)?.data;
    this.#pending.delete(key);
    if (own?.type !== 'draw' || this.#ahead === undefined) return void (this.#ahead = undefined);
    const { slots } = this.#ahead;
    for (const element of own.elements) {
      // If it is another one by now, later pending events are about it.
      if (slots.get(element.id)?.element === element && slots.get(element.id)?.removed === false) slots.delete(element.id);
    }
  }

  #forget(key: string): void {
    this.#pending.delete(key);
    this.#ahead = undefined;
  }

  #slot(id: string): Slot | undefined {
    const { slots, isCleared } = this.#lookAhead();
    return slots.get(id) ?? (isCleared ? undefined : this.#confirmed.slot(id));
  }

  #lookAhead(): { slots: Map<string, Slot>; isCleared: boolean } {
    if (this.#ahead === undefined) {
      this.#ahead = { slots: new Map(), isCleared: false };
      for (const { data } of this.#pending.values()) this.#foresee(data, this.#ahead);
    }
    return this.#ahead;
  }

  /** What the fold will do with the event when it comes, were it the next one. */
  #foresee(event: CanvasEvent, ahead: { slots: Map<string, Slot>; isCleared: boolean }): void {
    const { slots } = ahead;
    const change = (ids: readonly string[], make: (slot: Slot) => Slot) => {
      for (const id of ids) {
        const slot = slots.get(id) ?? (ahead.isCleared ? undefined : this.#confirmed.slot(id));
        if (slot !== undefined) slots.set(id, make(slot));
      }
    };
    switch (event.type) {
      case 'draw':
        for (const element of event.elements) slots.set(element.id, { element, removed: false });
        return;
      case 'move':
        return change(event.ids, ({ element, removed }) => ({ element: { ...element, shift: shiftedBy(element.shift, event) }, removed }));
      case 'delete':
      case 'restore':
        return change(event.ids, ({ element }) => ({ element, removed: event.type === 'delete' }));
      case 'clear':
        slots.clear();
        ahead.isCleared = true;
        return;
      case 'chat':
        return;
    }
  }
}

/** Texts are written anew under their id; a stroke never changes. */
function isSame(one: Element | undefined, other: Element): boolean {
  return one !== undefined && ('text' in one ? 'text' in other && one.text === other.text : !('text' in other));
}
