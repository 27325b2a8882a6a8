// What tests may ask of the page: `window.troupeCanvas`.

import type { CanvasSession, Visitor } from './net/canvas-session.js';
import { pixelHash } from './paint/bitmap.js';

export interface CanvasState {
  topic: string;
  epoch: string | undefined;
  /** The last event that is painted; undefined before the first join. */
  seq: number | undefined;
  /** Own events that have not come back from the server. */
  pending: number;
  connected: boolean;
  available: boolean;
  node: string;
  people: Visitor[];
  /** How many elements are seen here, pending ones included. */
  elements: number;
  /** Whether the screen shows all that it should, as far as it is known here. */
  isPainted: boolean;
}

export interface Inspection {
  state(): CanvasState;
  /** Equal on two browsers if and only if their confirmed pictures are equal. */
  pixelHash(): string;
}

declare global {
  interface Window {
    troupeCanvas?: Inspection;
  }
}

export function exposeInspection(session: CanvasSession, isPainted: () => boolean): void {
  window.troupeCanvas = {
    state() {
      const { isJoined, available, pending } = session.health();
      const position = session.drawing.position;
      return {
        topic: session.topicName,
        epoch: position?.epoch,
        seq: position?.seq,
        pending,
        connected: isJoined,
        available,
        node: session.node,
        people: session.people,
        elements: session.drawing.count,
        isPainted: isPainted(),
      };
    },
    pixelHash: () => pixelHash(session.drawing.confirmed.list()),
  };
}
