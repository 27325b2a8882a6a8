// What one draws with: tools, colour, size; and taking back.

import type { ToolName } from '../stage.js';
import type { Brush } from '../model/stroke-maker.js';
import { element, icon, type IconName } from './dom.js';
import { PALETTE } from './palette.js';

export interface ToolbarPort {
  /** Another tool. */
  chosen(tool: ToolName): void;
  /** A colour was chosen; selected things may take it. */
  colored(color: string): void;
  undo(): void;
  redo(): void;
  clear(): void;
}

const SIZES = [2, 4, 6, 10, 16, 26, 42, 68];
const TEXT_SIZES = [16, 20, 28, 36, 48, 64, 96, 144];
const ERASER_FACTOR = 3;

const TOOLS: readonly [ToolName, string][] = [
  ['select', 'Select (V)'],
  ['pen', 'Pen (P)'],
  ['eraser', 'Eraser (E)'],
  ['line', 'Line (L)'],
  ['text', 'Text (T)'],
];

export class Toolbar {
  readonly node: HTMLElement;
  readonly #port: ToolbarPort;
  readonly #tools = new Map<ToolName, HTMLButtonElement>();
  readonly #swatches: HTMLButtonElement[];
  readonly #custom: HTMLInputElement;
  readonly #customSwatch: HTMLElement;
  readonly #size: HTMLInputElement;
  readonly #dot = element('span', { class: 'size-dot' });
  readonly #undo: HTMLButtonElement;
  readonly #redo: HTMLButtonElement;
  #color: string;
  #sizeIndex = 2;
  #tool: ToolName = 'pen';

  constructor(color: string, port: ToolbarPort) {
    this.#port = port;
    this.#color = color;
    for (const [name, title] of TOOLS) this.#tools.set(name, button(name, title, () => this.choose(name)));
    this.#swatches = PALETTE.map(({ color: each, name }, index) => this.#swatch(each, `${name} (${index + 1})`));
    this.#custom = element('input', { type: 'color', 'aria-label': 'Any other colour', oninput: () => this.#chooseColor(this.#custom.value) });
    this.#customSwatch = element('label', { class: 'swatch custom', title: 'Any other colour' }, this.#custom);
    this.#size = element('input', {
      ...{ type: 'range', min: '0', max: String(SIZES.length - 1), step: '1', 'aria-label': 'Brush size' },
      ...{ title: 'Size ([ and ])', oninput: () => this.#chooseSize(Number(this.#size.value)) },
    });
    this.#undo = button('undo', 'Undo (Ctrl+Z)', () => port.undo());
    this.#redo = button('redo', 'Redo (Ctrl+Shift+Z)', () => port.redo());
    const clear = button('trash', 'Clear canvas', () => port.clear());
    this.node = element(
      'div',
      { class: 'toolbar', role: 'toolbar', 'aria-label': 'Drawing tools' },
      element('div', { class: 'tool-group tools' }, ...this.#tools.values()),
      element('div', { class: 'tool-group colors', role: 'group', 'aria-label': 'Colour' }, ...this.#swatches, this.#customSwatch),
      element('div', { class: 'tool-group size' }, this.#size, element('span', { class: 'size-box', 'aria-hidden': 'true' }, this.#dot)),
      element('div', { class: 'tool-group undo' }, this.#undo, this.#redo),
      element('div', { class: 'tool-group clear' }, clear),
    );
    this.showUndo(false, false);
    this.#show();
  }

  get brush(): Brush {
    const erase = this.#tool === 'eraser';
    const size = SIZES[this.#sizeIndex] as number;
    return { color: this.#color, size: erase ? Math.min(100, size * ERASER_FACTOR) : size, erase };
  }

  get textStyle(): { color: string; size: number } {
    return { color: this.#color, size: TEXT_SIZES[this.#sizeIndex] as number };
  }

  choose(tool: ToolName): void {
    this.#tool = tool;
    this.#show();
    this.#port.chosen(tool);
  }

  /** The colour at a place of the palette, counted from 0. */
  choosePaletteColor(index: number): void {
    const chosen = PALETTE[index];
    if (chosen !== undefined) this.#chooseColor(chosen.color);
  }

  changeSize(steps: number): void {
    this.#chooseSize(Math.min(SIZES.length - 1, Math.max(0, this.#sizeIndex + steps)));
  }

  showUndo(canUndo: boolean, canRedo: boolean): void {
    this.#undo.disabled = !canUndo;
    this.#redo.disabled = !canRedo;
  }

  #chooseColor(color: string): void {
    this.#color = color.toLowerCase();
    if (this.#tool === 'eraser') this.choose('pen');
    this.#show();
    this.#port.colored(this.#color);
  }

  #chooseSize(index: number): void {
    this.#sizeIndex = index;
    this.#show();
  }

  #swatch(color: string, title: string): HTMLButtonElement {
    const made = element('button', { class: 'swatch', type: 'button', title, 'aria-label': title, onclick: () => this.#chooseColor(color) });
    made.style.setProperty('--swatch', color);
    return made;
  }

  #show(): void {
    const isErasing = this.#tool === 'eraser';
    for (const [name, made] of this.#tools) made.setAttribute('aria-pressed', String(name === this.#tool));
    const place = PALETTE.findIndex(({ color }) => color === this.#color);
    for (const [index, swatch] of this.#swatches.entries()) swatch.setAttribute('aria-pressed', String(index === place && !isErasing));
    this.#customSwatch.classList.toggle('is-chosen', place < 0 && !isErasing);
    this.#customSwatch.style.setProperty('--swatch', place < 0 ? this.#color : 'transparent');
    this.#custom.value = this.#color;
    this.#size.value = String(this.#sizeIndex);
    this.#dot.style.setProperty('--size', `${Math.min(26, 4 + (SIZES[this.#sizeIndex] as number) * 0.33)}px`);
    this.#dot.style.setProperty('--swatch', isErasing ? '#ffffff' : this.#color);
  }
}

function button(name: IconName, title: string, onclick: () => void): HTMLButtonElement {
  return element('button', { class: 'icon-button', type: 'button', title, 'aria-label': title, onclick }, icon(name));
}
