// Where each node stands: on a circle in the order of zones, as on the operators' page; each side of a split network on a circle of its own.

import { SIDE } from '../../admin/model/topology.js';

export interface Place {
  x: number;
  y: number;
  /** From the middle of its circle outwards, in radians. */
  angle: number;
}

const ON_A_CIRCLE_MAX = 150;
/** Nodes that stand on a circle of their own within that of the clients; 0: none do. */
export interface Layout {
  zones: number[];
  servers: number;
  sides: number[];
}

function circle(nodes: number[], x: number, y: number, radius: number, places: Place[]): void {
  // More than fit stand in several rows.
  const rows = Math.ceil(nodes.length / ON_A_CIRCLE_MAX);
  nodes.forEach((node, index) => {
    const angle = (2 * Math.PI * index) / nodes.length - Math.PI / 2;
    const away = radius * (1 - 0.06 * (index % rows));
    places[node] = { x: x + away * Math.cos(angle), y: y + away * Math.sin(angle), angle };
  });
}

export function placeNodes({ zones, servers, sides }: Layout, margin: number): Place[] {
  const places: Place[] = [];
  const order = zones.map((_, node) => node).sort((a, b) => (zones[a] as number) - (zones[b] as number) || a - b);
  const groups = sides.length === 0 ? [order] : [...new Set(sides)].sort().map((side) => order.filter((node) => sides[node] === side));
  groups.forEach((group, index) => {
    const x = (SIDE * (2 * index + 1)) / (2 * groups.length);
    const radius = groups.length === 1 ? SIDE / 2 - margin : SIDE / (2 * groups.length) - margin / 2;
    const inner = group.filter((node) => node < servers);
    const outer = group.filter((node) => node >= servers);
    circle(inner, x, SIDE / 2, outer.length === 0 ? radius : radius * Math.min(0.85, 0.25 + inner.length / 60), places);
    circle(outer, x, SIDE / 2, radius, places);
  });
  return places;
}
