// The chat: a panel beside the sheet on wide screens, a drawer over it on narrow ones.

import { CHAT_TEXT_MAX, type ChatLine } from '../model/events.js';
import { element, icon } from './dom.js';
import { colorOfName } from './palette.js';

export interface ChatPort {
  send(text: string): void;
  /** The colour of somebody who is here; undefined for those who are not. */
  colorOf(name: string): string | undefined;
  toggled(isOpen: boolean): void;
}

const INVITATION = 'Say hello. Everybody on this canvas reads it, also those who come later.';

export class Chat {
  readonly node: HTMLElement;
  readonly toggleButton: HTMLButtonElement;
  readonly #port: ChatPort;
  readonly #list = element('ol', { class: 'chat-lines', 'aria-live': 'polite', 'aria-label': 'Chat' });
  readonly #input = element('textarea', {
    ...{ class: 'chat-input', rows: '1', maxlength: String(CHAT_TEXT_MAX), placeholder: 'Write a message' },
    ...{ 'aria-label': 'Message', enterkeyhint: 'send', autocomplete: 'off' },
  });
  readonly #form: HTMLElement;
  readonly #invitation = element('p', {}, INVITATION);
  readonly #badge = element('span', { class: 'badge', hidden: true });
  #unread = 0;
  #isOpen = false;

  constructor(port: ChatPort) {
    this.#port = port;
    this.#form = element(
      'form',
      { class: 'chat-form', onsubmit: (event: Event) => this.#submit(event) },
      this.#input,
      element('button', { class: 'icon-button accent', type: 'submit', 'aria-label': 'Send' }, icon('send')),
    );
    this.#input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) this.#submit(event);
      else if (event.key === 'Escape') this.#input.blur();
      // Letters typed here are no shortcuts of the page.
      event.stopPropagation();
    });
    const close = element('button', { class: 'icon-button', type: 'button', 'aria-label': 'Close chat', onclick: () => this.setOpen(false) }, icon('close'));
    this.node = element(
      'aside',
      { class: 'chat', 'aria-label': 'Chat' },
      element('div', { class: 'chat-head' }, element('h2', {}, 'Chat'), close),
      this.#list,
      this.#form,
    );
    this.toggleButton = element(
      'button',
      { class: 'icon-button chat-toggle', type: 'button', title: 'Chat (C)', onclick: () => this.setOpen(!this.#isOpen) },
      icon('chat'),
      this.#badge,
    );
    this.#setUnread(0);
    this.setOpen(false);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  setOpen(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.node.classList.toggle('is-open', isOpen);
    this.node.inert = !isOpen;
    this.toggleButton.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) this.#setUnread(0);
    this.#scrollToEnd();
    this.#port.toggled(isOpen);
  }

  /** Who may only look reads what the others write. */
  setReadOnly(isReadOnly: boolean): void {
    this.#form.hidden = isReadOnly;
    this.#invitation.textContent = isReadOnly ? 'Nobody has written anything yet.' : INVITATION;
  }

  focus(): void {
    this.setOpen(true);
    this.#input.focus();
  }

  /** Shows all lines; `isNew` says that the last one has just come from somebody else. */
  show(lines: readonly ChatLine[], pending: readonly ChatLine[], isNew: boolean): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    const wasAtEnd = scrollHeight - scrollTop - clientHeight < 40;
    const nodes: HTMLElement[] = [];
    let previous = '';
    const add = (line: ChatLine, isPending: boolean) => {
      nodes.push(this.#line(line, line.name === previous, isPending));
      previous = line.name;
    };
    for (const line of lines) add(line, false);
    for (const line of pending) add(line, true);
    if (nodes.length === 0) nodes.push(element('li', { class: 'chat-empty' }, icon('chat'), this.#invitation));
    this.#list.replaceChildren(...nodes);
    if (wasAtEnd || pending.length > 0) this.#scrollToEnd();
    if (isNew && !this.#isOpen) this.#setUnread(this.#unread + 1);
  }

  #line({ name, text }: ChatLine, continues: boolean, isPending: boolean): HTMLElement {
    const author = element('span', { class: 'chat-name' }, name);
    author.style.setProperty('--person', this.#port.colorOf(name) ?? colorOfName(name));
    const kind = `chat-line${continues ? ' continues' : ''}${isPending ? ' is-pending' : ''}`;
    return element('li', { class: kind }, continues ? undefined : author, element('p', {}, text));
  }

  #submit(event: Event): void {
    event.preventDefault();
    const text = this.#input.value.trim().slice(0, CHAT_TEXT_MAX);
    if (text === '') return;
    this.#input.value = '';
    this.#port.send(text);
  }

  #setUnread(count: number): void {
    this.#unread = count;
    this.#badge.hidden = count === 0;
    this.#badge.textContent = count > 9 ? '9+' : String(count);
    this.toggleButton.setAttribute('aria-label', count === 0 ? 'Chat' : `Chat, ${count} new`);
  }

  #scrollToEnd(): void {
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}
