import { describe, expect, it } from 'vitest';
import type { Member } from './answers.js';
import { linkKey, linksOf, placeMembers, SIDE, treeOf, zonesOf } from './topology.js';

function member(name: string, links: string[], more: Partial<Member> = {}): Member {
  return { name, links, incarnation: 1, state: 'up', address: '', http: '', zone: '', role: 'server', next_hop: '', hops: 0, ...more };
}

describe('links', () => {
  it('are drawn once, and known by how many say so', () => {
    const links = linksOf([member('a', ['b', 'c']), member('b', ['a']), member('c', [])]);
    expect(links.map(({ a, b, both }) => [a, b, both])).toEqual([['a', 'b', true], ['a', 'c', false]]);
  });

  it('to nodes that nobody knows are not drawn', () => {
    expect(linksOf([member('a', ['00ff'])])).toEqual([]);
  });
});

describe('places', () => {
  it('are within the picture, and all different', () => {
    const members = Array.from({ length: 100 }, (_, index) => member(`n${index}`, [], { role: index < 90 ? 'server' : 'client' }));
    const spots = [...placeMembers(members).values()];
    for (const { x, y } of spots) expect(Math.min(x, y, SIDE - x, SIDE - y)).toBeGreaterThan(50);
    expect(new Set(spots.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`)).size).toBe(100);
  });

  it('keep a zone together', () => {
    const order = [...placeMembers([member('b', [], { zone: 'y' }), member('c', [], { zone: 'x' }), member('a', [], { zone: 'y' })])];
    expect(order.map(([name]) => name)).toEqual(['c', 'a', 'b']);
    expect(zonesOf([member('b', [], { zone: 'y' }), member('c', [], { zone: 'x' })])).toEqual(['x', 'y']);
  });
});

describe('a tree', () => {
  const node = (name: string, parent: string) => ({ name, parent, eager: [], lazy: [] });

  it('is followed from its root', () => {
    const tree = treeOf({ node: 'a', overlay: 'ring', root: 'a', silent: [], nodes: [node('a', ''), node('b', 'a'), node('c', 'b'), node('d', '')] });
    expect([...tree.branches]).toEqual([[linkKey('b', 'a'), 1], [linkKey('c', 'b'), 2]]);
    expect([tree.depth, tree.reached]).toEqual([2, 3]);
    expect(treeOf(undefined).reached).toBe(0);
  });

  it('whose answers make a loop has an end', () => {
    expect(treeOf({ node: 'a', overlay: 'ring', root: 'a', silent: [], nodes: [node('a', ''), node('b', 'c'), node('c', 'b')] }).reached).toBe(1);
  });
});
