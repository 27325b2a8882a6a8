// What shows a selection on the sheet: a frame around it, and the one that is being drawn around things.

import { PLANE_HEIGHT, PLANE_WIDTH } from '../model/events.js';
import type { Box } from '../model/box.js';
import { element } from './dom.js';

export class SelectionFrame {
  readonly node: HTMLElement;
  readonly #selection = element('div', { class: 'selection', hidden: true });
  readonly #frame = element('div', { class: 'selecting', hidden: true });

  constructor() {
    this.node = element('div', { class: 'selection-layer', 'aria-hidden': 'true' }, this.#selection, this.#frame);
  }

  show(selection: Box | undefined, frame: Box | undefined): void {
    place(this.#selection, selection);
    place(this.#frame, frame);
  }
}

function place(node: HTMLElement, box: Box | undefined): void {
  node.hidden = box === undefined;
  if (box === undefined) return;
  node.style.left = `${(box.left / PLANE_WIDTH) * 100}%`;
  node.style.top = `${(box.top / PLANE_HEIGHT) * 100}%`;
  node.style.width = `${((box.right - box.left) / PLANE_WIDTH) * 100}%`;
  node.style.height = `${((box.bottom - box.top) / PLANE_HEIGHT) * 100}%`;
}
