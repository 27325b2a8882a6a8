// Short notes over the sheet that go by themselves; screen readers say them.

import { element } from './dom.js';

const TOAST_MS = 4_000;

export class Toasts {
  readonly node = element('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });

  show(text: string): void {
    const toast = element('div', { class: 'toast' }, text);
    this.node.append(toast);
    setTimeout(() => toast.remove(), TOAST_MS);
  }
}
