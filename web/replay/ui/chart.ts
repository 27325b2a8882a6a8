// The run as a whole: how many know each other, whom broadcasts reach, when the network was split. A click goes there.

import { element } from '../../canvas/ui/dom.js';
import type { Curves } from '../model/timeline.js';

const SPACE = 'http://www.w3.org/2000/svg';
const WIDTH = 1_000;
const HEIGHT = 140;
const TOP = 8;

function svg(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

export class Chart {
  #head = svg('line', { class: 'play-head', y1: 0, y2: HEIGHT });
  #picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'chart', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  readonly element: HTMLElement;

  constructor(curves: Curves, private readonly end: number, seek: (time: number) => void) {
    for (const [from, to] of curves.splits) this.#picture.append(svg('rect', { class: 'split', x: this.#x(from), width: Math.max(1, this.#x(to) - this.#x(from)), y: 0, height: HEIGHT }));
    for (const share of [0, 0.5, 1]) this.#picture.append(svg('line', { class: 'grid', x1: 0, x2: WIDTH, y1: this.#y(share), y2: this.#y(share) }));
    this.#picture.append(svg('path', { class: 'suspected', d: `${this.#steps(curves.suspected)}L${WIDTH} ${this.#y(0)}L0 ${this.#y(0)}Z` }), svg('path', { class: 'known', d: this.#steps(curves.known) }));
    for (const [when, share] of curves.reached) this.#picture.append(svg('line', { class: 'reached', x1: this.#x(when), x2: this.#x(when), y1: this.#y(share), y2: this.#y(share) }));
    this.#picture.append(this.#head);
    const go = (event: PointerEvent) => {
      const box = this.#picture.getBoundingClientRect();
      seek(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.end);
    };
    this.#picture.addEventListener('pointerdown', (event) => {
      this.#picture.setPointerCapture(event.pointerId);
      go(event);
    });
    this.#picture.addEventListener('pointermove', (event) => event.buttons > 0 && go(event));
    const legend = [['known', 'pairs that know each other'], ['reached', 'reached by a broadcast'], ['suspected', 'suspected'], ['split', 'split']].map(([kind, text]) => element('span', { class: `key key-${kind}` }, text));
    this.element = element('div', { class: 'chart-box' }, element('div', { class: 'chart-frame' }, this.#picture as unknown as HTMLElement, element('span', { class: 'chart-label is-top' }, '100 %'), element('span', { class: 'chart-label is-bottom' }, '0')), element('p', { class: 'keys' }, ...legend));
  }

  #x(time: number): number {
    return Math.round((1e2 * WIDTH * time) / Math.max(1, this.end)) / 1e2;
  }

  #y(share: number): number {
    return TOP + (1 - share) * (HEIGHT - 2 * TOP);
  }

  #steps(points: [number, number][]): string {
    let path = `M0 ${this.#y(0)}`;
    for (const [when, share] of points) path += `H${this.#x(when)}V${this.#y(share).toFixed(1)}`;
    return `${path}H${WIDTH}`;
  }

  show(time: number): void {
    this.#head.setAttribute('x1', String(this.#x(time)));
    this.#head.setAttribute('x2', String(this.#x(time)));
  }
}
