// The few questions that the page asks, as modal dialogs that the keyboard and screen readers know how to use.

import { NAME_MAX } from '../model/events.js';
import type { Visitor } from '../net/canvas-session.js';
import { element, initials, readableOn } from './dom.js';
import { cleanName, type Identity } from './identity.js';
import { PERSON_COLORS } from './palette.js';

function open(dialog: HTMLDialogElement): void {
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('keydown', (event) => event.stopPropagation());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}

export function askToClear(onConfirm: () => void): void {
  const confirm = () => {
    dialog.close();
    onConfirm();
  };
  const dialog = element(
    'dialog',
    { class: 'dialog', 'aria-labelledby': 'clear-title' },
    element('h2', { id: 'clear-title' }, 'Clear the canvas?'),
    element('p', {}, 'Everything on it disappears for everybody here. The chat stays, and you can undo it.'),
    element(
      'div',
      { class: 'dialog-actions' },
      element('button', { class: 'button', type: 'button', onclick: () => dialog.close(), autofocus: true }, 'Cancel'),
      element('button', { class: 'button danger', type: 'button', onclick: confirm }, 'Clear canvas'),
    ),
  );
  open(dialog);
}

export function askWhoYouAre(identity: Identity, onChange: (identity: Identity) => void): void {
  const name = element('input', { class: 'field', id: 'own-name', maxlength: String(NAME_MAX), value: identity.name, autocomplete: 'off' });
  let color = identity.color;
  const swatches = PERSON_COLORS.map(({ color: each, name: colorName }) => {
    const choose = () => {
      color = each;
      show();
    };
    const made = element('button', { class: 'swatch', type: 'button', title: colorName, 'aria-label': colorName, onclick: choose });
    made.style.setProperty('--swatch', each);
    return made;
  });
  const show = () => swatches.forEach((swatch, index) => swatch.setAttribute('aria-pressed', String(PERSON_COLORS[index]?.color === color)));
  const save = (event: Event) => {
    event.preventDefault();
    dialog.close();
    onChange({ name: cleanName(name.value) || identity.name, color });
  };
  const form = element(
    'form',
    { onsubmit: save },
    element('h2', { id: 'who-title' }, 'You on this canvas'),
    element('label', { class: 'label', for: 'own-name' }, 'Name'),
    name,
    element('span', { class: 'label' }, 'Colour'),
    element('div', { class: 'swatches' }, ...swatches),
    element(
      'div',
      { class: 'dialog-actions' },
      element('button', { class: 'button', type: 'button', onclick: () => dialog.close() }, 'Cancel'),
      element('button', { class: 'button primary', type: 'submit' }, 'Save'),
    ),
  );
  const dialog = element('dialog', { class: 'dialog', 'aria-labelledby': 'who-title' }, form);
  show();
  open(dialog);
  name.select();
}

export function showPeople(people: readonly Visitor[]): void {
  const rows = people.map((person) => {
    const avatar = element('span', { class: 'avatar', 'aria-hidden': 'true' }, initials(person.name));
    avatar.style.setProperty('--person', person.color);
    avatar.style.setProperty('--on-person', readableOn(person.color));
    return element('li', {}, avatar, person.self ? `${person.name} (you)` : person.name);
  });
  const dialog = element(
    'dialog',
    { class: 'dialog', 'aria-labelledby': 'people-title' },
    element('h2', { id: 'people-title' }, `${people.length} people are here`),
    element('ul', { class: 'people-list' }, ...rows),
    closing(() => dialog.close()),
  );
  open(dialog);
}

/** A link, selected, to be copied by hand. */
export function showLink(link: string): void {
  const field = element('input', { class: 'field', id: 'link', value: link, readonly: true });
  const dialog = element(
    'dialog',
    { class: 'dialog wide', 'aria-labelledby': 'link-title' },
    element('h2', { id: 'link-title' }, element('label', { for: 'link' }, 'Copy this link')),
    field,
    closing(() => dialog.close()),
  );
  open(dialog);
  field.select();
}

const SHORTCUTS: readonly (readonly [string, string])[] = [
  ['V  P  E  L  T', 'Select, pen, eraser, line, text'],
  ['1 – 9', 'Colour, also of what is selected'],
  ['[  ]', 'Thinner, thicker'],
  ['Ctrl Z', 'Undo; with Shift, redo'],
  ['Ctrl A', 'Select everything'],
  ['Ctrl D', 'Copy what is selected'],
  ['Delete', 'Delete what is selected'],
  ['← ↑ → ↓', 'Move what is selected; with Shift, further'],
  ['Shift', 'While drawing a line: at whole angles'],
  ['+  −  0', 'Zoom in, out, fit'],
  ['Space', 'Hold it to move the sheet'],
  ['C', 'Open or close the chat'],
  ['Enter', 'Write a message, or in the selected text'],
  ['?', 'This help'],
];

export function showShortcuts(): void {
  const rows = SHORTCUTS.flatMap(([keys, meaning]) => [element('dt', {}, element('kbd', {}, keys)), element('dd', {}, meaning)]);
  const dialog = element(
    'dialog',
    { class: 'dialog wide', 'aria-labelledby': 'keys-title' },
    element('h2', { id: 'keys-title' }, 'Keyboard'),
    element('dl', { class: 'shortcuts' }, ...rows),
    closing(() => dialog.close()),
  );
  open(dialog);
}

function closing(onclick: () => void): HTMLElement {
  return element('div', { class: 'dialog-actions' }, element('button', { class: 'button primary', type: 'button', onclick, autofocus: true }, 'Close'));
}
