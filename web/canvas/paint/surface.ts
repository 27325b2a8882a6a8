// The picture on the screen: tiles with what is confirmed, and over them, painted anew for each frame, what is not.
// Both are one bitmap in the end, so that an eraser that is not confirmed yet already erases what it will.

import type { Placement } from '../input/viewport.js';
import type { Box } from '../model/box.js';
import type { Change } from '../model/elements.js';
import { PLANE_HEIGHT, PLANE_WIDTH, type Element } from '../model/events.js';
import { paintElement } from './paint-element.js';
import { Tiles, contextOf } from './tiles.js';

/** So much of a frame goes into tiles while somebody draws or moves; the rest is for everything else on the page. */
const TILES_MS = 9;
/** While nobody does, the picture is there sooner. */
const TILES_MS_AT_REST = 28;
const REST_AFTER_MS = 300;
/** A large picture is shown small and blurred at first, which takes a fraction of the time. */
const PREVIEW_FROM_ELEMENTS = 3_000;
const PREVIEW_SCALE = 0.2;
/** Beyond it even a moving picture gets new tiles: shrunk ones are many, and grown ones are blurred. */
const STRETCH_MAX = 2;

/** The confirmed elements. */
export interface Picture {
  readonly count: number;
  query(box: Box): Element[];
  boxOf(id: string): Box | undefined;
}

export interface SurfacePort {
  picture(): Picture;
  /** Ids of confirmed elements that are not shown as they were confirmed. */
  hidden(): { ids: Iterable<string>; all: boolean };
  /** What lies over them, bottom first. */
  overlay(): readonly Element[];
}

export class Surface {
  readonly #view: CanvasRenderingContext2D;
  readonly #port: SurfacePort;
  // Where the corner of the sheet is on the view, in pixels, and how many there are to a unit of the plane.
  #origin = { left: 0, top: 0, scale: 1 };
  #tiles = new Tiles(1, () => []);
  // Shown, stretched, where the tiles are not painted yet: those of another scale.
  #backdrop: Tiles | undefined;
  #movedAt = 0;
  #hidden: { ids: Set<string>; all: boolean } = { ids: new Set(), all: false };
  #frame: number | undefined;

  constructor(canvas: HTMLCanvasElement, port: SurfacePort) {
    this.#view = contextOf(canvas);
    this.#port = port;
  }

  /** Whether the screen shows all that it should. */
  get isCalm(): boolean {
    return this.#frame === undefined;
  }

  /** The view is so large and shows the sheet there, in pixels of the page. While it moves, tiles are only stretched. */
  place({ left, top, width }: Placement, viewWidth: number, viewHeight: number, pixelRatio: number, isMoving: boolean): void {
    const { canvas } = this.#view;
    const [pixelWidth, pixelHeight] = [Math.max(1, Math.round(viewWidth * pixelRatio)), Math.max(1, Math.round(viewHeight * pixelRatio))];
    if (canvas.width !== pixelWidth) canvas.width = pixelWidth;
    if (canvas.height !== pixelHeight) canvas.height = pixelHeight;
    const scale = Math.max(1, Math.round(width * pixelRatio)) / PLANE_WIDTH;
    this.#origin = { left: Math.round(left * pixelRatio), top: Math.round(top * pixelRatio), scale };
    const stretch = scale / this.#tiles.scale;
    if (isMoving ? stretch < 1 / STRETCH_MAX || stretch > STRETCH_MAX : stretch !== 1) {
      this.#backdrop = this.#tiles;
      this.#tiles = this.#newTiles(scale);
    }
    this.#movedAt = performance.now();
    this.refresh();
  }

  /** The confirmed elements are others than before. */
  changed({ all, added, boxes }: Change): void {
    if (all) return this.#repaint();
    for (const tiles of this.#allTiles()) {
      for (const element of added) {
        if (!this.#hidden.all && !this.#hidden.ids.has(element.id)) tiles.add(element);
      }
      for (const box of boxes) tiles.invalidate(box);
    }
    this.refresh();
  }

  /** What is not confirmed has changed, or what is hidden. */
  refresh(): void {
    this.#frame ??= requestAnimationFrame(() => this.#paintFrame());
  }

  #repaint(): void {
    if (this.#port.picture().count < PREVIEW_FROM_ELEMENTS) {
      this.#tiles.invalidate({ left: 0, top: 0, right: PLANE_WIDTH, bottom: PLANE_HEIGHT });
      this.#backdrop = undefined;
    } else {
      this.#tiles = this.#newTiles(this.#tiles.scale);
      this.#backdrop = this.#newTiles(PREVIEW_SCALE);
    }
    this.refresh();
  }

  #allTiles(): Tiles[] {
    return this.#backdrop === undefined ? [this.#tiles] : [this.#tiles, this.#backdrop];
  }

  #newTiles(scale: number): Tiles {
    return new Tiles(scale, (box) => {
      const { ids, all } = this.#hidden;
      return all ? [] : this.#port.picture().query(box).filter(({ id }) => !ids.has(id));
    });
  }

  #paintFrame(): void {
    this.#frame = undefined;
    this.#updateHidden();
    const { left, top, scale } = this.#origin;
    const { canvas } = this.#view;
    const seen = { left: -left / scale, top: -top / scale, right: (canvas.width - left) / scale, bottom: (canvas.height - top) / scale };
    for (const tiles of this.#allTiles()) tiles.look(seen);
    const isDone = this.#work();
    if (isDone) this.#backdrop = undefined;
    this.#view.setTransform(1, 0, 0, 1, 0, 0);
    this.#view.clearRect(0, 0, canvas.width, canvas.height);
    this.#backdrop?.show(this.#view, this.#origin, false);
    this.#tiles.show(this.#view, this.#origin, this.#backdrop !== undefined);
    this.#paintOverlay();
    if (!isDone) this.refresh();
  }

  /** Paints tiles for as long as a frame has time for it. Returns whether all are painted. */
  #work(): boolean {
    const now = performance.now();
    const isAtRest = this.#port.overlay().length === 0 && now - this.#movedAt > REST_AFTER_MS;
    const endsAt = now + (isAtRest ? TILES_MS_AT_REST : TILES_MS);
    const isTimeUp = () => performance.now() >= endsAt;
    const hasPreview = this.#backdrop?.scale !== PREVIEW_SCALE || this.#backdrop.work(isTimeUp);
    return hasPreview && this.#tiles.work(isTimeUp);
  }

  #paintOverlay(): void {
    const { left, top, scale } = this.#origin;
    this.#view.save();
    this.#view.setTransform(scale, 0, 0, scale, left, top);
    this.#view.beginPath();
    this.#view.rect(0, 0, PLANE_WIDTH, PLANE_HEIGHT);
    this.#view.clip();
    for (const element of this.#port.overlay()) paintElement(this.#view, element);
    this.#view.restore();
  }

  /** Where something is hidden that was not, or the other way round, the tiles are no longer right. */
  #updateHidden(): void {
    const { ids, all } = this.#port.hidden();
    const picture = this.#port.picture();
    const now = new Set([...ids].filter((id) => picture.boxOf(id) !== undefined));
    const before = this.#hidden;
    this.#hidden = { ids: now, all };
    if (all !== before.all) return this.#repaint();
    for (const id of [...now].filter((each) => !before.ids.has(each)).concat([...before.ids].filter((each) => !now.has(each)))) {
      const box = picture.boxOf(id);
      if (box !== undefined) for (const tiles of this.#allTiles()) tiles.invalidate(box);
    }
  }
}
