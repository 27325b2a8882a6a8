// A visit to the drawing's past: reads all its events, shows it as it was after any of them, and may bring that back.

import { History } from './model/history.js';
import type { Element } from './model/events.js';
import type { CanvasSession } from './net/canvas-session.js';
import type { Stage } from './stage.js';
import { HistoryBar } from './ui/history-bar.js';

export interface TimeMachinePort {
  mayRestore: boolean;
  restore(elements: readonly Element[]): void;
  /** The visit is over; `problem` says if it could not begin. */
  closed(problem?: string): void;
}

export class TimeMachine {
  readonly bar: HistoryBar;
  readonly #history = new History();
  readonly #stage: Stage;
  readonly #port: TimeMachinePort;
  readonly #abort = new AbortController();

  constructor(session: CanvasSession, stage: Stage, port: TimeMachinePort) {
    this.#stage = stage;
    this.#port = port;
    this.bar = new HistoryBar({
      mayRestore: port.mayRestore,
      seek: (position) => this.#seek(position),
      restore: () => {
        const elements = this.#history.shown.list();
        this.close();
        port.restore(elements);
      },
      close: () => this.close(),
    });
    void this.#read(session);
  }

  close(problem?: string): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.bar.end();
    this.#stage.showPast(undefined);
    this.#port.closed(problem);
  }

  async #read(session: CanvasSession): Promise<void> {
    try {
      await session.readPast(({ events, seq, lastSeq }) => {
        for (const data of events) this.#history.add(data);
        this.bar.showProgress(lastSeq === 0 ? 1 : seq / lastSeq);
      }, this.#abort.signal);
      if (!this.#abort.signal.aborted) this.bar.begin(this.#history.length);
    } catch (error) {
      this.close(`The history cannot be shown now: ${error instanceof Error ? error.message : 'the node does not answer'}.`);
    }
  }

  #seek(position: number): void {
    const change = this.#history.seek(position);
    this.#stage.showPast(this.#history.shown, change);
  }
}
