// A client with one topic in the fake world, and a log of what its user hears.

import type { Client, ClientOptions } from '../client.js';
import type { Topic } from '../topic.js';
import { FakeWorld, type FakeSocket } from './fake-world.js';

export class TopicScene {
  readonly world = new FakeWorld();
  readonly log: string[] = [];
  client!: Client;
  topic!: Topic;

  get socket(): FakeSocket {
    return this.world.socket;
  }

  /** Connects, and asks to join. */
  start(options: Partial<ClientOptions> = {}): void {
    this.client = this.world.client(options);
    this.topic = this.client.join('canvas/t', { present: { name: 'Ada' } });
    this.topic.on('reset', ({ position }) => this.log.push(`reset ${position.epoch} ${position.seq}`));
    this.topic.on('resumed', (position) => this.log.push(`resumed ${position.seq}`));
    this.topic.on('event', (event) => this.log.push(`event ${event.seq}`));
    this.client.connect();
    this.socket.open();
  }

  /** Starts, and is joined. */
  joined(options: Partial<ClientOptions> = {}): void {
    this.start(options);
    this.socket.join();
  }

  /** Loses the connection and opens the next. */
  reconnect(): void {
    this.socket.drop();
    this.world.clock.advance(200);
    this.socket.open();
  }

  /** Sends, and writes the outcome into the log. */
  send(key: string, data: unknown = {}): void {
    this.topic.send(data, key).then(
      ({ seq }) => this.log.push(`ack ${key} ${seq}`),
      (error) => this.log.push(`fail ${key} ${error.code}`),
    );
  }

  /** The keys of what was sent over the newest socket. */
  sentKeys(): string[] {
    return this.socket.of('send').map((message) => message.key);
  }
}

/** Resolves when promises that are settled have told so. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
