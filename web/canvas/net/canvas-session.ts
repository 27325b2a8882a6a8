// One canvas over the network: joins the topic, keeps the drawing up to date, and takes care that what is drawn here
// is stored exactly once. Knows nothing of the screen.

import { Client, TroupeError, type ClientOptions, type Topic } from '../../client/index.js';
import { Emitter } from '../../client/emitter.js';
import { Drawing } from '../model/drawing.js';
import { LiveStrokes } from '../model/live.js';
import type { Change } from '../model/elements.js';
import { readEvent, readPresent, readSignal } from '../model/events.js';
import type { CanvasEvent, CanvasPresent, CanvasTypes } from '../model/events.js';
import { eventToWire } from '../model/wire.js';
import type { RoomLink } from '../model/rooms.js';
import type { Health } from '../model/status-line.js';
import { Broadcaster } from './broadcaster.js';
import { fetchCluster, pageAddresses, type ClusterView, type PageLocation } from './addresses.js';
import { KeptSends, type KeepingStorage } from './kept-sends.js';
import { readPast, type PastPage } from './past.js';

export interface Visitor extends CanvasPresent {
  session: string;
  self: boolean;
}

export interface CanvasSessionEvents {
  /** The confirmed elements are others than before. */
  picture: Change;
  /** What own pending events make of them, or what others are drawing, has changed. */
  overlay: undefined;
  chat: { isNew: boolean };
  people: Visitor[];
  /** Where somebody's pointer is now; undefined when it left. */
  cursor: { session: string; at: { x: number; y: number } | undefined };
  latency: number;
  /** What the node says of its cluster. */
  cluster: ClusterView;
  /** An own event will never be stored; the text says why. */
  refused: string;
}

const CLUSTER_REFRESH_MS = 10_000;
const LIVE_PRUNE_MS = 2_000;

export class CanvasSession {
  readonly drawing = new Drawing();
  readonly live = new LiveStrokes();
  readonly broadcaster: Broadcaster;
  readonly #client: Client;
  readonly #topic: Topic<CanvasTypes>;
  readonly #events = new Emitter<CanvasSessionEvents>();
  readonly #page: PageLocation;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  readonly #kept: KeptSends;
  #unkept = 0;
  #wasJoined = false;

  /** What is not stored yet is kept in `storage`, if there is one. */
  constructor({ room, key }: RoomLink, present: CanvasPresent, page: PageLocation, options: Partial<ClientOptions> = {}, storage?: KeepingStorage) {
    this.#page = page;
    this.#kept = new KeptSends(storage, `canvas/${room}`);
    this.#client = new Client({
      addresses: pageAddresses(page),
      // An eraser must never overtake the stroke that it erases.
      inFlightMax: 1,
      // A long drawing without a connection, or a large one that is restored from its history.
      queueMax: 20_000,
      queueBytesMax: 64 * 1024 * 1024,
      pingIntervalMs: 4_000,
      connectTimeoutMs: 4_000,
      retryMaxMs: 3_000,
      ...options,
    });
    this.#topic = this.#client.join<CanvasTypes>(`canvas/${room}`, { present, writeKey: key });
    this.broadcaster = new Broadcaster({
      signal: (signal) => !this.#topic.status.readOnly && this.#topic.signal(signal),
      now: () => performance.now(),
      schedule: (callback, delayMs) => void setTimeout(callback, delayMs),
    });
    this.#listen();
    for (const { key, data } of this.#kept.load()) {
      const event = readEvent(data);
      if (event === undefined) this.#kept.remove(key);
      else this.#send(event, key);
    }
  }

  on: Emitter<CanvasSessionEvents>['on'] = (name, listener) => this.#events.on(name, listener);

  connect(): void {
    this.#client.connect();
    this.#timers.push(setInterval(() => void this.#askForCluster(), CLUSTER_REFRESH_MS));
    this.#timers.push(setInterval(() => this.#pruneLive(), LIVE_PRUNE_MS));
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#client.close();
  }

  get topicName(): string {
    return this.#topic.name;
  }

  get node(): string {
    return this.#topic.status.node;
  }

  get people(): Visitor[] {
    const visitors = this.#topic.people.map(({ session, present, self }) => ({ session, self, ...readPresent(present) }));
    return visitors.sort((first, second) => Number(second.self) - Number(first.self));
  }

  health(): Health {
    const { phase, available, readOnly, error } = this.#topic.status;
    const since = this.drawing.pendingSince();
    return {
      isOpen: this.#client.status.phase === 'open',
      isJoined: phase === 'joined',
      wasJoined: this.#wasJoined,
      available,
      pending: this.drawing.pendingCount,
      pendingMs: since === undefined ? 0 : performance.now() - since,
      isReadOnly: readOnly,
      failure: error?.message ?? '',
    };
  }

  /** Whether all that is not stored yet would be sent by the next page, were this one closed. */
  get isKept(): boolean {
    return this.#unkept === 0;
  }

  /** Shows the event at once as pending, and sends it until it is stored. Who may only look changes nothing. */
  submit(data: CanvasEvent): void {
    if (this.#topic.status.readOnly) return;
    const key = this.#client.newKey();
    const isKept = this.#kept.add(key, eventToWire(data));
    if (!isKept) this.#unkept += 1;
    this.#send(data, key, () => {
      if (isKept) this.#kept.remove(key);
      else this.#unkept -= 1;
    });
  }

  /** All events of the document so far, page by page. */
  readPast(onPage: (page: PastPage) => void, signal: AbortSignal): Promise<void> {
    return readPast(this.#client.status.address, this.#topic.name, onPage, signal);
  }

  setPresent(present: CanvasPresent): void {
    this.#topic.setPresent(present);
  }

  wake(): void {
    this.#client.wake();
  }

  #send(data: CanvasEvent, key: string, settled = () => this.#kept.remove(key)): void {
    this.drawing.addPending(key, data, performance.now());
    this.#pendingChanged(data);
    this.#topic.send(eventToWire(data), key).then(
      ({ seq }) => {
        settled();
        this.drawing.acknowledged(key, seq);
        this.#pendingChanged(data);
      },
      (error: unknown) => {
        // A page that goes away has not failed.
        if (error instanceof TroupeError && (error.code === 'closed' || error.code === 'left')) return;
        settled();
        this.drawing.refused(key);
        this.#pendingChanged(data);
        this.#events.emit('refused', refusalText(error));
      },
    );
  }

  #listen(): void {
    const topic = this.#topic;
    topic.on('reset', ({ snapshot, position }) => {
      this.drawing.reset(snapshot, position);
      for (const { id } of this.live.list()) if (this.drawing.confirmed.slot(id) !== undefined) this.live.finish(id);
      this.#events.emit('picture', { all: true, added: [], boxes: [] });
      this.#events.emit('chat', { isNew: false });
    });
    topic.on('event', ({ seq, key, data }) => this.#apply(seq, key, data));
    topic.on('people', () => {
      this.#pruneLive();
      this.#events.emit('people', this.people);
    });
    topic.on('signal', ({ from, data }) => this.#show(from, data));
    topic.on('status', ({ phase }) => {
      this.#wasJoined ||= phase === 'joined';
      // Whatever changed here may have changed in the cluster.
      void this.#askForCluster();
    });
    this.#client.on('latency', (latencyMs) => this.#events.emit('latency', latencyMs));
  }

  #apply(seq: number, key: string, data: unknown): void {
    const isOwn = this.drawing.isPending(key);
    const { event, change } = this.drawing.apply(seq, key, data);
    if (event?.type === 'chat') return this.#events.emit('chat', { isNew: !isOwn });
    for (const { id } of event?.type === 'draw' ? event.elements : []) this.live.finish(id);
    this.#events.emit('picture', change);
  }

  #show(session: string, data: unknown): void {
    const signal = readSignal(data);
    if (signal === undefined) return;
    if (signal.type === 'cursor') {
      const at = 'gone' in signal ? undefined : { x: signal.x, y: signal.y };
      return this.#events.emit('cursor', { session, at });
    }
    const at = this.live.add(session, signal, performance.now());
    if (at !== undefined) this.#events.emit('cursor', { session, at });
    this.#events.emit('overlay', undefined);
  }

  #pendingChanged(data: CanvasEvent): void {
    if (data.type === 'chat') this.#events.emit('chat', { isNew: false });
    else this.#events.emit('overlay', undefined);
  }

  #pruneLive(): void {
    // While this browser is cut off, the list of who is there says nothing.
    if (this.#topic.status.phase !== 'joined') return;
    const sessions = new Set(this.#topic.people.map((person) => person.session));
    if (this.live.prune(sessions, performance.now())) this.#events.emit('overlay', undefined);
  }

  async #askForCluster(): Promise<void> {
    const { phase, address } = this.#client.status;
    if (phase !== 'open') return;
    const cluster = await fetchCluster(address, this.#page);
    if (cluster === undefined) return;
    if (cluster.addresses.length > 0) this.#client.addresses = [...pageAddresses(this.#page), ...cluster.addresses];
    this.#events.emit('cluster', cluster);
  }
}

function refusalText(error: unknown): string {
  const code = error instanceof TroupeError ? error.code : 'internal';
  if (code === 'queue_full') return 'Too much is waiting to be sent. Your last change was not kept.';
  if (code === 'too_large') return 'That was too large to be sent.';
  return `Your last change was not taken: ${error instanceof Error ? error.message : code}`;
}
