import { describe, expect, it } from 'vitest';
import type { Lane } from './answers.js';
import { droppedMessages, groupLanes, HISTORY_LENGTH, keyOf, LaneHistory, sum } from './lane-history.js';

const traffic = (rate: number) => ({ messages: 0, bytes: 0, messages_per_second: rate, bytes_per_second: rate });

function laneOf(peer: string, channel: string, lane: number, rate = 0): Lane {
  return {
    peer, channel, lane, shard: 0, queue_bytes: 0, queue_messages: 0, under_way_bytes: 0, window_bytes: 1,
    sent: traffic(rate), received: traffic(2 * rate), credit_waits: { count: 0, milliseconds: 0 },
    dropped: { queue_full: 2, replaced: 5, lost: 1 }, round_trip_us: { newest: 0, p50: 0, p99: 0, count: 0 },
  };
}

describe('groups of lanes', () => {
  it('are by peer and channel, with control last', () => {
    const groups = groupLanes([laneOf('c', 'data', 0), laneOf('b', 'control', 0), laneOf('b', 'data', 1), laneOf('b', 'data', 0), laneOf('b', 'zip', 0)]);
    expect(groups.map(({ peer }) => peer)).toEqual(['b', 'c']);
    expect(groups[0]?.channels.map(({ channel }) => channel)).toEqual(['data', 'zip', 'control']);
    expect(groups[0]?.channels[0]?.lanes.map(({ lane }) => lane)).toEqual([0, 1]);
    expect(groupLanes([])).toEqual([]);
  });

  it('sum what their lanes do', () => {
    expect(sum([laneOf('b', 'data', 0, 3), laneOf('b', 'data', 1, 4)], (lane) => lane.sent.bytes_per_second)).toBe(7);
  });
});

describe('a lane', () => {
  it('has a key that no names can forge', () => {
    expect(keyOf(laneOf('a', 'b,c', 0))).not.toBe(keyOf(laneOf('a,b', 'c', 0)));
  });

  it('has not lost what a newer message replaced', () => {
    expect(droppedMessages(laneOf('b', 'data', 0))).toBe(3);
  });
});

describe('the history', () => {
  it('keeps a minute of each lane, and forgets lanes that are gone', () => {
    const history = new LaneHistory();
    for (let i = 1; i <= HISTORY_LENGTH + 5; ++i) history.add([laneOf('b', 'data', 0, i), laneOf('c', 'data', 0, 1)]);
    const { sent, received } = history.of(laneOf('b', 'data', 0));
    expect(sent).toHaveLength(HISTORY_LENGTH);
    expect(sent[0]).toBe(6);
    expect(received.at(-1)).toBe(2 * (HISTORY_LENGTH + 5));
    history.add([laneOf('c', 'data', 0)]);
    expect(history.of(laneOf('b', 'data', 0)).sent).toEqual([]);
  });
});
