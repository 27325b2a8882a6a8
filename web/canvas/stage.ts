// The sheet and what happens on it: pointers make strokes, the surface shows them.

import { StrokeMaker, type Brush } from './model/stroke-maker.js';
import type { Stroke } from './model/events.js';
import { Pointers } from './input/pointers.js';
import { Viewport } from './input/viewport.js';
import type { CanvasSession } from './net/canvas-session.js';
import { Surface } from './paint/surface.js';
import { Cursors } from './ui/cursors.js';
import { element, icon } from './ui/dom.js';

/** Between two frames the sheet follows the fingers by stretching; its bitmap is painted anew after a rest. */
const REPAINT_AFTER_MS = 150;
const WHEEL_ZOOM = 0.0022;

export class Stage {
  readonly node: HTMLElement;
  readonly cursors = new Cursors();
  brush: Brush;
  readonly #session: CanvasSession;
  readonly #sheet: HTMLElement;
  readonly #hint = element('p', { class: 'sheet-hint' }, 'An empty sheet. Draw on it, and invite others to draw with you.');
  readonly #fitButton: HTMLButtonElement;
  readonly #surface: Surface;
  readonly #viewport = new Viewport();
  #maker: StrokeMaker | undefined;
  #repaintTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: CanvasSession, brush: Brush) {
    this.#session = session;
    this.brush = brush;
    const canvas = element('canvas', { role: 'img', 'aria-label': 'The shared drawing' });
    this.#sheet = element('div', { class: 'sheet' }, canvas, this.#hint, this.cursors.node);
    this.#fitButton = element('button', { class: 'icon-button fit', type: 'button', title: 'Fit (0)', 'aria-label': 'Fit the sheet to the window', hidden: true, onclick: () => this.fit() }, icon('fit'));
    this.node = element('main', { class: 'stage', 'aria-label': 'Canvas' }, this.#sheet, this.#fitButton);
    this.#surface = new Surface(canvas, {
      confirmed: () => session.drawing.strokes,
      overlay: () => this.#overlay(),
    });
    this.#listenToPointers();
    this.#listenToSession();
    new ResizeObserver(() => this.#place(false)).observe(this.node);
    this.#watchPixelRatio();
  }

  zoom(factor: number): void {
    const { width, height } = this.node.getBoundingClientRect();
    this.#viewport.zoomBy(factor, width / 2, height / 2);
    this.#place(true);
  }

  fit(): void {
    this.#viewport.fit();
    this.#place(true);
  }

  #overlay(): Stroke[] {
    const own = this.#maker === undefined ? [] : [this.#maker.current];
    return [...this.#session.live.list(), ...this.#session.drawing.pendingStrokes(), ...own];
  }

  #listenToSession(): void {
    const session = this.#session;
    session.on('repaint', () => {
      this.#surface.repaint();
      this.#showHint();
    });
    session.on('stroke', (stroke) => {
      this.#surface.add(stroke);
      this.#showHint();
    });
    session.on('overlay', () => {
      this.#surface.refresh();
      this.#showHint();
    });
    session.on('people', (people) => this.cursors.setPeople(people));
    session.on('cursor', ({ session: from, at }) => this.cursors.move(from, at));
  }

  /** On an empty sheet, what one can do with it. */
  #showHint(): void {
    const isEmpty = this.#session.drawing.position !== undefined && this.#session.drawing.strokes.length === 0 && this.#overlay().length === 0;
    this.#sheet.classList.toggle('is-empty', isEmpty);
  }

  #listenToPointers(): void {
    const { broadcaster } = this.#session;
    new Pointers(this.node, this.#sheet, {
      drawStart: (event) => this.#begin(event),
      drawMove: (events) => this.#extend(events),
      drawEnd: () => this.#finish(),
      drawCancel: () => this.#withdraw(),
      hover: (event) => {
        const { x, y } = this.#toPlane(event);
        broadcaster.cursor(x, y);
      },
      hoverEnd: () => broadcaster.cursorGone(),
      pinch: (factor, x, y, deltaX, deltaY) => {
        const { left, top } = this.node.getBoundingClientRect();
        this.#viewport.panBy(deltaX, deltaY);
        this.#viewport.zoomBy(factor, x - left, y - top);
        this.#place(true);
      },
    });
    this.node.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
  }

  #begin(event: PointerEvent): void {
    const { x, y } = this.#toPlane(event);
    this.#maker = new StrokeMaker(this.brush, newStrokeId, x, y);
    this.#session.broadcaster.drawing(this.#maker.current);
    this.#surface.refresh();
    this.#showHint();
  }

  #extend(events: readonly PointerEvent[]): void {
    const maker = this.#maker;
    const { broadcaster } = this.#session;
    if (maker === undefined) return;
    for (const event of events) {
      const { x, y } = this.#toPlane(event);
      // A part that is as long as an event may be is sent while the rest is still being drawn.
      const part = maker.add(x, y);
      if (part !== undefined) this.#session.submit({ type: 'stroke', ...part });
      broadcaster.cursor(x, y);
    }
    broadcaster.drawing(maker.current);
    this.#surface.refresh();
  }

  #finish(): void {
    const stroke = this.#maker?.current;
    this.#maker = undefined;
    if (stroke !== undefined) this.#session.submit({ type: 'stroke', ...stroke });
  }

  #withdraw(): void {
    if (this.#maker !== undefined) this.#session.broadcaster.withdraw(this.#maker.current);
    this.#maker = undefined;
    this.#surface.refresh();
    this.#showHint();
  }

  #toPlane(event: PointerEvent): { x: number; y: number } {
    const { left, top } = this.node.getBoundingClientRect();
    return this.#viewport.toPlane(event.clientX - left, event.clientY - top);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const { left, top } = this.node.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey) {
      this.#viewport.zoomBy(Math.exp(-event.deltaY * WHEEL_ZOOM), event.clientX - left, event.clientY - top);
    } else {
      this.#viewport.panBy(-event.deltaX, -event.deltaY);
    }
    this.#place(true);
  }

  /** Puts the sheet where it belongs. While it is being moved its bitmap is stretched, and painted anew after that. */
  #place(isMoving: boolean): void {
    const { clientWidth, clientHeight } = this.node;
    this.#viewport.setStage(clientWidth, clientHeight, clientWidth < 640 ? 10 : 24);
    const { left, top, width, height } = this.#viewport.placement;
    const { style } = this.#sheet;
    style.width = `${width}px`;
    style.height = `${height}px`;
    style.transform = `translate(${left}px, ${top}px)`;
    this.#fitButton.hidden = this.#viewport.zoom === 1;
    clearTimeout(this.#repaintTimer);
    const resize = () => this.#surface.resize(width, devicePixelRatio);
    if (isMoving) this.#repaintTimer = setTimeout(resize, REPAINT_AFTER_MS);
    else resize();
  }

  /** The ratio changes when a window moves to another screen; each query tells of one change only. */
  #watchPixelRatio(): void {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    const changed = () => {
      this.#place(false);
      this.#watchPixelRatio();
    };
    query.addEventListener('change', changed, { once: true });
  }
}

function newStrokeId(): string {
  const random = () => Math.floor(Math.random() * 2 ** 32).toString(36);
  return `${random()}${random()}`;
}
