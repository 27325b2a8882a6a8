// Asks for the node's token.

import { element } from '../../canvas/ui/dom.js';

export function signIn(message: string | undefined, enter: (token: string) => void): HTMLElement {
  const field = element('input', {
    id: 'token', class: 'field', type: 'password', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', required: true,
    'aria-describedby': message === undefined ? undefined : 'token-problem',
  });
  const submit = (event: Event) => {
    event.preventDefault();
    if (field.value.trim() !== '') enter(field.value.trim());
  };
  queueMicrotask(() => field.focus());
  return element('form', { class: 'sign-in card', onsubmit: submit },
    element('h1', {}, 'Who runs this node?'),
    element('p', {}, 'This page shows what the node does to those who know its token: the content of the file that ', element('code', {}, 'admin.token_file'), ' names.'),
    element('label', { for: 'token' }, 'Token'),
    field,
    message === undefined ? undefined : element('p', { class: 'problem', id: 'token-problem', role: 'alert' }, message),
    element('button', { class: 'button', type: 'submit' }, 'Show the node'));
}

export function notice(title: string, ...text: (Node | string)[]): HTMLElement {
  return element('section', { class: 'card notice' }, element('h1', {}, title), element('p', {}, ...text));
}
