// Mouse, pen and fingers: one pointer on the sheet draws, two fingers anywhere on the stage move and enlarge the sheet.
// The middle button moves it too, and so does any pointer while the port says that it should.

export interface PointersPort {
  drawStart(event: PointerEvent): void;
  drawMove(events: readonly PointerEvent[]): void;
  drawEnd(): void;
  /** It was not meant as a stroke after all. */
  drawCancel(): void;
  /** Whether what begins now moves the sheet instead of drawing. */
  isPanning(): boolean;
  pan(deltaX: number, deltaY: number): void;
  hover(event: PointerEvent): void;
  hoverEnd(): void;
  /** Two fingers moved by so much and spread by `factor` around (x, y), in coordinates of the page. */
  pinch(factor: number, x: number, y: number, deltaX: number, deltaY: number): void;
}

/** A second finger this soon after the first means that both were to pinch, and the first has not drawn. */
const PINCH_WITHIN_MS = 250;

interface Finger {
  x: number;
  y: number;
}

export class Pointers {
  readonly #port: PointersPort;
  readonly #stage: HTMLElement;
  readonly #sheet: HTMLElement;
  readonly #fingers = new Map<number, Finger>();
  #drawing: { id: number; type: string; startedAt: number } | undefined;
  #panning: (Finger & { id: number }) | undefined;
  #isPinching = false;

  /** The sheet is a part of the stage. */
  constructor(stage: HTMLElement, sheet: HTMLElement, port: PointersPort) {
    this.#stage = stage;
    this.#sheet = sheet;
    this.#port = port;
    stage.addEventListener('pointerdown', (event) => this.#down(event));
    stage.addEventListener('pointermove', (event) => this.#move(event));
    stage.addEventListener('pointerup', (event) => this.#up(event));
    stage.addEventListener('pointercancel', (event) => this.#up(event));
    sheet.addEventListener('pointerleave', (event) => {
      if (event.pointerId !== this.#drawing?.id) this.#port.hoverEnd();
    });
    // A long press is a slow beginning of a stroke here, not a request for a menu.
    stage.addEventListener('contextmenu', (event) => event.preventDefault());
  }

  #down(event: PointerEvent): void {
    if (isControl(event.target)) return;
    if (event.button === 1 || (event.button === 0 && this.#port.isPanning())) return this.#panStart(event);
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    const isOnSheet = this.#isOnSheet(event);
    if (!isOnSheet && event.pointerType !== 'touch') return;
    event.preventDefault();
    this.#stage.setPointerCapture(event.pointerId);
    if (event.pointerType === 'touch') {
      // While a pen draws, the hand that holds it lies on the screen too.
      if (this.#drawing?.type === 'pen') return;
      this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (this.#fingers.size === 2) return this.#maybePinch(event);
    }
    if (!isOnSheet || this.#drawing !== undefined || this.#isPinching) return;
    this.#drawing = { id: event.pointerId, type: event.pointerType, startedAt: event.timeStamp };
    this.#port.drawStart(event);
  }

  #panStart(event: PointerEvent): void {
    event.preventDefault();
    this.#stage.setPointerCapture(event.pointerId);
    this.#panning = { id: event.pointerId, x: event.clientX, y: event.clientY };
  }

  #move(event: PointerEvent): void {
    const panning = this.#panning;
    if (panning?.id === event.pointerId) {
      this.#port.pan(event.clientX - panning.x, event.clientY - panning.y);
      [panning.x, panning.y] = [event.clientX, event.clientY];
      return;
    }
    const finger = this.#fingers.get(event.pointerId);
    if (this.#isPinching && finger !== undefined) return this.#pinchMove(event, finger);
    if (finger !== undefined) [finger.x, finger.y] = [event.clientX, event.clientY];
    if (event.pointerId !== this.#drawing?.id) {
      if (event.pointerType !== 'touch' && this.#isOnSheet(event)) this.#port.hover(event);
      return;
    }
    // Between two frames a pen reports many points; a curve needs them all.
    const between = event.getCoalescedEvents?.() ?? [];
    this.#port.drawMove(between.length > 0 ? between : [event]);
  }

  #up(event: PointerEvent): void {
    if (this.#panning?.id === event.pointerId) this.#panning = undefined;
    this.#fingers.delete(event.pointerId);
    // The finger that stays on the glass after a pinch does not draw.
    if (this.#fingers.size === 0) this.#isPinching = false;
    if (event.pointerId !== this.#drawing?.id) return;
    this.#drawing = undefined;
    this.#port.drawEnd();
    if (event.pointerType === 'touch') this.#port.hoverEnd();
  }

  #isOnSheet(event: PointerEvent): boolean {
    return event.target instanceof Node && this.#sheet.contains(event.target);
  }

  #maybePinch(event: PointerEvent): void {
    if (this.#drawing !== undefined && event.timeStamp - this.#drawing.startedAt > PINCH_WITHIN_MS) return;
    if (this.#drawing !== undefined) this.#port.drawCancel();
    this.#drawing = undefined;
    this.#isPinching = true;
  }

  #pinchMove(event: PointerEvent, finger: Finger): void {
    const other = [...this.#fingers].find(([id]) => id !== event.pointerId)?.[1];
    const before = { ...finger };
    [finger.x, finger.y] = [event.clientX, event.clientY];
    if (other === undefined) return;
    const distance = (from: Finger) => Math.max(1, Math.hypot(from.x - other.x, from.y - other.y));
    const middleX = (finger.x + other.x) / 2;
    const middleY = (finger.y + other.y) / 2;
    const [deltaX, deltaY] = [(finger.x - before.x) / 2, (finger.y - before.y) / 2];
    this.#port.pinch(distance(finger) / distance(before), middleX, middleY, deltaX, deltaY);
  }
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, textarea, input') !== null;
}
