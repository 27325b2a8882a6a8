// The pointers of the others, with their names, over the sheet.

import { PLANE_HEIGHT, PLANE_WIDTH } from '../model/events.js';
import type { Visitor } from '../net/canvas-session.js';
import { element, readableOn } from './dom.js';

/** A pointer that rests this long fades, as its owner may look at something else. */
const FADE_AFTER_MS = 15_000;
/** Beyond this part of the sheet the name stands left of the pointer, where it has room. */
const LEFT_FROM = 0.75;

interface Cursor {
  node: HTMLElement;
  fade: ReturnType<typeof setTimeout>;
}

export class Cursors {
  readonly node = element('div', { class: 'cursors', 'aria-hidden': 'true' });
  readonly #cursors = new Map<string, Cursor>();
  #people = new Map<string, Visitor>();

  setPeople(people: readonly Visitor[]): void {
    this.#people = new Map(people.map((person) => [person.session, person]));
    for (const [session, { node }] of this.#cursors) {
      const person = this.#people.get(session);
      if (person === undefined) this.#remove(session);
      else label(node, person);
    }
  }

  move(session: string, at: { x: number; y: number } | undefined): void {
    const person = this.#people.get(session);
    if (person === undefined || person.self || at === undefined) return this.#remove(session);
    const cursor = this.#cursors.get(session) ?? this.#add(session, person);
    cursor.node.style.left = `${(at.x / PLANE_WIDTH) * 100}%`;
    cursor.node.style.top = `${(at.y / PLANE_HEIGHT) * 100}%`;
    cursor.node.classList.toggle('is-left', at.x > PLANE_WIDTH * LEFT_FROM);
    cursor.node.classList.remove('is-resting');
    clearTimeout(cursor.fade);
    cursor.fade = setTimeout(() => cursor.node.classList.add('is-resting'), FADE_AFTER_MS);
  }

  #add(session: string, person: Visitor): Cursor {
    const node = element('div', { class: 'cursor' });
    node.innerHTML = '<svg viewBox="0 0 16 18" width="16" height="18"><path d="M1.5 1.5l12 5.800-5.400 1.600-2.700 5.300z"/></svg>';
    node.append(element('span', {}));
    label(node, person);
    this.node.append(node);
    const cursor = { node, fade: setTimeout(() => undefined, 0) };
    this.#cursors.set(session, cursor);
    return cursor;
  }

  #remove(session: string): void {
    const cursor = this.#cursors.get(session);
    if (cursor === undefined) return;
    clearTimeout(cursor.fade);
    cursor.node.remove();
    this.#cursors.delete(session);
  }
}

function label(node: HTMLElement, { name, color }: Visitor): void {
  node.style.setProperty('--person', color);
  node.style.setProperty('--on-person', readableOn(color));
  const text = node.querySelector('span');
  if (text !== null) text.textContent = name;
}
