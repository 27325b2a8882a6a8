// Where the sheet lies in the stage: fitted into it, or enlarged and moved by the user. Pure.

import { PLANE_HEIGHT, PLANE_WIDTH } from '../model/events.js';

export interface Placement {
  left: number;
  top: number;
  width: number;
  height: number;
}

const ZOOM_MAX = 8;

export class Viewport {
  #stageWidth = 0;
  #stageHeight = 0;
  #margin = 0;
  #zoom = 1;
  // The point of the plane in the middle of the stage.
  #centerX = PLANE_WIDTH / 2;
  #centerY = PLANE_HEIGHT / 2;

  get zoom(): number {
    return this.#zoom;
  }

  /** Pixels to a unit of the plane. */
  get scale(): number {
    const width = Math.max(1, this.#stageWidth - 2 * this.#margin);
    const height = Math.max(1, this.#stageHeight - 2 * this.#margin);
    return Math.min(width / PLANE_WIDTH, height / PLANE_HEIGHT) * this.#zoom;
  }

  get placement(): Placement {
    const scale = this.scale;
    return {
      left: this.#stageWidth / 2 - this.#centerX * scale,
      top: this.#stageHeight / 2 - this.#centerY * scale,
      width: PLANE_WIDTH * scale,
      height: PLANE_HEIGHT * scale,
    };
  }

  setStage(width: number, height: number, margin: number): void {
    this.#stageWidth = width;
    this.#stageHeight = height;
    this.#margin = margin;
    this.#keepInside();
  }

  /** The point of the plane under a point of the stage. */
  toPlane(stageX: number, stageY: number): { x: number; y: number } {
    const { left, top } = this.placement;
    const scale = this.scale;
    return { x: (stageX - left) / scale, y: (stageY - top) / scale };
  }

  /** Enlarges by `factor` so that what is at (stageX, stageY) stays there. */
  zoomBy(factor: number, stageX: number, stageY: number): void {
    const fixed = this.toPlane(stageX, stageY);
    this.#zoom = Math.min(ZOOM_MAX, Math.max(1, this.#zoom * factor));
    const scale = this.scale;
    this.#centerX = fixed.x - (stageX - this.#stageWidth / 2) / scale;
    this.#centerY = fixed.y - (stageY - this.#stageHeight / 2) / scale;
    this.#keepInside();
  }

  panBy(stageDeltaX: number, stageDeltaY: number): void {
    const scale = this.scale;
    this.#centerX -= stageDeltaX / scale;
    this.#centerY -= stageDeltaY / scale;
    this.#keepInside();
  }

  fit(): void {
    this.#zoom = 1;
    this.#keepInside();
  }

  /** A sheet smaller than the stage is centred; of a larger one no more than the margin is left empty. */
  #keepInside(): void {
    const scale = this.scale;
    const clamp = (center: number, plane: number, stage: number) => {
      const half = Math.max(0, stage / 2 - this.#margin) / scale;
      return half * 2 >= plane ? plane / 2 : Math.min(plane - half, Math.max(half, center));
    };
    this.#centerX = clamp(this.#centerX, PLANE_WIDTH, this.#stageWidth);
    this.#centerY = clamp(this.#centerY, PLANE_HEIGHT, this.#stageHeight);
  }
}
