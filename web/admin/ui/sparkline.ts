// The last minute of a rate as two small lines.

import { HISTORY_LENGTH, type Rates } from '../model/lane-history.js';

const WIDTH = 120;
const HEIGHT = 26;
const SPACE = 'http://www.w3.org/2000/svg';

function points(values: number[], top: number): string {
  const step = WIDTH / (HISTORY_LENGTH - 1);
  const left = WIDTH - (values.length - 1) * step;
  return values.map((value, index) => `${(left + index * step).toFixed(1)},${(HEIGHT - 1.5 - (value / top) * (HEIGHT - 3)).toFixed(1)}`).join(' ');
}

export class Sparkline {
  readonly element = document.createElementNS(SPACE, 'svg');
  #sent = document.createElementNS(SPACE, 'polyline');
  #received = document.createElementNS(SPACE, 'polyline');

  constructor() {
    this.element.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    this.element.setAttribute('preserveAspectRatio', 'none');
    this.element.setAttribute('class', 'sparkline');
    this.element.setAttribute('aria-hidden', 'true');
    this.#sent.setAttribute('class', 'sent');
    this.#received.setAttribute('class', 'received');
    this.element.append(this.#received, this.#sent);
  }

  update({ sent, received }: Rates): void {
    const top = Math.max(1024, ...sent, ...received);  // Heartbeats alone are a line at the bottom.
    this.#sent.setAttribute('points', points(sent, top));
    this.#received.setAttribute('points', points(received, top));
  }
}
