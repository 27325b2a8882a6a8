// Which of many rectangles lie where: a grid of squares over the plane, each with the numbers of those that touch it.
// What sticks out of the plane counts for the squares at its edge. Pure.

import type { Box } from './box.js';
import { PLANE_HEIGHT, PLANE_WIDTH } from './events.js';

const SQUARE = 100;
const COLUMNS = PLANE_WIDTH / SQUARE;
const ROWS = PLANE_HEIGHT / SQUARE;

const squareOf = (at: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(at / SQUARE)));

export class SpatialIndex {
  readonly #squares = Array.from({ length: COLUMNS * ROWS }, (): number[] => []);
  // The number of the last query that met an entry, so that none is told twice.
  readonly #metBy: number[] = [];
  #queries = 0;

  add(entry: number, box: Box): void {
    this.#metBy[entry] ??= 0;
    this.#forEachSquare(box, (square) => square.push(entry));
  }

  /** `box` is the one that it was added with. */
  remove(entry: number, box: Box): void {
    this.#forEachSquare(box, (square) => square.splice(square.indexOf(entry), 1));
  }

  /** Those that may touch the box, in ascending order. */
  query(box: Box): Uint32Array {
    const query = ++this.#queries;
    const found: number[] = [];
    this.#forEachSquare(box, (square) => {
      for (const entry of square) {
        if (this.#metBy[entry] === query) continue;
        this.#metBy[entry] = query;
        found.push(entry);
      }
    });
    return Uint32Array.from(found).sort();
  }

  #forEachSquare({ left, top, right, bottom }: Box, visit: (square: number[]) => void): void {
    const firstColumn = squareOf(left, COLUMNS);
    const lastColumn = squareOf(right, COLUMNS);
    const lastRow = squareOf(bottom, ROWS);
    for (let row = squareOf(top, ROWS); row <= lastRow; row += 1) {
      for (let column = firstColumn; column <= lastColumn; column += 1) visit(this.#squares[row * COLUMNS + column] as number[]);
    }
  }
}
