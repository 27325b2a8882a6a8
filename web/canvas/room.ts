// `/canvas/<room>`: puts the parts of the page together.

import { exposeInspection } from './inspect.js';
import { listenForShortcuts } from './input/shortcuts.js';
import { roomPath } from './model/rooms.js';
import { nodeLine, statusLine } from './model/status-line.js';
import { CanvasSession } from './net/canvas-session.js';
import { Stage } from './stage.js';
import { Chat } from './ui/chat.js';
import { askToClear, askWhoYouAre, showPeople, showShortcuts } from './ui/dialogs.js';
import { element } from './ui/dom.js';
import { Header } from './ui/header.js';
import { loadIdentity, rememberRoom, saveIdentity, type Identity } from './ui/identity.js';
import { People } from './ui/people.js';
import { Toolbar } from './ui/toolbar.js';

const STATUS_EVERY_MS = 200;
const TOAST_MS = 4_000;
/** Wide enough for the chat beside the sheet. */
const WIDE = '(min-width: 1100px)';

export class Room {
  readonly #session: CanvasSession;
  readonly #stage: Stage;
  readonly #toolbar: Toolbar;
  readonly #chat: Chat;
  readonly #header: Header;
  readonly #people: People;
  readonly #root: HTMLElement;
  readonly #toasts = element('div', { class: 'toasts', role: 'alert' });
  #identity: Identity = loadIdentity();
  #cluster: { up: readonly string[]; total: number } = { up: [], total: 0 };

  constructor(room: string, page: Location) {
    document.title = `${room} · Troupe canvas`;
    rememberRoom(room);
    this.#session = new CanvasSession(room, this.#identity, page);
    this.#root = element('div', { class: 'room' });
    this.#toolbar = new Toolbar(this.#identity.color, {
      changed: (brush) => {
        if (this.#stage !== undefined) this.#stage.brush = brush;
      },
      clear: () => this.#askToClear(),
    });
    this.#stage = new Stage(this.#session, this.#toolbar.brush);
    this.#chat = new Chat({
      send: (text) => this.#session.submit({ type: 'chat', name: this.#identity.name, text }),
      colorOf: (name) => this.#session.people.find((person) => person.name === name)?.color,
      toggled: (isOpen) => this.#root.classList.toggle('has-chat', isOpen),
    });
    this.#people = new People(() => this.#askWhoYouAre(), showPeople);
    this.#header = new Header({
      room,
      homePath: `/${page.search}`,
      people: this.#people.node,
      chatToggle: this.#chat.toggleButton,
      copyLink: () => void this.#copy(`${page.origin}${roomPath(room, page.search)}`),
      help: showShortcuts,
    });
    this.#stage.node.append(this.#header.banner, this.#toasts);
    this.#root.append(this.#header.node, this.#stage.node, this.#chat.node, this.#toolbar.node);
    document.body.replaceChildren(this.#root);
    if (matchMedia(WIDE).matches) this.#chat.setOpen(true);
    this.#listen();
    exposeInspection(this.#session);
    this.#session.connect();
  }

  #listen(): void {
    const session = this.#session;
    session.on('people', (people) => {
      this.#people.show(people);
      this.#showChat(false);
    });
    session.on('chat', ({ isNew }) => this.#showChat(isNew));
    session.on('cluster', (cluster) => (this.#cluster = cluster));
    session.on('latency', (latencyMs) => this.#header.showLatency(latencyMs));
    session.on('refused', (text) => this.#toast(text));
    this.#people.show([{ ...this.#identity, session: '', self: true }]);
    this.#showChat(false);
    setInterval(() => this.#showStatus(), STATUS_EVERY_MS);
    this.#showStatus();
    addEventListener('online', () => session.wake());
    addEventListener('pageshow', () => session.wake());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') session.wake();
    });
    addEventListener('beforeunload', (event) => {
      // What is not saved lives in this page only.
      if (session.drawing.pendingCount > 0) event.preventDefault();
    });
    listenForShortcuts({
      pen: () => this.#toolbar.choosePen(),
      eraser: () => this.#toolbar.chooseEraser(),
      paletteColor: (index) => this.#toolbar.choosePaletteColor(index),
      size: (steps) => this.#toolbar.changeSize(steps),
      toggleChat: () => this.#chat.setOpen(!this.#chat.isOpen),
      writeMessage: () => this.#chat.focus(),
      clear: () => this.#askToClear(),
      zoom: (factor) => this.#stage.zoom(factor),
      fit: () => this.#stage.fit(),
      help: showShortcuts,
    });
  }

  #showStatus(): void {
    const health = this.#session.health();
    this.#header.showStatus(statusLine(health));
    this.#header.showNode(health.isOpen ? nodeLine(this.#session.node, this.#cluster) : '');
    if (!health.isOpen) this.#header.showLatency(undefined);
  }

  #showChat(isNew: boolean): void {
    const { drawing } = this.#session;
    this.#chat.show(drawing.chat, drawing.pendingChat(), isNew);
  }

  #askToClear(): void {
    askToClear(() => this.#session.submit({ type: 'clear' }));
  }

  #askWhoYouAre(): void {
    askWhoYouAre(this.#identity, (identity) => {
      this.#identity = identity;
      saveIdentity(identity);
      this.#session.setPresent(identity);
      this.#people.show(this.#session.people);
    });
  }

  async #copy(link: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(link);
      this.#toast('The link to this canvas is copied.');
    } catch {
      // Without a secure connection browsers do not let pages copy; then the link is shown to be copied by hand.
      this.#toast(link);
    }
  }

  #toast(text: string): void {
    const toast = element('div', { class: 'toast' }, text);
    this.#toasts.append(toast);
    setTimeout(() => toast.remove(), TOAST_MS);
  }
}
