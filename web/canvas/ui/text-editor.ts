// The field in which a text of the sheet is written, at the place and in the size that it will have there.

import { TEXT_MAX, type Text } from '../model/events.js';
import { FONT_FAMILY, LINE_HEIGHT } from '../model/lettering.js';
import { element } from './dom.js';

export class TextEditor {
  readonly node = element('textarea', {
    ...{ class: 'text-editor', 'aria-label': 'Text on the canvas', maxlength: String(TEXT_MAX), rows: '1', hidden: true },
    ...{ autocomplete: 'off', spellcheck: 'false', wrap: 'off', title: 'Escape ends the text' },
  });
  readonly #onChange: () => void;
  #done: ((text: string) => void) | undefined;

  /** `onChange` is called when the field comes and goes. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.node.style.fontFamily = FONT_FAMILY;
    this.node.style.lineHeight = String(LINE_HEIGHT);
    this.node.addEventListener('input', () => this.#fit());
    this.node.addEventListener('blur', () => this.close());
    this.node.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Escape' || (event.key === 'Enter' && (event.ctrlKey || event.metaKey))) this.close();
    });
  }

  get isOpen(): boolean {
    return this.#done !== undefined;
  }

  /** `done` is called once, with what is in the field in the end. */
  open({ x, y, size, color, text, shift }: Text, done: (text: string) => void): void {
    this.close();
    this.#done = done;
    const { style } = this.node;
    style.setProperty('--left', String(x + shift.dx));
    style.setProperty('--top', String(y + shift.dy));
    style.setProperty('--size', String(size));
    style.color = color;
    this.node.value = text;
    this.node.hidden = false;
    this.#fit();
    this.node.focus({ preventScroll: true });
    this.#onChange();
  }

  close(): void {
    const done = this.#done;
    if (done === undefined) return;
    this.#done = undefined;
    this.node.hidden = true;
    done(this.node.value.replace(/\s+$/, ''));
    this.#onChange();
  }

  /** As large as what is written. */
  #fit(): void {
    const { style } = this.node;
    this.node.rows = this.node.value.split('\n').length;
    style.width = '0';
    style.width = `calc(${this.node.scrollWidth}px + 0.5em)`;
  }
}
