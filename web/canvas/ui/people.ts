// Who is here: a row of initials in the header, the own first, and all names on demand.

import type { Visitor } from '../net/canvas-session.js';
import { element, initials, readableOn } from './dom.js';

const SHOWN_MAX = 5;

export class People {
  readonly node = element('div', { class: 'people', role: 'list', 'aria-label': 'People on this canvas' });
  readonly #onSelf: () => void;
  readonly #onMore: (people: readonly Visitor[]) => void;

  constructor(onSelf: () => void, onMore: (people: readonly Visitor[]) => void) {
    this.#onSelf = onSelf;
    this.#onMore = onMore;
  }

  show(people: readonly Visitor[]): void {
    const shown = people.slice(0, people.length > SHOWN_MAX ? SHOWN_MAX - 1 : SHOWN_MAX);
    const hidden = people.length - shown.length;
    const avatars = shown.map((person) => this.#avatar(person));
    if (hidden > 0) {
      const more = element('button', { class: 'avatar more', type: 'button', onclick: () => this.#onMore(people) }, `+${hidden}`);
      more.title = people.slice(shown.length).map(({ name }) => name).join(', ');
      avatars.push(more);
    }
    this.node.replaceChildren(...avatars.map((avatar) => element('div', { role: 'listitem' }, avatar)));
  }

  #avatar(person: Visitor): HTMLElement {
    const text = initials(person.name);
    const made = person.self
      ? element('button', { class: 'avatar self', type: 'button', onclick: this.#onSelf, 'aria-label': `You are ${person.name}. Change name or colour` }, text)
      : element('span', { class: 'avatar', 'aria-label': person.name, role: 'img' }, text);
    made.title = person.self ? `${person.name} (you): change name or colour` : person.name;
    made.style.setProperty('--person', person.color);
    made.style.setProperty('--on-person', readableOn(person.color));
    return made;
  }
}
