// A button with a short list of things to do below it, for mouse and keyboard.

import { element, icon, type IconName } from './dom.js';

export interface MenuItem {
  icon: IconName;
  label: string;
  /** A line below it that says more. */
  note?: string;
  act(): void;
}

export class Menu {
  readonly node: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #list = element('div', { class: 'menu-list', role: 'menu', hidden: true });
  readonly #items: () => readonly MenuItem[];

  /** `items` is asked each time when the list opens. */
  constructor(button: HTMLButtonElement, items: () => readonly MenuItem[]) {
    this.#button = button;
    this.#items = items;
    button.setAttribute('aria-haspopup', 'menu');
    button.setAttribute('aria-expanded', 'false');
    button.addEventListener('click', () => (this.#list.hidden ? this.open() : this.close()));
    this.node = element('div', { class: 'menu' }, button, this.#list);
    this.node.addEventListener('keydown', (event) => this.#key(event));
    this.node.addEventListener('focusout', (event) => {
      if (!(event.relatedTarget instanceof Node && this.node.contains(event.relatedTarget))) this.close();
    });
  }

  open(): void {
    this.#list.replaceChildren(...this.#items().map((item) => this.#row(item)));
    this.#list.hidden = false;
    this.#button.setAttribute('aria-expanded', 'true');
    this.#rows()[0]?.focus();
  }

  close(): void {
    this.#list.hidden = true;
    this.#button.setAttribute('aria-expanded', 'false');
  }

  #row({ icon: name, label, note, act }: MenuItem): HTMLElement {
    const onclick = () => {
      this.close();
      act();
    };
    const text = element('span', {}, label, note === undefined ? undefined : element('small', {}, note));
    return element('button', { class: 'menu-item', role: 'menuitem', type: 'button', onclick }, icon(name), text);
  }

  #rows(): HTMLElement[] {
    return [...this.#list.querySelectorAll<HTMLElement>('[role=menuitem]')];
  }

  #key(event: KeyboardEvent): void {
    if (this.#list.hidden) return;
    const rows = this.#rows();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape') {
      this.close();
      this.#button.focus();
    } else if (step !== undefined) {
      const at = rows.indexOf(document.activeElement as HTMLElement);
      rows[(at + step + rows.length) % rows.length]?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
