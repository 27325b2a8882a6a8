// What happened, in order; the newest of it is marked as the run goes on.

import { element } from '../../canvas/ui/dom.js';
import { TICKS_PER_SECOND } from '../model/record.js';
import type { Entry, Kind } from '../model/timeline.js';

const CHOICES: Record<string, Kind[] | undefined> = {
  'all events': undefined,
  'without broadcasts': ['start', 'fault', 'split', 'heal', 'suspect', 'down', 'whole', 'word'],
  broadcasts: ['broadcast'],
  faults: ['fault', 'split', 'heal', 'word'],
};

export class EventList {
  #list = element('ol', { class: 'events' });
  #choice = element('select', { class: 'field', 'aria-label': 'Show', onchange: () => this.#fill() });
  readonly element = element('section', { class: 'card events-card', 'aria-label': 'Events' }, element('header', { class: 'peer-head' }, element('h2', {}, 'Events'), this.#choice), this.#list);
  #shown: { entry: Entry; item: HTMLElement }[] = [];
  #current = -1;
  #time = 0;

  constructor(private readonly entries: Entry[], private readonly seek: (time: number) => void) {
    this.#choice.append(...Object.keys(CHOICES).map((name) => element('option', { value: name }, name)));
    this.#fill();
  }

  #fill(): void {
    const kinds = CHOICES[this.#choice.value];
    this.#shown = this.entries.filter(({ kind }) => kinds?.includes(kind) ?? true).map((entry) => {
      const button = element('button', { class: `event is-${entry.kind}`, type: 'button', onclick: () => this.seek(entry.when) },
        element('span', { class: 'event-time' }, (entry.when / TICKS_PER_SECOND).toFixed(2)), element('span', { class: 'event-text' }, entry.text));
      return { entry, item: element('li', {}, button) };
    });
    this.#list.replaceChildren(...this.#shown.map(({ item }) => item));
    this.#current = -1;
    this.show(this.#time);
  }

  /** The next of what is listed, after a time; or before it. */
  next(time: number): number | undefined {
    return this.#shown.find(({ entry }) => entry.when > time)?.entry.when;
  }

  previous(time: number): number | undefined {
    return this.#shown.filter(({ entry }) => entry.when < time).at(-1)?.entry.when;
  }

  show(time: number): void {
    this.#time = time;
    let low = 0;
    for (let high = this.#shown.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#shown[middle]?.entry.when ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    if (low - 1 === this.#current) return;
    this.#shown[this.#current]?.item.firstElementChild?.removeAttribute('aria-current');
    this.#current = low - 1;
    const item = this.#shown[this.#current]?.item;
    item?.firstElementChild?.setAttribute('aria-current', 'time');
    // Only the list scrolls, not the page.
    if (item !== undefined) this.#list.scrollTop = item.offsetTop - this.#list.offsetTop - this.#list.clientHeight / 2;
  }
}
