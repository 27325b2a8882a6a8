// The sheet and what happens on it: pointers become edits by the tool that is chosen, the surface shows them.

import type { Editor } from './editor.js';
import { Pointers } from './input/pointers.js';
import { Viewport } from './input/viewport.js';
import type { Change, Elements } from './model/elements.js';
import type { Element } from './model/events.js';
import type { Brush } from './model/stroke-maker.js';
import type { CanvasSession } from './net/canvas-session.js';
import { Surface } from './paint/surface.js';
import { LineTool } from './tools/line-tool.js';
import { PenTool } from './tools/pen-tool.js';
import { SelectTool } from './tools/select-tool.js';
import { TextTool } from './tools/text-tool.js';
import type { Spot, Tool } from './tools/tool.js';
import { Cursors } from './ui/cursors.js';
import { element } from './ui/dom.js';
import { SelectionFrame } from './ui/selection-frame.js';
import { TextEditor } from './ui/text-editor.js';
import { ZoomControls } from './ui/zoom-controls.js';

/** Between two frames the sheet follows the fingers by stretching; its tiles are painted anew after a rest. */
const REPAINT_AFTER_MS = 150;
const WHEEL_ZOOM = 0.0022;
/** A hand is not more exact than this, in pixels of the page. */
const TOLERANCE = 6;
const TOLERANCE_OF_FINGERS = 14;
/** A large drawing that is brought back appears as it is confirmed, not all of it in each frame. */
const PENDING_SHOWN_MAX = 300;
const EVERYTHING: Change = { all: true, added: [], boxes: [] };

export type ToolName = 'select' | 'pen' | 'eraser' | 'line' | 'text';

export interface StagePort {
  brush(): Brush;
  textStyle(): { color: string; size: number };
  /** More or fewer things are selected. */
  selected(count: number): void;
}

export class Stage {
  readonly node: HTMLElement;
  readonly cursors = new Cursors();
  readonly select: SelectTool;
  /** Then pointers do nothing but move the sheet. */
  isReadOnly = false;
  readonly #session: CanvasSession;
  readonly #port: StagePort;
  readonly #sheet: HTMLElement;
  readonly #over: HTMLElement;
  readonly #hint = element('p', { class: 'sheet-hint' }, 'An empty sheet. Draw on it, and invite others to draw with you.');
  readonly #frame = new SelectionFrame();
  readonly #field: TextEditor;
  readonly #zoom = new ZoomControls((factor) => this.zoom(factor), () => this.fit());
  readonly #surface: Surface;
  readonly #viewport = new Viewport();
  readonly #tools: Record<ToolName, Tool>;
  readonly #text: TextTool;
  #tool: Tool;
  #isPanning = false;
  #past: Elements | undefined;
  #repaintTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: CanvasSession, editor: Editor, port: StagePort) {
    this.#session = session;
    this.#port = port;
    const { drawing, broadcaster } = session;
    this.#field = new TextEditor(() => this.#overlayChanged());
    this.select = new SelectTool(drawing, editor, { changed: () => this.#selectionChanged(), editText: (text) => this.#text.edit(text) });
    this.#text = new TextTool(drawing, editor, this.#field, () => port.textStyle());
    const pen = new PenTool(editor, broadcaster, () => port.brush());
    this.#tools = { select: this.select, pen, eraser: pen, line: new LineTool(editor, broadcaster, () => port.brush()), text: this.#text };
    this.#tool = pen;

    const canvas = element('canvas', { role: 'img', 'aria-label': 'The shared drawing' });
    this.#sheet = element('div', { class: 'sheet' }, this.#hint);
    this.#over = element('div', { class: 'over' }, this.#frame.node, this.#field.node, this.cursors.node);
    this.node = element('main', { class: 'stage', 'aria-label': 'Canvas' }, this.#sheet, canvas, this.#over, this.#zoom.node);
    this.#surface = new Surface(canvas, {
      picture: () => this.#past ?? drawing.confirmed,
      hidden: () => this.#hidden(),
      overlay: () => this.#overlay(),
    });
    this.#listenToPointers();
    this.#listenToSession();
    new ResizeObserver(() => this.#place(false)).observe(this.node);
    this.#watchPixelRatio();
  }

  /** Whether the screen shows all that it should. */
  get isPainted(): boolean {
    return this.#surface.isCalm;
  }

  use(name: ToolName): void {
    this.#field.close();
    this.#tool = this.#tools[name];
    if (this.#tool !== this.select) this.select.select([]);
    this.#showCursor();
  }

  /** While it is on, pointers move the sheet. */
  setPanning(isPanning: boolean): void {
    this.#isPanning = isPanning;
    this.#showCursor();
  }

  /** Shows a drawing of the past instead of the present, which goes on meanwhile. */
  showPast(past: Elements | undefined, change: Change = EVERYTHING): void {
    this.#past = past;
    this.select.select([]);
    this.#surface.changed(change);
    this.#showHint();
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

  /** What of the confirmed elements is shown by the overlay, or not at all. */
  #hidden(): { ids: Iterable<string>; all: boolean } {
    if (this.#past !== undefined) return { ids: [], all: false };
    const { ids, all } = this.#session.drawing.hidden;
    return { ids: [...ids.keys(), ...this.select.lifted, ...this.#text.lifted], all };
  }

  #overlay(): readonly Element[] {
    if (this.#past !== undefined) return [];
    const lifted = new Set([...this.select.lifted, ...this.#text.lifted]);
    const pending = this.#session.drawing.pendingElements().slice(-PENDING_SHOWN_MAX).filter(({ id }) => !lifted.has(id));
    return [...this.#session.live.list(), ...pending, ...this.select.overlay(), ...(this.#tool === this.select ? [] : this.#tool.overlay())];
  }

  #listenToSession(): void {
    const session = this.#session;
    session.on('picture', (change) => {
      if (this.#past !== undefined) return;
      this.#surface.changed(change);
      this.#overlayChanged();
    });
    session.on('overlay', () => this.#overlayChanged());
    session.on('people', (people) => this.cursors.setPeople(people));
    session.on('cursor', ({ session: from, at }) => this.cursors.move(from, at));
  }

  #overlayChanged(): void {
    this.#surface?.refresh();
    this.#selectionChanged();
    this.#showHint();
  }

  #selectionChanged(): void {
    this.#surface?.refresh();
    this.#frame.show(this.select.box, this.select.frame);
    this.#port.selected(this.select.selected().length);
    this.#showCursor();
  }

  #showCursor(): void {
    this.#sheet.style.cursor = this.#isPanning || this.isReadOnly ? 'grab' : this.#past === undefined ? this.#tool.cursor : 'default';
  }

  /** On an empty sheet, what one can do with it. */
  #showHint(): void {
    const { drawing } = this.#session;
    const isUsed = this.#past !== undefined || this.#field.isOpen || !drawing.isEmpty || this.#overlay().length > 0;
    const isEmpty = drawing.position !== undefined && !isUsed;
    this.#sheet.classList.toggle('is-empty', isEmpty);
  }

  #listenToPointers(): void {
    const { broadcaster } = this.#session;
    new Pointers(this.node, this.#sheet, {
      drawStart: (event) => {
        if (this.#past === undefined) this.#tool.begin(this.#spot(event));
        this.#overlayChanged();
      },
      drawMove: (events) => {
        const spots = events.map((event) => this.#spot(event));
        const last = spots.at(-1);
        if (last !== undefined) broadcaster.cursor(last.x, last.y);
        this.#tool.move(spots);
        this.#surface.refresh();
      },
      drawEnd: () => {
        this.#tool.end();
        this.#overlayChanged();
      },
      drawCancel: () => {
        this.#tool.cancel();
        this.#overlayChanged();
      },
      isPanning: () => this.#isPanning || this.isReadOnly,
      pan: (deltaX, deltaY) => this.#pan(deltaX, deltaY),
      hover: (event) => {
        const { x, y } = this.#spot(event);
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
    this.#sheet.addEventListener('dblclick', (event) => {
      if (this.#tool === this.select && this.#past === undefined && !this.isReadOnly) this.select.open(this.#spot(event));
    });
  }

  #spot(event: PointerEvent | MouseEvent): Spot {
    const { left, top } = this.node.getBoundingClientRect();
    const isFinger = event instanceof PointerEvent && event.pointerType === 'touch';
    const tolerance = (isFinger ? TOLERANCE_OF_FINGERS : TOLERANCE) / this.#viewport.scale;
    return { ...this.#viewport.toPlane(event.clientX - left, event.clientY - top), shiftKey: event.shiftKey, tolerance };
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    if (!event.ctrlKey && !event.metaKey) return this.#pan(-event.deltaX, -event.deltaY);
    const { left, top } = this.node.getBoundingClientRect();
    this.#viewport.zoomBy(Math.exp(-event.deltaY * WHEEL_ZOOM), event.clientX - left, event.clientY - top);
    this.#place(true);
  }

  #pan(deltaX: number, deltaY: number): void {
    this.#viewport.panBy(deltaX, deltaY);
    this.#place(true);
  }

  /** Puts the sheet where it belongs. While it is being moved its tiles are stretched, and painted anew after that. */
  #place(isMoving: boolean): void {
    const { clientWidth, clientHeight } = this.node;
    this.#viewport.setStage(clientWidth, clientHeight, clientWidth < 640 ? 10 : 24);
    const { placement } = this.#viewport;
    for (const { style } of [this.#sheet, this.#over]) {
      style.width = `${placement.width}px`;
      style.height = `${placement.height}px`;
      style.transform = `translate(${placement.left}px, ${placement.top}px)`;
    }
    this.#over.style.setProperty('--unit', `${this.#viewport.scale}px`);
    this.#zoom.show(this.#viewport.zoom);
    const show = (isStill: boolean) => this.#surface.place(placement, clientWidth, clientHeight, devicePixelRatio, !isStill);
    clearTimeout(this.#repaintTimer);
    show(!isMoving);
    if (isMoving) this.#repaintTimer = setTimeout(() => show(true), REPAINT_AFTER_MS);
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
