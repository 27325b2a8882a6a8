// Lanes in the order in which they are shown, and what each has moved in the last minute.

import type { Lane } from './answers.js';

/** Readings that are kept of each lane: a minute at one a second. */
export const HISTORY_LENGTH = 60;

export interface Rates {
  sent: number[];
  received: number[];
}

export interface ChannelGroup {
  channel: string;
  lanes: Lane[];
}

export interface PeerGroup {
  peer: string;
  channels: ChannelGroup[];
}

export function keyOf({ peer, channel, lane }: Lane): string {
  return JSON.stringify([peer, channel, lane]);
}

/** By peer and channel, in the order of the names; `control` is last, as it matters least. */
export function groupLanes(lanes: Lane[]): PeerGroup[] {
  const peers = new Map<string, Map<string, Lane[]>>();
  for (const lane of lanes) {
    const channels = peers.get(lane.peer) ?? new Map<string, Lane[]>();
    peers.set(lane.peer, channels.set(lane.channel, [...(channels.get(lane.channel) ?? []), lane]));
  }
  const rank = (channel: string) => (channel === 'control' ? 1 : 0);
  return [...peers]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([peer, channels]) => ({
      peer,
      channels: [...channels]
        .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
        .map(([channel, own]) => ({ channel, lanes: own.sort((a, b) => a.lane - b.lane) })),
    }));
}

/** The sum of a figure over lanes. */
export function sum(lanes: Lane[], figure: (lane: Lane) => number): number {
  return lanes.reduce((total, lane) => total + figure(lane), 0);
}

export function droppedMessages(lane: Lane): number {
  return Object.entries(lane.dropped).reduce((total, [cause, count]) => (cause === 'replaced' ? total : total + count), 0);
}

export class LaneHistory {
  #rates = new Map<string, Rates>();

  /** Takes a reading. A lane that is in it no more is forgotten. */
  add(lanes: Lane[]): void {
    const next = new Map<string, Rates>();
    for (const lane of lanes) {
      const { sent = [], received = [] } = this.#rates.get(keyOf(lane)) ?? {};
      next.set(keyOf(lane), {
        sent: [...sent, lane.sent.bytes_per_second].slice(-HISTORY_LENGTH),
        received: [...received, lane.received.bytes_per_second].slice(-HISTORY_LENGTH),
      });
    }
    this.#rates = next;
  }

  of(lane: Lane): Rates {
    return this.#rates.get(keyOf(lane)) ?? { sent: [], received: [] };
  }
}
