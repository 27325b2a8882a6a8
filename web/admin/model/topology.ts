// The overlay as a picture: where each node stands, who is linked with whom, and how a broadcast travels.

import type { Member, TreeAnswer } from './answers.js';

export interface Spot {
  x: number;
  y: number;
  /** From the middle outwards, in radians. */
  angle: number;
}

export interface Link {
  a: string;
  b: string;
  /** Both ends say that it is there. */
  both: boolean;
}

/** The side of the square in which all is drawn. */
export const SIDE = 640;
const MARGIN = 78;  // For names.

/** A name for a pair that no names can forge. */
export function linkKey(a: string, b: string): string {
  return JSON.stringify(a < b ? [a, b] : [b, a]);
}

/**
 * On a circle, by zone and name, so that a node keeps its place while others come and go beside it; where there are clients, servers are on a circle
 * within theirs.
 */
export function placeMembers(members: Member[]): Map<string, Spot> {
  const order = [...members].sort((a, b) => a.zone.localeCompare(b.zone) || a.name.localeCompare(b.name, undefined, { numeric: true }));
  const servers = order.filter(({ role }) => role === 'server');
  const clients = order.filter(({ role }) => role === 'client');
  const spots = new Map<string, Spot>();
  const ring = (group: Member[], radius: number) => group.forEach(({ name }, index) => {
    const angle = (2 * Math.PI * index) / group.length - Math.PI / 2;
    spots.set(name, { x: SIDE / 2 + radius * Math.cos(angle), y: SIDE / 2 + radius * Math.sin(angle), angle });
  });
  const outer = SIDE / 2 - MARGIN;
  ring(servers, clients.length === 0 ? outer : outer * Math.min(0.85, 0.25 + servers.length / 60));
  ring(clients, outer);
  return spots;
}

/** Each link once. Of those whom nobody knows (any more) nothing is drawn. */
export function linksOf(members: Member[]): Link[] {
  const known = new Set(members.map(({ name }) => name));
  const links = new Map<string, Link & { by: string }>();
  for (const { name, links: own } of members) {
    for (const other of own) {
      if (!known.has(other)) continue;
      const key = linkKey(name, other);
      const link = links.get(key);
      if (link === undefined) links.set(key, { a: name, b: other, both: false, by: name });
      else if (link.by !== name) link.both = true;
    }
  }
  return [...links.values()];
}

/** The branches of a tree by the key of their link, with how many links they are away from the root; and how deep it is. */
export function treeOf(answer: TreeAnswer | undefined): { branches: Map<string, number>; depth: number; reached: number } {
  const branches = new Map<string, number>();
  if (answer === undefined) return { branches, depth: 0, reached: 0 };
  const children = new Map<string, string[]>();
  for (const { name, parent } of answer.nodes) {
    if (name !== answer.root && parent !== '') children.set(parent, [...(children.get(parent) ?? []), name]);
  }
  const seen = new Set([answer.root]);
  let depth = 0;
  for (let level = [answer.root], hops = 1; level.length > 0; ++hops) {
    const next: string[] = [];
    for (const parent of level) {
      for (const child of children.get(parent) ?? []) {
        if (seen.has(child)) continue;
        seen.add(child);
        branches.set(linkKey(parent, child), hops);
        next.push(child);
        depth = hops;
      }
    }
    level = next;
  }
  return { branches, depth, reached: seen.size };
}

/** The zones in the order of their names; a node's colour is its zone's place here. */
export function zonesOf(members: Member[]): string[] {
  return [...new Set(members.map(({ zone }) => zone))].sort();
}
