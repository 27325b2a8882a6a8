// The whole picture on one bitmap, for a file and for comparing pictures.

import { PLANE_HEIGHT, PLANE_WIDTH, type Element } from '../model/events.js';
import { paintElement } from './paint-element.js';
import { newContext } from './tiles.js';

const PNG_SCALE = 2;

/** On white paper. */
export function pngOf(elements: readonly Element[]): Promise<Blob> {
  const context = painted(elements, PNG_SCALE);
  // An eraser takes away down to the paper, so the paper comes last.
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, PLANE_WIDTH, PLANE_HEIGHT);
  return new Promise((resolve, reject) => {
    context.canvas.toBlob((blob) => (blob === null ? reject(new Error('the picture is too large for this browser')) : resolve(blob)), 'image/png');
  });
}

/** A hash of the elements' pixels on a bitmap of 1600 by 1000: equal pictures on any screen have equal hashes. */
export function pixelHash(elements: readonly Element[]): string {
  // Painted by the processor in every browser, as it is read back at once.
  const context = painted(elements, 1, { willReadFrequently: true });
  return hashBytes(context.getImageData(0, 0, PLANE_WIDTH, PLANE_HEIGHT).data);
}

function painted(elements: readonly Element[], scale: number, settings?: CanvasRenderingContext2DSettings): CanvasRenderingContext2D {
  const context = newContext(PLANE_WIDTH * scale, PLANE_HEIGHT * scale, settings);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  for (const element of elements) paintElement(context, element);
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
