// What is on a canvas: the confirmed strokes and chat, exactly as the events in order of seq make them, and this
// browser's own events that have not come back yet. Pure.

import type { Position } from '../../client/index.js';
import { readEvent, readSnapshot, type CanvasEvent, type ChatLine, type Stroke } from './events.js';

export interface PendingEvent {
  key: string;
  data: CanvasEvent;
  /** When it was made. */
  since: number;
  /** Known once it is on disk; the event itself may still be on its way. */
  seq?: number;
}

export type Change =
  | { kind: 'none' }
  | { kind: 'stroke'; stroke: Stroke }
  | { kind: 'clear' }
  | { kind: 'chat' };

const CHAT_LINES_MAX = 200;

export class Drawing {
  #strokes: Stroke[] = [];
  #chat: (ChatLine & { seq: number })[] = [];
  #position: Position | undefined;
  // In the order of sending.
  readonly #pending = new Map<string, PendingEvent>();

  get strokes(): readonly Stroke[] {
    return this.#strokes;
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

  pendingStrokes(): Stroke[] {
    return [...this.#pending.values()].flatMap(({ data }) => (data.type === 'stroke' ? [data] : []));
  }

  pendingChat(): ChatLine[] {
    return [...this.#pending.values()].flatMap(({ data }) => (data.type === 'chat' ? [data] : []));
  }

  /** Begins from a snapshot. Own events that it contains are no longer pending. */
  reset(snapshot: unknown, position: Position): void {
    const { strokes, chat } = readSnapshot(snapshot);
    const sameEpoch = this.#position?.epoch === position.epoch;
    this.#strokes = strokes;
    this.#chat = chat.slice(-CHAT_LINES_MAX);
    this.#position = { ...position };
    const contained = new Set(strokes.map((stroke) => stroke.id));
    for (const [key, { data, seq }] of this.#pending) {
      const isContained = data.type === 'stroke' && contained.has(data.id);
      // A node that lags behind may send a snapshot from before an acknowledged event; that event is still to come.
      const isToCome = seq === undefined || (sameEpoch && seq > position.seq);
      if (isContained || !isToCome) this.#pending.delete(key);
    }
  }

  /** The next event. */
  apply(seq: number, key: string, data: unknown): Change {
    if (this.#position) this.#position.seq = seq;
    this.#pending.delete(key);
    const event = readEvent(data);
    switch (event?.type) {
      case 'stroke':
        this.#strokes.push(event);
        return { kind: 'stroke', stroke: event };
      case 'clear':
        this.#strokes = [];
        return { kind: 'clear' };
      case 'chat':
        this.#chat = [...this.#chat, { ...event, seq }].slice(-CHAT_LINES_MAX);
        return { kind: 'chat' };
      default:
        return { kind: 'none' };
    }
  }

  /** When the oldest own event that has not come back was made. */
  pendingSince(): number | undefined {
    const [oldest] = this.#pending.values();
    return oldest?.since;
  }

  addPending(key: string, data: CanvasEvent, now: number): void {
    this.#pending.set(key, { key, data, since: now });
  }

  /** The own event is on disk at `seq`. It stays pending until its place in the order has been reached. */
  acknowledged(key: string, seq: number): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    if (this.#position !== undefined && seq <= this.#position.seq) this.#pending.delete(key);
    else pending.seq = seq;
  }

  /** The own event will never be stored. */
  refused(key: string): void {
    this.#pending.delete(key);
  }
}
