// `/canvas/<room>`: puts the parts of the page together.

import { Editor } from './editor.js';
import { exposeInspection } from './inspect.js';
import { listenForShortcuts } from './input/shortcuts.js';
import type { Identity } from './ui/identity.js';
import { shownName, type RoomLink } from './model/rooms.js';
import { nodeLine, statusLine } from './model/status-line.js';
import { svgOf } from './model/svg.js';
import { CanvasSession } from './net/canvas-session.js';
import { pngOf } from './paint/bitmap.js';
import { Stage } from './stage.js';
import { TimeMachine } from './time-machine.js';
import { Chat } from './ui/chat.js';
import { askToClear, askWhoYouAre, showPeople, showShortcuts } from './ui/dialogs.js';
import { element } from './ui/dom.js';
import { download } from './ui/download.js';
import { Header } from './ui/header.js';
import { browserStorage, loadIdentity, rememberRoom, saveIdentity } from './ui/identity.js';
import { People } from './ui/people.js';
import { ShareMenu } from './ui/share-menu.js';
import { Toasts } from './ui/toasts.js';
import { Toolbar } from './ui/toolbar.js';

const STATUS_EVERY_MS = 200;
/** Wide enough for the chat beside the sheet. */
const WIDE = '(min-width: 1200px)';

export class Room {
  readonly #link: RoomLink;
  readonly #session: CanvasSession;
  readonly #editor: Editor;
  readonly #stage: Stage;
  readonly #toolbar: Toolbar;
  readonly #chat: Chat;
  readonly #header: Header;
  readonly #people: People;
  readonly #root = element('div', { class: 'room' });
  readonly #toasts = new Toasts();
  readonly #selected = element('div', { class: 'visually-hidden', role: 'status' });
  #identity: Identity = loadIdentity();
  #cluster: { up: readonly string[]; total: number } = { up: [], total: 0 };
  #timeMachine: TimeMachine | undefined;

  constructor(link: RoomLink, page: Location) {
    const name = shownName(link.room);
    document.title = `${name} · Troupe canvas`;
    rememberRoom(link);
    this.#link = link;
    this.#session = new CanvasSession(link, this.#identity, page, {}, browserStorage());
    this.#editor = new Editor(this.#session, () => this.#toolbar.showUndo(this.#editor.canUndo, this.#editor.canRedo));
    this.#toolbar = new Toolbar(this.#identity.color, {
      chosen: (tool) => this.#stage.use(tool),
      colored: (color) => this.#stage.select.color(color),
      undo: () => this.#editor.undo(),
      redo: () => this.#editor.redo(),
      clear: () => askToClear(() => this.#editor.clear()),
    });
    this.#stage = new Stage(this.#session, this.#editor, {
      brush: () => this.#toolbar.brush,
      textStyle: () => this.#toolbar.textStyle,
      selected: (count) => this.#saySelected(count),
    });
    this.#chat = new Chat({
      send: (text) => this.#session.submit({ type: 'chat', name: this.#identity.name, text }),
      colorOf: (author) => this.#session.people.find((person) => person.name === author)?.color,
      toggled: (isOpen) => this.#root.classList.toggle('has-chat', isOpen),
    });
    this.#people = new People(() => this.#askWhoYouAre(), showPeople);
    this.#header = new Header({
      room: name,
      homePath: `/${page.search}`,
      people: this.#people.node,
      share: new ShareMenu(link, page, (text) => this.#toasts.show(text)).node,
      chatToggle: this.#chat.toggleButton,
      history: () => this.#toggleHistory(),
      menu: () => [
        { icon: 'image', label: 'Export as PNG', act: () => void this.#exportPng() },
        { icon: 'vector', label: 'Export as SVG', act: () => this.#exportSvg() },
        { icon: 'help', label: 'Keyboard shortcuts', act: showShortcuts },
      ],
    });
    this.#stage.node.append(this.#header.banner, this.#toasts.node, this.#selected);
    this.#root.append(this.#header.node, this.#stage.node, this.#chat.node, this.#toolbar.node);
    document.body.replaceChildren(this.#root);
    if (matchMedia(WIDE).matches) this.#chat.setOpen(true);
    this.#listen(page);
    exposeInspection(this.#session, () => this.#stage.isPainted);
    this.#session.connect();
  }

  #listen(page: Location): void {
    const session = this.#session;
    session.on('people', (people) => {
      this.#people.show(people);
      this.#showChat(false);
    });
    session.on('chat', ({ isNew }) => this.#showChat(isNew));
    session.on('cluster', (cluster) => (this.#cluster = cluster));
    session.on('latency', (latencyMs) => this.#header.showLatency(latencyMs));
    session.on('refused', (text) => this.#toasts.show(text));
    this.#people.show([{ ...this.#identity, session: '', self: true }]);
    this.#showChat(false);
    setInterval(() => this.#showStatus(), STATUS_EVERY_MS);
    this.#showStatus();
    addEventListener('online', () => session.wake());
    addEventListener('pageshow', () => session.wake());
    // Another link to a canvas may differ in its key only, which does not load the page.
    addEventListener('hashchange', () => page.reload());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') session.wake();
    });
    addEventListener('beforeunload', (event) => {
      // What is neither stored nor kept by the browser lives in this page only.
      if (!session.isKept) event.preventDefault();
    });
    this.#listenForShortcuts();
  }

  #listenForShortcuts(): void {
    const { select } = this.#stage;
    listenForShortcuts({
      mayEdit: () => this.#timeMachine === undefined && !this.#session.health().isReadOnly,
      tool: (name) => this.#toolbar.choose(name),
      paletteColor: (index) => this.#toolbar.choosePaletteColor(index),
      size: (steps) => this.#toolbar.changeSize(steps),
      undo: () => this.#editor.undo(),
      redo: () => this.#editor.redo(),
      selectAll: () => {
        this.#toolbar.choose('select');
        select.selectAll();
      },
      duplicate: () => select.duplicate(),
      hasSelection: () => select.selected().length > 0,
      deleteSelection: () => select.delete(),
      nudge: (dx, dy) => select.nudge({ dx, dy }),
      nudgeEnd: () => select.finishNudge(),
      openSelection: () => select.open(),
      escape: () => (this.#timeMachine === undefined ? select.select([]) : this.#timeMachine.close()),
      panning: (isOn) => this.#stage.setPanning(isOn),
      toggleChat: () => this.#chat.setOpen(!this.#chat.isOpen),
      writeMessage: () => this.#chat.focus(),
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
    this.#root.classList.toggle('is-read-only', health.isReadOnly);
    this.#stage.isReadOnly = health.isReadOnly;
    this.#chat.setReadOnly(health.isReadOnly);
  }

  /** The frame on the sheet says it to those who see it. */
  #saySelected(count: number): void {
    const text = count === 0 ? '' : `${count} selected`;
    if (this.#selected.textContent !== text) this.#selected.textContent = text;
  }

  #showChat(isNew: boolean): void {
    const { drawing } = this.#session;
    this.#chat.show(drawing.chat, drawing.pendingChat(), isNew);
  }

  #toggleHistory(): void {
    if (this.#timeMachine !== undefined) return this.#timeMachine.close();
    this.#timeMachine = new TimeMachine(this.#session, this.#stage, {
      mayRestore: !this.#session.health().isReadOnly,
      restore: (elements) => {
        this.#editor.show(elements);
        this.#toasts.show('The drawing is as it was then. Undo takes that back.');
      },
      closed: (problem) => {
        this.#timeMachine?.bar.node.replaceWith(this.#toolbar.node);
        this.#timeMachine = undefined;
        this.#header.showHistory(false);
        if (problem !== undefined) this.#toasts.show(problem);
      },
    });
    this.#toolbar.node.replaceWith(this.#timeMachine.bar.node);
    this.#header.showHistory(true);
  }

  async #exportPng(): Promise<void> {
    download(await pngOf(this.#session.drawing.list()), `${shownName(this.#link.room)}.png`);
  }

  #exportSvg(): void {
    const svg = svgOf(this.#session.drawing.list());
    download(new Blob([svg], { type: 'image/svg+xml' }), `${shownName(this.#link.room)}.svg`);
  }

  #askWhoYouAre(): void {
    askWhoYouAre(this.#identity, (identity) => {
      this.#identity = identity;
      saveIdentity(identity);
      this.#session.setPresent(identity);
      this.#people.show(this.#session.people);
    });
  }
}
