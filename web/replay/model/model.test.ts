import { describe, expect, it } from 'vitest';
import { Pace } from './pace.js';
import { placeNodes } from './places.js';
import { Player } from './player.js';
import { IN_VAIN, readRecord, REPAIR, type RunRecord, TREE } from './record.js';
import { readTimeline } from './timeline.js';

/** Three nodes: all start, n0 broadcasts, the network splits, n2 crashes, it heals. */
function record(more: Partial<RunRecord> = {}): RunRecord {
  return {
    version: 1, overlay: 'ring', seed: 1, command: '', failure: '', simulated_seconds: 20, servers: 2, zones: [0, 1, 0], end: 200_000, is_full: false,
    lives: [0, 0, 1, 0, 1, 1, 10, 2, 1, 60_000, 2, 0],
    links: [20, 0, 1, 1, 30, 1, 0, 1, 40, 1, 2, 1, 50, 2, 1, 1, 60_000, 2, 1, 0, 60_100, 1, 2, 0],
    fames: [100, 0, 2, 0, 0, 100, 1, 2, 0, 0, 100, 2, 2, 0, 0, 60_200, 2, 1, 1, 0, 75_000, 2, 0, 0, 2],
    judgements: [100, 0, 1, 1, 100, 0, 2, 1, 60_200, 0, 2, 2, 75_000, 0, 2, 3],
    blocks: [45_000, 1, 0, 52_000, 2, 0],
    broadcasts: [30_000, 0, 90_000, 1],
    hops: [30_000, 30_400, 0, 1, 0, TREE, 30_400, 32_000, 1, 2, 0, REPAIR, 30_500, 30_900, 1, 0, 0, IN_VAIN, 90_000, 90_100, 1, 0, 1, TREE],
    splits: [{ when: 50_000, sides: [0, 0, 1] }, { when: 80_000, sides: [] }],
    words: [{ when: 50_000, text: 'the network splits' }, { when: 60_000, text: 'n2 crashes' }, { when: 80_000, text: 'the network is whole' }],
    ...more,
  };
}

describe('a record', () => {
  it('is read, and what cannot be played says why', () => {
    expect(readRecord(JSON.stringify(record())).zones).toEqual([0, 1, 0]);
    expect(() => readRecord('')).toThrow('--html FILE');
    expect(() => readRecord('{"version":2}')).toThrow('version 2');
  });
});

describe('the player', () => {
  it('has who lives, who is linked and who is known at any time', () => {
    const player = new Player(record());
    player.seek(25);
    expect([player.living, player.known, [...player.links.values()]]).toEqual([3, 0, [{ a: 0, b: 1, atA: 1, atB: 0 }]]);
    player.seek(100);
    expect([player.known, player.links.size, player.linksOf(1)]).toEqual([1, 2, 2]);
    player.seek(61_000);
    expect([player.living, player.links.size, player.suspected[2], player.opinions[2]]).toEqual([2, 1, 1, 2]);
    expect(player.known).toBe(1);
  });

  it('is the same after going back as when it came there first', () => {
    const [there, back] = [new Player(record()), new Player(record())];
    there.seek(52_500);
    back.seek(200_000);
    back.seek(52_500);
    for (const key of ['alive', 'up', 'suspected', 'gone', 'opinions', 'links', 'sides', 'blocks', 'broadcast'] as const) expect(back[key], key).toEqual(there[key]);
  });

  it('forgets blocks when the network is split anew or made whole', () => {
    const player = new Player(record());
    player.seek(46_000);
    expect(player.blocks).toEqual([[1, 0]]);
    player.seek(53_000);
    expect([player.blocks, player.sides]).toEqual([[[2, 0]], [0, 0, 1]]);
    player.seek(81_000);
    expect([player.blocks, player.sides]).toEqual([[], []]);
  });

  it('knows whom a broadcast has reached, and what links are fresh', () => {
    const player = new Player(record());
    player.seek(31_000);
    expect([player.broadcast, player.reached(0)]).toEqual([0, [0, 1]]);
    player.seek(32_000);
    expect(player.reached(0)).toEqual([0, 1, 2]);
    player.seek(60_150);
    expect([...player.recentLinks(1_000)].map(({ a, b, isUp }) => [a, b, isUp])).toEqual([[1, 2, false], [2, 1, false]]);
  });
});

describe('the timeline', () => {
  const { entries, curves } = readTimeline(record());

  it('tells what happened, in order', () => {
    expect(entries.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      'start: n0, n1, n2 start',
      'whole: all 3 that live know each other',
      'broadcast: n0 broadcasts: 3 of 3 reached in 200 ms over 2 hops, 1 repair',
      'split: the network splits',
      'fault: n2 crashes',
      'suspect: n2 suspected',
      'down: n2 gone for all',
      'heal: the network is whole',
      'broadcast: n1 broadcasts: 2 of 2 reached in 10 ms over 1 hop',
    ]);
  });

  it('has curves of the whole run', () => {
    expect(curves.splits).toEqual([[50_000, 80_000]]);
    expect(curves.reached).toEqual([[30_000, 1], [90_000, 1]]);
    expect(curves.known.at(-1)?.[1]).toBe(1);
  });

  it('puts together what many say at once', () => {
    const words = Array.from({ length: 9 }, (_, node) => ({ when: 80_000 + node, text: `n${node} is reborn as 1001` }));
    const texts = readTimeline(record({ words, broadcasts: [30_000, 0, 30_000, 1], hops: [] })).entries.map(({ text }) => text);
    expect(texts).toContain('n0, n1, n2 and 6 more take a new life: others had given it up');
    expect(texts).toContain('2 nodes broadcast at once; n0 broadcasts: 1 of 3 reached');
  });
});

describe('the pace', () => {
  const { hops } = new Player(record());
  const pace = new Pace(readTimeline(record()).entries, [{ when: 30_000, hops: hops[0] ?? [] }, { when: 90_000, hops: hops[1] ?? [] }]);

  it('is slow for a broadcast, calm for what happens, quick where nothing does', () => {
    expect(pace.at(31_000)).toBeCloseTo(0.2 / 3);
    expect(pace.at(50_100)).toBe(1);
    expect(pace.at(150_000)).toBe(8);
  });

  it('looks at the first of broadcasts that follow each other only', () => {
    const train = new Pace([], [0, 1_000, 2_000].map((when) => ({ when, hops: [{ sent: when, arrival: when + 900, from: 0, to: 1, way: TREE }] })));
    expect([train.at(100) < 1, train.at(1_100)]).toEqual([true, 8]);
  });
});

describe('places', () => {
  const inside = (x: number) => x > 0 && x < 640;

  it('are within the picture and all different, with few nodes and with many', () => {
    for (const count of [1, 12, 150, 151, 1_000]) {
      const places = placeNodes({ zones: Array.from({ length: count }, (_, node) => node % 8), servers: 0, sides: [] }, 56);
      expect(places.filter(({ x, y }) => inside(x) && inside(y))).toHaveLength(count);
      expect(new Set(places.map(({ x, y }) => `${x.toFixed(2)} ${y.toFixed(2)}`)).size).toBe(count);
    }
  });

  it('keep the sides of a split apart', () => {
    const places = placeNodes({ zones: Array.from({ length: 20 }, () => 0), servers: 0, sides: Array.from({ length: 20 }, (_, node) => node % 2) }, 56);
    places.forEach(({ x }, node) => expect(x < 320).toBe(node % 2 === 0));
  });
});
