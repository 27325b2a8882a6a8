// The moment in a few figures.

import { element } from '../../canvas/ui/dom.js';
import type { Player } from '../model/player.js';
import { IN_VAIN, REPAIR } from '../model/record.js';

const LABELS = ['Nodes', 'Links', 'Know each other', 'Suspected', 'Network', 'Broadcast'] as const;

export class Tiles {
  #figures = LABELS.map(() => element('dd', { class: 'figure' }));
  #details = LABELS.map(() => element('dd', { class: 'detail' }));
  #tiles = LABELS.map((label, index) => element('div', { class: 'tile' }, element('dt', {}, label), this.#figures[index], this.#details[index]));
  readonly element = element('dl', { class: 'card tiles' }, ...this.#tiles);

  constructor(private readonly player: Player) {}

  #set(label: (typeof LABELS)[number], figure: string, detail: string, isBad = false): void {
    const index = LABELS.indexOf(label);
    (this.#figures[index] as HTMLElement).textContent = figure;
    (this.#details[index] as HTMLElement).textContent = detail;
    (this.#tiles[index] as HTMLElement).classList.toggle('is-bad', isBad);
  }

  show(): void {
    const { player } = this;
    const { living, known } = player;
    let [suspected, gone, degrees] = [0, 0, 0];
    for (let node = 0; node < player.nodes; ++node) {
      suspected += player.suspected[node] ? 1 : 0;
      gone += player.hasLived[node] && !player.alive[node] ? 1 : 0;
    }
    for (const { atA, atB } of player.links.values()) degrees += (atA > 0 ? 1 : 0) + (atB > 0 ? 1 : 0);
    this.#set('Nodes', `${living} live`, gone > 0 ? `${gone} gone` : `of ${player.nodes}`, false);
    this.#set('Links', String(player.links.size), `${(degrees / Math.max(1, living)).toFixed(1)} a node`);
    this.#set('Know each other', `${(100 * known).toFixed(known > 0.99 && known < 1 ? 1 : 0)} %`, 'of the pairs that live', known < 0.99);
    this.#set('Suspected', String(suspected), 'by at least one', suspected > 0);
    const sizes = [...new Set(player.sides)].sort().map((side) => player.sides.filter((each) => each === side).length);
    const blocks = player.blocks.length === 0 ? '' : `${player.blocks.length} one-way ${player.blocks.length === 1 ? 'block' : 'blocks'}`;
    this.#set('Network', sizes.length > 1 ? `split ${sizes.join(' | ')}` : blocks || 'whole', sizes.length > 1 ? blocks : '', sizes.length > 1 || blocks !== '');
    this.#showBroadcast(living);
  }

  #showBroadcast(living: number): void {
    const { player } = this;
    const root = player.record.broadcasts[2 * player.broadcast + 1];
    if (root === undefined) return this.#set('Broadcast', 'none yet', '');
    const arrived = (player.hops[player.broadcast] ?? []).filter(({ arrival }) => arrival <= player.time);
    const repairs = arrived.filter(({ way }) => way === REPAIR).length;
    const inVain = arrived.filter(({ way }) => way === IN_VAIN).length;
    this.#set('Broadcast', `${player.reached(player.broadcast).length} of ${living}`, `of n${root}; ${repairs} repaired, ${inVain} in vain`);
  }
}
