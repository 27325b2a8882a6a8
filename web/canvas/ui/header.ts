// The top of the page: where one is, who else is there, and how the connection is.

import type { StatusLine } from '../model/status-line.js';
import { element, icon } from './dom.js';
import { Menu, type MenuItem } from './menu.js';

export interface HeaderParts {
  room: string;
  homePath: string;
  people: HTMLElement;
  share: HTMLElement;
  chatToggle: HTMLElement;
  history(): void;
  menu(): readonly MenuItem[];
}

export class Header {
  readonly node: HTMLElement;
  /** A line over the sheet for what does not fit into the header. */
  readonly banner = element('div', { class: 'banner', role: 'status', hidden: true });
  readonly #status = element('span', { class: 'status', role: 'status' });
  readonly #node = element('span', { class: 'node-name' });
  readonly #latency = element('span', { class: 'latency' });
  readonly #history: HTMLButtonElement;
  #shown = '';

  constructor({ room, homePath, people, share, chatToggle, history, menu }: HeaderParts) {
    const button = (name: 'history' | 'more', title: string, onclick?: () => void) =>
      element('button', { class: `icon-button ${name}`, type: 'button', title, 'aria-label': title, onclick }, icon(name));
    this.#history = button('history', 'History', history);
    const connection = element('div', { class: 'connection', title: 'The node that serves you, and the time to it and back' }, this.#node, this.#latency);
    this.node = element(
      'header',
      { class: 'top' },
      element('a', { class: 'brand', href: homePath, 'aria-label': 'Troupe canvas, to the start page' }, mark(), element('span', {}, 'Troupe')),
      element('h1', { class: 'room-name', title: room }, room),
      this.#status,
      element('div', { class: 'spacer' }),
      connection,
      people,
      share,
      this.#history,
      new Menu(button('more', 'More'), menu).node,
      chatToggle,
    );
  }

  /** The history is shown, or no longer: then the keyboard is back where it came from. */
  showHistory(isOpen: boolean): void {
    this.#history.setAttribute('aria-expanded', String(isOpen));
    if (!isOpen) this.#history.focus();
  }

  showStatus(line: StatusLine): void {
    const key = JSON.stringify(line);
    if (key === this.#shown) return;
    this.#shown = key;
    this.#status.textContent = line.text;
    this.#status.dataset['tone'] = line.tone;
    this.banner.textContent = line.detail;
    this.banner.dataset['tone'] = line.tone;
    this.banner.hidden = line.detail === '';
  }

  showNode(line: string): void {
    this.#node.textContent = line;
  }

  showLatency(latencyMs: number | undefined): void {
    this.#latency.textContent = latencyMs === undefined ? '' : `${latencyMs < 10 ? latencyMs.toFixed(1) : Math.round(latencyMs)} ms`;
  }
}

/** The sign of Troupe: three that move together. */
export function mark(): HTMLElement {
  const made = element('span', { class: 'mark', 'aria-hidden': 'true' });
  made.innerHTML =
    '<svg viewBox="0 0 24 24" width="24" height="24"><circle cx="8" cy="9" r="5" fill="#1f6feb"/>' +
    '<circle cx="16.5" cy="8" r="4" fill="#f2b705"/><circle cx="13" cy="16.5" r="5" fill="#e03131" fill-opacity=".9"/></svg>';
  return made;
}
