// The cluster at one moment: nodes, links, sides, and the newest broadcast on its way.

import { SIDE } from '../../admin/model/topology.js';
import { element } from '../../canvas/ui/dom.js';
import { type Place, placeNodes } from '../model/places.js';
import type { Player } from '../model/player.js';
import { IN_VAIN, REPAIR, TICKS_PER_SECOND, TREE } from '../model/record.js';
import type { Theme } from './theme.js';

/** A link that came or went is shown for so long. */
const FRESH = 0.6 * TICKS_PER_SECOND;
/** A broadcast stays so long after its last hop. */
const STAYS = 2 * TICKS_PER_SECOND;
/** Nodes of a network that splits walk to their side. */
const WALK_MS = 400;
const NAMED_MAX = 100;
const UPRIGHT_MAX = 16;

export class Picture {
  readonly element = element('canvas', { class: 'replay-picture', role: 'img', 'aria-label': 'The cluster' });
  /** Whose links stand out; -1: nobody's. */
  chosen = -1;
  #context = this.element.getContext('2d') as CanvasRenderingContext2D;
  #places: Place[] = [];
  #goal: Place[] = [];
  #came: Place[] = [];
  #walkFrom = -Infinity;
  #sides: number[] | undefined;
  #size: number;

  constructor(private readonly player: Player, private readonly theme: Theme, onChoice: () => void) {
    this.#size = Math.max(2.2, Math.min(15, 420 / player.nodes));
    this.element.addEventListener('click', (event) => {
      const near = this.#nearest(event);
      this.chosen = near === this.chosen ? -1 : near;
      onChoice();
    });
  }

  #nearest(event: MouseEvent): number {
    const box = this.element.getBoundingClientRect();
    const x = ((event.clientX - box.left) * SIDE) / box.width;
    const y = ((event.clientY - box.top) * SIDE) / box.height;
    let best = -1;
    let least = Math.max(16, this.#size + 6) ** 2;
    this.#places.forEach((place, node) => {
      const away = (place.x - x) ** 2 + (place.y - y) ** 2;
      if (away < least) [best, least] = [node, away];
    });
    return best;
  }

  /** Draws what the player has. True while something moves on its own. */
  draw(): boolean {
    const pixels = Math.round(this.element.clientWidth * devicePixelRatio);
    if (this.element.width !== pixels) this.element.width = this.element.height = pixels;
    const isWalking = this.#walk();
    const context = this.#context;
    context.setTransform(pixels / SIDE, 0, 0, pixels / SIDE, 0, 0);
    context.clearRect(0, 0, SIDE, SIDE);
    context.lineCap = 'round';
    this.#drawLinks();
    this.#drawBlocks();
    const reached = this.#drawBroadcast();
    for (let node = 0; node < this.player.nodes; ++node) this.#drawNode(node, reached.has(node));
    return isWalking;
  }

  #walk(): boolean {
    const { record, sides } = this.player;
    if (sides !== this.#sides) {
      const margin = this.player.nodes > NAMED_MAX ? 24 : this.player.nodes > UPRIGHT_MAX ? 56 : 60;
      this.#came = this.#places;
      this.#goal = placeNodes({ zones: record.zones, servers: record.overlay === 'client_server' ? record.servers : 0, sides }, margin);
      this.#walkFrom = this.#sides === undefined ? -Infinity : performance.now();
      this.#sides = sides;
    }
    const way = Math.min(1, (performance.now() - this.#walkFrom) / WALK_MS);
    const ease = way * way * (3 - 2 * way);
    this.#places = this.#goal.map((goal, node) => {
      const from = this.#came[node];
      return way === 1 || from === undefined ? goal : { x: from.x + (goal.x - from.x) * ease, y: from.y + (goal.y - from.y) * ease, angle: goal.angle };
    });
    return way < 1;
  }

  #line(a: number, b: number, share = 1): void {
    const from = this.#places[a];
    const to = this.#places[b];
    if (from === undefined || to === undefined) return;
    this.#context.moveTo(from.x, from.y);
    this.#context.lineTo(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share);
  }

  #stroke(colour: string, width: number, opacity: number, dash: number[], lines: () => void): void {
    const context = this.#context;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.globalAlpha = opacity;
    context.setLineDash(dash);
    context.beginPath();
    lines();
    context.stroke();
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  #drawLinks(): void {
    const links = [...this.player.links.values()];
    const isChosen = ({ a, b }: { a: number; b: number }) => a === this.chosen || b === this.chosen;
    const opacity = Math.max(0.06, Math.min(0.4, 60 / links.length)) * (this.chosen >= 0 ? 0.6 : 1);
    const lines = (wanted: typeof links) => () => wanted.forEach(({ a, b }) => this.#line(a, b));
    this.#stroke(this.theme.soft, 1, opacity, [], lines(links.filter(({ atA, atB }) => atA > 0 && atB > 0)));
    this.#stroke(this.theme.soft, 1, opacity, [5, 4], lines(links.filter(({ atA, atB }) => atA <= 0 || atB <= 0)));
    if (this.chosen >= 0) this.#stroke(this.theme.ink, 1.6, 0.8, [], lines(links.filter(isChosen)));
    // More than some thousand at once are one blot of colour.
    let budget = 2_000;
    const [born, lost]: [[number, number][], [number, number][]] = [[], []];
    for (const { a, b, isUp } of this.player.recentLinks(FRESH)) {
      if (--budget < 0) break;
      const stands = this.player.links.has(Math.min(a, b) * this.player.nodes + Math.max(a, b));
      if (isUp && stands) born.push([a, b]);
      if (!isUp && !stands) lost.push([a, b]);
    }
    const faint = Math.max(0.12, Math.min(0.7, 80 / (born.length + lost.length)));
    this.#stroke(this.theme.good, 1.4, faint, [], () => born.forEach(([a, b]) => this.#line(a, b)));
    this.#stroke(this.theme.bad, 1.2, faint * 0.8, [2, 4], () => lost.forEach(([a, b]) => this.#line(a, b)));
  }

  /** One-way: from the sender to the middle, with a bar there. */
  #drawBlocks(): void {
    for (const [from, to] of this.player.blocks) {
      this.#stroke(this.theme.bad, 1.5, 0.8, [1, 4], () => this.#line(from, to, 0.5));
      const [a, b] = [this.#places[from], this.#places[to]];
      if (a === undefined || b === undefined) continue;
      const angle = Math.atan2(b.y - a.y, b.x - a.x) + Math.PI / 2;
      const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2];
      this.#stroke(this.theme.bad, 3, 0.9, [], () => {
        this.#context.moveTo(x - 7 * Math.cos(angle), y - 7 * Math.sin(angle));
        this.#context.lineTo(x + 7 * Math.cos(angle), y + 7 * Math.sin(angle));
      });
    }
  }

  /** The newest broadcast; who has it. */
  #drawBroadcast(): Set<number> {
    const { player } = this;
    const hops = player.hops[player.broadcast] ?? [];
    const last = hops.reduce((latest, { arrival }) => Math.max(latest, arrival), 0);
    if (player.broadcast < 0 || player.time > last + STAYS) return new Set();
    const width = player.nodes > 200 ? 1.4 : 2.6;
    const colours = { [TREE]: this.theme.blue, [REPAIR]: this.theme.wait, [IN_VAIN]: this.theme.bad };
    const widths = { [TREE]: width, [REPAIR]: width + 1, [IN_VAIN]: 1.2 };
    // Those that have arrived in one stroke: there may be a thousand.
    for (const way of [IN_VAIN, TREE, REPAIR] as const) {
      const arrived = hops.filter((hop) => hop.way === way && hop.arrival <= player.time);
      this.#stroke(colours[way], widths[way], way === IN_VAIN ? 0.3 : 0.9, way === IN_VAIN ? [3, 3] : [], () => arrived.forEach(({ from, to }) => this.#line(from, to)));
    }
    for (const { sent, arrival, from, to, way } of hops) {
      if (sent > player.time || arrival <= player.time) continue;
      const share = (player.time - sent) / (arrival - sent);
      const [colour, size] = [colours[way as typeof TREE] as string, widths[way as typeof TREE] as number];
      this.#stroke(colour, size, 0.9, way === IN_VAIN ? [3, 3] : [], () => this.#line(from, to, share));
      if (way !== IN_VAIN) this.#spark(from, to, share, colour, width + 1.4);
    }
    return new Set(player.reached(player.broadcast));
  }

  #spark(from: number, to: number, share: number, colour: string, radius: number): void {
    const [a, b] = [this.#places[from], this.#places[to]];
    if (a === undefined || b === undefined) return;
    this.#context.fillStyle = colour;
    this.#context.beginPath();
    this.#context.arc(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share, radius, 0, 2 * Math.PI);
    this.#context.fill();
  }

  #drawNode(node: number, isReached: boolean): void {
    const { player, theme } = this;
    const place = this.#places[node];
    if (place === undefined || (!player.hasLived[node] && player.nodes > UPRIGHT_MAX)) return;
    const context = this.#context;
    const isAlive = player.alive[node] === 1;
    const isSuspected = (player.suspected[node] as number) > 0;
    const isGhost = !isAlive && (player.up[node] as number) > 0;
    const isRoot = player.record.broadcasts[2 * player.broadcast + 1] === node && isReached;
    const size = this.#size * (player.sides.length > 0 ? 0.8 : 1);
    context.beginPath();
    // A client has corners, a server has none.
    if (player.record.overlay === 'client_server' && node >= player.record.servers) context.rect(place.x - size, place.y - size, 2 * size, 2 * size);
    else context.arc(place.x, place.y, isAlive ? size : size * 0.8, 0, 2 * Math.PI);
    context.fillStyle = isAlive ? theme.zones[(player.record.zones[node] as number) % theme.zones.length] as string : theme.card;
    context.fill();
    context.strokeStyle = isSuspected ? theme.wait : !isAlive ? (player.hasLived[node] ? theme.bad : theme.soft) : isReached ? theme.blue : theme.card;
    context.lineWidth = Math.max(1, size / 4) * (isSuspected ? 1.6 : 1);
    // Dead, and some do not know it yet.
    if (isGhost || isSuspected) context.setLineDash([size / 2, size / 3]);
    context.stroke();
    context.setLineDash([]);
    if (isRoot || node === this.chosen) {
      context.beginPath();
      context.arc(place.x, place.y, size + 3.5, 0, 2 * Math.PI);
      context.strokeStyle = node === this.chosen ? theme.ink : theme.blue;
      context.lineWidth = 2.5;
      context.stroke();
    }
    if (player.nodes <= NAMED_MAX || node === this.chosen) this.#name(node, place, size, isAlive);
  }

  /** Few names stand upright beside their nodes, many are turned outwards. */
  #name(node: number, { x, y, angle }: Place, size: number, isAlive: boolean): void {
    const context = this.#context;
    const isLeft = Math.cos(angle) < -1e-9;
    const isUpright = this.player.nodes <= UPRIGHT_MAX;
    context.save();
    context.font = `${Math.max(8, Math.min(16, 800 / this.player.nodes)) * (this.player.sides.length > 0 ? 0.85 : 1)}px ${this.theme.font}`;
    context.fillStyle = isAlive ? this.theme.ink : this.theme.soft;
    context.textBaseline = 'middle';
    context.textAlign = isUpright && Math.abs(Math.cos(angle)) < 0.3 ? 'center' : isLeft ? 'right' : 'left';
    if (isUpright) context.translate(x + (size + 12) * Math.cos(angle), y + (size + 12) * Math.sin(angle));
    else {
      context.translate(x, y);
      context.rotate(angle + (isLeft ? Math.PI : 0));
      context.translate(isLeft ? -size - 5 : size + 5, 0);
    }
    context.fillText(`n${node}`, 0, 0);
    context.restore();
  }
}
