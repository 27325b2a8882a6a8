// Who owns the documents, and where one of them is.

import { element } from '../../canvas/ui/dom.js';
import type { Owner, PlacementAnswer } from '../model/answers.js';
import { Bar } from './bar.js';

function row(owner: Owner, partitions: number): HTMLElement {
  const bar = new Bar();
  bar.update(`${owner.partitions} of ${partitions}`, owner.partitions / Math.max(1, partitions), Infinity);
  const state = owner.is_here ? 'this node' : owner.is_reachable ? 'up' : 'away';
  return element('tr', {},
    element('th', { scope: 'row' }, owner.name), element('td', { 'data-label': 'Partitions' }, bar.element),
    element('td', { 'data-label': 'State', class: state === 'away' ? 'is-bad' : '' }, state), element('td', { 'data-label': 'Zone' }, owner.zone));
}

export class OwnerCard {
  #body = element('tbody');
  #note = element('p', { class: 'totals' });
  #answer = element('output', { class: 'totals', 'aria-live': 'polite' });
  #input = element('input', { class: 'field', type: 'text', placeholder: 'canvas/lobby', 'aria-label': 'Topic', spellcheck: false });
  readonly element: HTMLElement;

  /** @param changed  Somebody asks for another topic. */
  constructor(changed: () => void) {
    const form = element('form', { class: 'where', onsubmit: (event: Event) => { event.preventDefault(); changed(); } },
      this.#input, element('button', { class: 'button', type: 'submit' }, 'Where is it?'), this.#answer);
    this.element = element('section', { class: 'card peer', 'aria-label': 'Documents' },
      element('header', { class: 'peer-head' }, element('h2', {}, 'Documents'), this.#note),
      element('div', { class: 'scroll' }, element('table', {},
        element('thead', {}, element('tr', {}, ...['Owner', 'Partitions', 'State', 'Zone'].map((name) => element('th', { scope: 'col' }, name)))), this.#body)), form);
  }

  get topic(): string {
    return this.#input.value.trim();
  }

  /** @param placement  Undefined if the node has no documents. */
  update(placement: PlacementAnswer | undefined): void {
    this.element.hidden = placement === undefined;
    if (placement === undefined) return;
    this.#note.textContent = placement.trouble || (placement.moves ? 'They move when an owner goes.' : 'They wait for an owner that is away.');
    this.#note.classList.toggle('is-bad', placement.trouble !== '');
    this.#body.replaceChildren(...placement.owners.map((owner) => row(owner, placement.partitions)));
    this.#answer.textContent = placement.topic === undefined ? '' : placement.owner === ''
      ? `Nobody owns ${placement.topic} at present.` : `${placement.owner} owns ${placement.topic} (partition ${placement.partition}).`;
  }
}
