// What one draws with: pen or eraser, colour, size; and clearing the canvas.

import type { Brush } from '../model/stroke-maker.js';
import { element, icon } from './dom.js';
import { PALETTE } from './palette.js';

export interface ToolbarPort {
  changed(brush: Brush): void;
  clear(): void;
}

const SIZES = [2, 4, 6, 10, 16, 26, 42, 68];
const ERASER_FACTOR = 3;

export class Toolbar {
  readonly node: HTMLElement;
  readonly #port: ToolbarPort;
  readonly #pen: HTMLButtonElement;
  readonly #eraser: HTMLButtonElement;
  readonly #swatches: HTMLButtonElement[];
  readonly #custom: HTMLInputElement;
  readonly #customSwatch: HTMLElement;
  readonly #size: HTMLInputElement;
  readonly #dot = element('span', { class: 'size-dot' });
  #color: string;
  #penSize = 6;
  #isErasing = false;

  constructor(color: string, port: ToolbarPort) {
    this.#port = port;
    this.#color = color;
    this.#pen = tool('pen', 'Pen (P)', () => this.choosePen());
    this.#eraser = tool('eraser', 'Eraser (E)', () => this.chooseEraser());
    this.#swatches = PALETTE.map(({ color: each, name }, index) => this.#swatch(each, `${name} (${index + 1})`));
    this.#custom = element('input', { type: 'color', 'aria-label': 'Any other colour', oninput: () => this.#chooseColor(this.#custom.value) });
    this.#customSwatch = element('label', { class: 'swatch custom', title: 'Any other colour' }, this.#custom);
    this.#size = element('input', {
      ...{ type: 'range', min: '0', max: String(SIZES.length - 1), step: '1', 'aria-label': 'Brush size' },
      ...{ title: 'Size ([ and ])', oninput: () => this.#chooseSize(Number(this.#size.value)) },
    });
    const clear = element('button', { class: 'icon-button', type: 'button', title: 'Clear canvas', 'aria-label': 'Clear canvas', onclick: () => port.clear() }, icon('trash'));
    this.node = element(
      'div',
      { class: 'toolbar', role: 'toolbar', 'aria-label': 'Drawing tools' },
      element('div', { class: 'tool-group tools' }, this.#pen, this.#eraser),
      element('div', { class: 'tool-group colors', role: 'group', 'aria-label': 'Colour' }, ...this.#swatches, this.#customSwatch),
      element('div', { class: 'tool-group size' }, this.#size, element('span', { class: 'size-box', 'aria-hidden': 'true' }, this.#dot)),
      element('div', { class: 'tool-group clear' }, clear),
    );
    this.#show();
  }

  get brush(): Brush {
    const size = this.#isErasing ? Math.min(100, this.#penSize * ERASER_FACTOR) : this.#penSize;
    return { color: this.#color, size, erase: this.#isErasing };
  }

  choosePen(): void {
    this.#isErasing = false;
    this.#show();
  }

  chooseEraser(): void {
    this.#isErasing = true;
    this.#show();
  }

  /** The colour at a place of the palette, counted from 0. */
  choosePaletteColor(index: number): void {
    const chosen = PALETTE[index];
    if (chosen !== undefined) this.#chooseColor(chosen.color);
  }

  changeSize(steps: number): void {
    this.#chooseSize(Math.min(SIZES.length - 1, Math.max(0, Number(this.#size.value) + steps)));
  }

  #chooseColor(color: string): void {
    this.#color = color.toLowerCase();
    this.#isErasing = false;
    this.#show();
  }

  #chooseSize(index: number): void {
    this.#penSize = SIZES[index] ?? this.#penSize;
    this.#show();
  }

  #swatch(color: string, title: string): HTMLButtonElement {
    const made = element('button', { class: 'swatch', type: 'button', title, 'aria-label': title, onclick: () => this.#chooseColor(color) });
    made.style.setProperty('--swatch', color);
    return made;
  }

  #show(): void {
    this.#pen.setAttribute('aria-pressed', String(!this.#isErasing));
    this.#eraser.setAttribute('aria-pressed', String(this.#isErasing));
    const place = PALETTE.findIndex(({ color }) => color === this.#color);
    for (const [index, swatch] of this.#swatches.entries()) {
      swatch.setAttribute('aria-pressed', String(index === place && !this.#isErasing));
    }
    this.#customSwatch.classList.toggle('is-chosen', place < 0 && !this.#isErasing);
    this.#customSwatch.style.setProperty('--swatch', place < 0 ? this.#color : 'transparent');
    this.#custom.value = this.#color;
    const nearest = SIZES.reduce((best, size, index) => (size <= this.#penSize ? index : best), 0);
    this.#size.value = String(nearest);
    this.#dot.style.setProperty('--size', `${Math.min(26, 4 + this.#penSize * 0.33)}px`);
    this.#dot.style.setProperty('--swatch', this.#isErasing ? '#ffffff' : this.#color);
    this.#port.changed(this.brush);
  }
}

function tool(name: 'pen' | 'eraser', title: string, onclick: () => void): HTMLButtonElement {
  return element('button', { class: 'icon-button', type: 'button', title, 'aria-label': title, onclick }, icon(name));
}
