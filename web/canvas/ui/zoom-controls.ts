// How large the sheet is shown, and buttons to change that.

import { element, icon } from './dom.js';

export class ZoomControls {
  readonly node: HTMLElement;
  readonly #fit: HTMLButtonElement;
  readonly #smaller: HTMLButtonElement;

  constructor(zoom: (factor: number) => void, fit: () => void) {
    const button = (name: 'minus' | 'plus', title: string, factor: number) =>
      element('button', { class: 'icon-button', type: 'button', title, 'aria-label': title, onclick: () => zoom(factor) }, icon(name));
    this.#smaller = button('minus', 'Zoom out (−)', 0.8);
    this.#fit = element('button', { class: 'fit', type: 'button', title: 'Fit (0)', 'aria-label': 'Fit the sheet to the window', onclick: fit });
    this.node = element('div', { class: 'zoom', role: 'group', 'aria-label': 'Zoom' }, this.#smaller, this.#fit, button('plus', 'Zoom in (+)', 1.25));
    this.show(1);
  }

  show(zoom: number): void {
    this.#fit.textContent = `${Math.round(zoom * 100)}%`;
    this.#smaller.disabled = zoom <= 1;
    this.node.classList.toggle('is-fitted', zoom === 1);
  }
}
