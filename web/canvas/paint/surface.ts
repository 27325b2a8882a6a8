// The picture on the screen: a layer with the confirmed strokes, to which each event adds, and over it, painted anew
// for each frame, what is not confirmed. Both are one bitmap in the end, so that an eraser that is not confirmed yet
// already erases what it will.

import { PLANE_HEIGHT, PLANE_WIDTH, type Stroke } from '../model/events.js';
import { paintStroke } from './paint-stroke.js';

/** Two pixels to a unit of the plane: beyond that, a larger bitmap costs memory and shows nothing new. */
const BITMAP_WIDTH_MAX = PLANE_WIDTH * 2;

export interface SurfacePort {
  /** The confirmed strokes, for painting the layer from scratch. */
  confirmed(): readonly Stroke[];
  /** What lies over them, bottom first. */
  overlay(): readonly Stroke[];
}

export class Surface {
  readonly #view: CanvasRenderingContext2D;
  readonly #layer: CanvasRenderingContext2D;
  readonly #port: SurfacePort;
  #frame: number | undefined;

  constructor(canvas: HTMLCanvasElement, port: SurfacePort) {
    this.#view = contextOf(canvas);
    this.#layer = contextOf(document.createElement('canvas'));
    this.#port = port;
  }

  /** The sheet is shown so wide, in pixels of the page. */
  resize(cssWidth: number, pixelRatio: number): void {
    const width = Math.max(1, Math.min(BITMAP_WIDTH_MAX, Math.round(cssWidth * pixelRatio)));
    const height = Math.max(1, Math.round((width * PLANE_HEIGHT) / PLANE_WIDTH));
    if (this.#view.canvas.width === width && this.#view.canvas.height === height) return;
    for (const { canvas } of [this.#view, this.#layer]) {
      canvas.width = width;
      canvas.height = height;
    }
    this.repaint();
  }

  /** The confirmed strokes are others than before. */
  repaint(): void {
    repaintLayer(this.#layer, this.#port.confirmed());
    this.refresh();
  }

  /** One more stroke is confirmed. */
  add(stroke: Stroke): void {
    paintStroke(this.#layer, stroke);
    this.refresh();
  }

  /** What is not confirmed has changed. */
  refresh(): void {
    this.#frame ??= requestAnimationFrame(() => this.#paintFrame());
  }

  #paintFrame(): void {
    this.#frame = undefined;
    const { canvas } = this.#view;
    this.#view.setTransform(1, 0, 0, 1, 0, 0);
    this.#view.clearRect(0, 0, canvas.width, canvas.height);
    this.#view.drawImage(this.#layer.canvas, 0, 0);
    scaleToPlane(this.#view);
    for (const stroke of this.#port.overlay()) paintStroke(this.#view, stroke);
  }
}

/** A hash of the strokes' pixels on a bitmap of 1600 by 1000: equal pictures on any screen have equal hashes. */
export function pixelHash(strokes: readonly Stroke[]): string {
  const canvas = document.createElement('canvas');
  canvas.width = PLANE_WIDTH;
  canvas.height = PLANE_HEIGHT;
  // Painted by the processor in every browser, as it is read back at once.
  const context = contextOf(canvas, { willReadFrequently: true });
  repaintLayer(context, strokes);
  return hashBytes(context.getImageData(0, 0, PLANE_WIDTH, PLANE_HEIGHT).data);
}

function repaintLayer(context: CanvasRenderingContext2D, strokes: readonly Stroke[]): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  scaleToPlane(context);
  for (const stroke of strokes) paintStroke(context, stroke);
}

function scaleToPlane(context: CanvasRenderingContext2D): void {
  const scale = context.canvas.width / PLANE_WIDTH;
  context.setTransform(scale, 0, 0, scale, 0, 0);
}

function contextOf(canvas: HTMLCanvasElement, settings?: CanvasRenderingContext2DSettings): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', settings);
  if (context === null) throw new Error('this browser cannot paint on a canvas');
  return context;
}

/** FNV-1a over 32-bit words, twice with different offsets. */
function hashBytes(bytes: Uint8ClampedArray): string {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  let first = 0x811c9dc5;
  let second = 0x9747b28c;
  for (const word of words) {
    first = Math.imul(first ^ word, 0x01000193);
    second = Math.imul(second ^ (word >>> 7) ^ (word << 25), 0x01000193);
  }
  return [first, second].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
