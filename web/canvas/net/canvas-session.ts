// One canvas over the network: joins the topic, keeps the drawing up to date, and takes care that what is drawn here
// is stored exactly once. Knows nothing of the screen.

import { Client, TroupeError, type ClientOptions, type Topic } from '../../client/index.js';
import { Emitter } from '../../client/emitter.js';
import { Drawing } from '../model/drawing.js';
import { LiveStrokes } from '../model/live.js';
import { readPresent, readSignal } from '../model/events.js';
import type { CanvasEvent, CanvasPresent, CanvasTypes, Stroke } from '../model/events.js';
import type { Health } from '../model/status-line.js';
import { Broadcaster } from './broadcaster.js';
import { fetchCluster, pageAddresses, type ClusterView, type PageLocation } from './addresses.js';

export interface Visitor extends CanvasPresent {
  session: string;
  self: boolean;
}

export interface CanvasSessionEvents {
  /** The confirmed strokes are others than before. */
  repaint: undefined;
  /** One more stroke is confirmed. */
  stroke: Stroke;
  /** Own pending strokes or those of others that are being drawn have changed. */
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
  #wasJoined = false;

  constructor(room: string, present: CanvasPresent, page: PageLocation, options: Partial<ClientOptions> = {}) {
    this.#page = page;
    this.#client = new Client({
      addresses: pageAddresses(page),
      // An eraser must never overtake the stroke that it erases.
      inFlightMax: 1,
      pingIntervalMs: 4_000,
      connectTimeoutMs: 4_000,
      retryMaxMs: 3_000,
      ...options,
    });
    this.#topic = this.#client.join<CanvasTypes>(`canvas/${room}`, { present });
    this.broadcaster = new Broadcaster({
      signal: (signal) => this.#topic.signal(signal),
      now: () => performance.now(),
      schedule: (callback, delayMs) => void setTimeout(callback, delayMs),
    });
    this.#listen();
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
    const { phase, available, error } = this.#topic.status;
    const since = this.drawing.pendingSince();
    return {
      isOpen: this.#client.status.phase === 'open',
      isJoined: phase === 'joined',
      wasJoined: this.#wasJoined,
      available,
      pending: this.drawing.pendingCount,
      pendingMs: since === undefined ? 0 : performance.now() - since,
      failure: error?.message ?? '',
    };
  }

  /** Shows the event at once as pending, and sends it until it is stored. */
  submit(data: CanvasEvent): void {
    const key = this.#client.newKey();
    this.drawing.addPending(key, data, performance.now());
    this.#pendingChanged(data);
    this.#topic.send(data, key).then(
      ({ seq }) => {
        this.drawing.acknowledged(key, seq);
        this.#pendingChanged(data);
      },
      (error: unknown) => {
        this.drawing.refused(key);
        this.#pendingChanged(data);
        this.#events.emit('refused', refusalText(error));
      },
    );
  }

  setPresent(present: CanvasPresent): void {
    this.#topic.setPresent(present);
  }

  wake(): void {
    this.#client.wake();
  }

  #listen(): void {
    const topic = this.#topic;
    topic.on('reset', ({ snapshot, position }) => {
      this.drawing.reset(snapshot, position);
      for (const { id } of this.drawing.strokes) this.live.finish(id);
      this.#events.emit('repaint', undefined);
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
    const change = this.drawing.apply(seq, key, data);
    switch (change.kind) {
      case 'stroke':
        this.live.finish(change.stroke.id);
        return this.#events.emit('stroke', change.stroke);
      case 'clear':
        return this.#events.emit('repaint', undefined);
      case 'chat':
        return this.#events.emit('chat', { isNew: !isOwn });
      case 'none':
        return;
    }
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
