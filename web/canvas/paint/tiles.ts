// The picture as square bitmaps. Only those that are looked at are painted, a few milliseconds in each frame, and only
// those that an edit touches are painted again: a page with a hundred thousand strokes stays as quick as an empty one.

import { boundsOf, overlaps, union, type Box } from '../model/box.js';
import { PLANE_HEIGHT, PLANE_WIDTH, type Element } from '../model/events.js';
import { paintElement } from './paint-element.js';

const TILE_PIXELS = 512;
/** Tiles out of sight are kept for when they come back, up to so many with those in sight. */
const TILES_MAX = 64;
/** The time is looked at after so many elements. */
const ELEMENTS_A_LOOK = 16;
/** Painted by the processor: then painting has taken its time when it is over, and does not surprise a later frame. */
const TILE_SETTINGS = { willReadFrequently: true };

interface Tile {
  /** In pixels of the whole picture. */
  left: number;
  top: number;
  box: Box;
  bitmap: CanvasRenderingContext2D | undefined;
  /** Where the bitmap does not show what is there now; until it does, it is better than nothing. */
  wrong: Box | undefined;
  /** The bitmap that will take its place, and what is still to be painted on it. */
  coming: Coming | undefined;
}

interface Coming {
  context: CanvasRenderingContext2D;
  /** Whether it is painted from scratch, and not only where the former one is wrong. */
  isWhole: boolean;
  todo: Element[];
  next: number;
}

export class Tiles {
  /** Pixels to a unit of the plane. */
  readonly scale: number;
  readonly #query: (box: Box) => Element[];
  readonly #width: number;
  readonly #height: number;
  // Those that were looked at last come last.
  readonly #tiles = new Map<number, Tile>();
  #visible: Tile[] = [];

  /** `query` tells what lies in a part of the plane, bottom first. */
  constructor(scale: number, query: (box: Box) => Element[]) {
    this.scale = scale;
    this.#query = query;
    this.#width = Math.max(1, Math.round(PLANE_WIDTH * scale));
    this.#height = Math.max(1, Math.round(PLANE_HEIGHT * scale));
  }

  /** From here on, this part of the plane is looked at. */
  look(view: Box): void {
    this.#visible = [];
    const columns = Math.ceil(this.#width / TILE_PIXELS);
    const rows = Math.ceil(this.#height / TILE_PIXELS);
    const place = (at: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor((at * this.scale) / TILE_PIXELS)));
    for (let row = place(view.top, rows); row <= place(view.bottom, rows); row += 1) {
      for (let column = place(view.left, columns); column <= place(view.right, columns); column += 1) {
        const name = row * columns + column;
        const tile = this.#tiles.get(name) ?? this.#newTile(column * TILE_PIXELS, row * TILE_PIXELS);
        this.#tiles.delete(name);
        this.#tiles.set(name, tile);
        this.#visible.push(tile);
      }
    }
    for (const name of this.#tiles.keys()) {
      if (this.#tiles.size <= Math.max(TILES_MAX, this.#visible.length)) break;
      this.#tiles.delete(name);
    }
  }

  /** One more element lies on top. */
  add(element: Element): void {
    const box = boundsOf(element);
    for (const tile of this.#tiles.values()) {
      if (!overlaps(tile.box, box)) continue;
      if (tile.wrong === undefined && tile.bitmap !== undefined) paintElement(tile.bitmap, element);
      else if (tile.coming?.isWhole === true) tile.coming.todo.push(element);
      else makeWrong(tile, box);
    }
  }

  /** The picture is another one here. */
  invalidate(box: Box): void {
    for (const tile of this.#tiles.values()) {
      if (overlaps(tile.box, box)) makeWrong(tile, box);
    }
  }

  /** Paints what is looked at until time is up. Returns whether all of it is painted. */
  work(isTimeUp: () => boolean): boolean {
    for (const tile of this.#visible) {
      if (tile.wrong === undefined) continue;
      const coming = (tile.coming ??= this.#begin(tile, tile.wrong));
      while (coming.next < coming.todo.length) {
        const end = Math.min(coming.todo.length, coming.next + ELEMENTS_A_LOOK);
        for (; coming.next < end; coming.next += 1) paintElement(coming.context, coming.todo[coming.next] as Element);
        // Reading a pixel makes the browser paint what it would put off.
        coming.context.getImageData(0, 0, 1, 1);
        if (isTimeUp()) return false;
      }
      coming.context.restore();
      tile.bitmap = coming.context;
      tile.wrong = undefined;
      tile.coming = undefined;
    }
    return true;
  }

  /**
   * Shows what is looked at, with the picture's corner at (left, top) of a view in which a unit is `scale` pixels. Tiles
   * that are not complete yet are left out if there is something behind them.
   */
  show(view: CanvasRenderingContext2D, { left, top, scale }: { left: number; top: number; scale: number }, isBacked: boolean): void {
    const stretch = scale / this.scale;
    for (const tile of this.#visible) {
      const bitmap = (tile.bitmap ?? (isBacked ? undefined : tile.coming?.context))?.canvas;
      if (bitmap === undefined) continue;
      const place = [left + tile.left * stretch, top + tile.top * stretch, bitmap.width * stretch, bitmap.height * stretch] as const;
      view.clearRect(...place);
      view.drawImage(bitmap, ...place);
    }
  }

  #newTile(left: number, top: number): Tile {
    const end = (from: number, all: number) => Math.min(all, from + TILE_PIXELS) / this.scale;
    const box = { left: left / this.scale, top: top / this.scale, right: end(left, this.#width), bottom: end(top, this.#height) };
    return { left, top, box, bitmap: undefined, wrong: box, coming: undefined };
  }

  /** A copy of the former bitmap in which only what is wrong is painted anew. */
  #begin({ left, top, box, bitmap }: Tile, wrong: Box): Coming {
    const [width, height] = [Math.min(TILE_PIXELS, this.#width - left), Math.min(TILE_PIXELS, this.#height - top)];
    const context = newContext(width, height, TILE_SETTINGS);
    context.setTransform(this.scale, 0, 0, this.scale, -left, -top);
    context.save();
    const isWhole = bitmap === undefined;
    // In whole pixels, so that no edge of it is seen.
    const pixels = {
      left: Math.max(0, Math.floor(wrong.left * this.scale - left) - 1),
      top: Math.max(0, Math.floor(wrong.top * this.scale - top) - 1),
      right: Math.min(width, Math.ceil(wrong.right * this.scale - left) + 1),
      bottom: Math.min(height, Math.ceil(wrong.bottom * this.scale - top) + 1),
    };
    if (!isWhole) {
      context.resetTransform();
      context.drawImage(bitmap.canvas, 0, 0);
      context.beginPath();
      context.rect(pixels.left, pixels.top, pixels.right - pixels.left, pixels.bottom - pixels.top);
      context.clip();
      context.clearRect(0, 0, width, height);
      context.setTransform(this.scale, 0, 0, this.scale, -left, -top);
    }
    const onPlane = (at: number, corner: number) => (at + corner) / this.scale;
    const part = {
      ...{ left: onPlane(pixels.left, left), top: onPlane(pixels.top, top) },
      ...{ right: onPlane(pixels.right, left), bottom: onPlane(pixels.bottom, top) },
    };
    return { context, isWhole, todo: this.#query(isWhole ? box : part), next: 0 };
  }
}

function makeWrong(tile: Tile, box: Box): void {
  tile.wrong = tile.wrong === undefined ? box : union(tile.wrong, box);
  tile.coming = undefined;
}

export function newContext(width: number, height: number, settings?: CanvasRenderingContext2DSettings): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return contextOf(canvas, settings);
}

export function contextOf(canvas: HTMLCanvasElement, settings?: CanvasRenderingContext2DSettings): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', settings);
  if (context === null) throw new Error('this browser cannot paint on a canvas');
  return context;
}
