// Who knows whom: a row for each observer, a column for each it has an opinion of.

import { element } from '../../canvas/ui/dom.js';
import type { Player } from '../model/player.js';
import { OPINIONS } from '../model/record.js';
import type { Theme } from './theme.js';

export class Matrix {
  #canvas = element('canvas', { class: 'replay-matrix', role: 'img', 'aria-label': 'Who knows whom' });
  #words = element('p', { class: 'graph-words' }, 'A row for each node, and in it what it holds of each other. Point at one.');
  readonly element: HTMLElement;
  #drawn = -1;

  constructor(private readonly player: Player, private readonly theme: Theme) {
    const legend = [['good', 'up'], ['wait', 'suspected'], ['bad', 'gone'], ['none', 'not known']].map(([kind, text]) => element('span', { class: `key key-${kind}` }, text));
    this.element = element('section', { class: 'card', 'aria-label': 'Who knows whom' },
      element('header', { class: 'peer-head' }, element('h2', {}, 'Who knows whom'), element('span', { class: 'keys' }, ...legend)),
      this.player.opinions.length > 0 ? this.#canvas : undefined, this.#words);
    if (this.player.opinions.length === 0) this.#words.textContent = 'With so many nodes only how many know whom is recorded, not who: see the curves.';
    this.#canvas.width = this.#canvas.height = player.nodes;
    this.#canvas.addEventListener('pointermove', (event) => this.#tell(event));
  }

  /** While the network is split, those of one side stand together. */
  #order(): number[] {
    const { sides, nodes } = this.player;
    return Array.from({ length: nodes }, (_, node) => node).sort((a, b) => (sides[a] ?? 0) - (sides[b] ?? 0) || a - b);
  }

  #tell(event: PointerEvent): void {
    const { nodes, opinions, alive } = this.player;
    const order = this.#order();
    const box = this.#canvas.getBoundingClientRect();
    const [node, observer] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((share) => order[Math.max(0, Math.min(nodes - 1, Math.floor(share * nodes)))]) as [number, number];
    const held = OPINIONS[opinions[observer * nodes + node] ?? 0];
    this.#words.textContent = !alive[observer] ? `n${observer} is not there.` : observer === node ? `n${observer} itself.` : held === 'unknown' ? `n${observer} does not know n${node}.` : `n${observer} holds n${node} ${held}.`;
  }

  draw(isForced: boolean): void {
    const { nodes, opinions, alive, time } = this.player;
    if (opinions.length === 0 || (time === this.#drawn && !isForced)) return;
    this.#drawn = time;
    const context = this.#canvas.getContext('2d') as CanvasRenderingContext2D;
    const { theme } = this;
    const colours = [theme.line, theme.good, theme.wait, theme.bad];
    context.fillStyle = theme.track;
    context.fillRect(0, 0, nodes, nodes);
    const order = this.#order();
    order.forEach((observer, row) => {
      if (!alive[observer]) return;
      order.forEach((node, column) => {
        context.fillStyle = observer === node ? theme.soft : colours[opinions[observer * nodes + node] ?? 0] as string;
        context.fillRect(column, row, 1, 1);
      });
    });
  }
}
