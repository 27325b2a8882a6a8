// A figure with a bar below it: how much of something is used.

import { element } from '../../canvas/ui/dom.js';

export class Bar {
  #fill = element('span', { class: 'bar-fill' });
  #text = element('span', { class: 'bar-text' });
  readonly element = element('span', { class: 'bar' }, this.#text, element('span', { class: 'bar-track', 'aria-hidden': 'true' }, this.#fill));

  /** @param share 0 to 1. @param warns From here on it is coloured. */
  update(text: string, share: number, warns = 1): void {
    this.#text.textContent = text;
    this.#fill.style.width = `${Math.min(100, Math.max(0, share * 100)).toFixed(1)}%`;
    this.#fill.classList.toggle('is-full', share >= warns);
  }
}
