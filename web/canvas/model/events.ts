// What travels on a canvas topic, and readers that let only well-formed values in: the page shows what others sent,
// and must not break over it.

export const PLANE_WIDTH = 1600;
export const PLANE_HEIGHT = 1000;
export const STROKE_POINTS_MAX = 2_000;
export const SIZE_MIN = 1;
export const SIZE_MAX = 100;
export const TEXT_SIZE_MIN = 4;
export const TEXT_SIZE_MAX = 400;
/** As many ids, or elements, does one event have at most. */
export const LIST_MAX = 2_000;
export const TEXT_MAX = 500;
export const CHAT_TEXT_MAX = 500;
export const NAME_MAX = 40;

/** How far something was moved from where it was drawn. Whole eighths, so that sums of them are exact. */
export interface Shift {
  dx: number;
  dy: number;
}

export const NO_SHIFT: Shift = { dx: 0, dy: 0 };

export interface Stroke {
  id: string;
  color: string;
  size: number;
  /** x, y, x, y, … on the plane. */
  points: readonly number[];
  erase: boolean;
  shift: Shift;
}

export interface Text {
  id: string;
  color: string;
  /** The height of the letters; lines are a quarter further apart. */
  size: number;
  /** The left upper corner. */
  x: number;
  y: number;
  text: string;
  shift: Shift;
}

/** What lies on the plane. Never changed, only replaced. */
export type Element = Stroke | Text;

export interface ChatLine {
  name: string;
  text: string;
}

export type CanvasEvent =
  | { type: 'draw'; elements: readonly Element[] }
  | { type: 'move'; ids: readonly string[]; dx: number; dy: number }
  | { type: 'delete'; ids: readonly string[] }
  | { type: 'restore'; ids: readonly string[] }
  | ({ type: 'chat' } & ChatLine)
  | { type: 'clear' };

export interface CanvasPresent {
  name: string;
  color: string;
}

export type CanvasSignal =
  | { type: 'cursor'; x: number; y: number }
  | { type: 'cursor'; gone: true }
  /** The points from index `from` on of a stroke that is being drawn; `from` counts points, not numbers. */
  | ({ type: 'drawing'; from: number } & Stroke);

export interface CanvasSnapshot {
  elements: { element: Element; removed: boolean }[];
  chat: (ChatLine & { seq: number })[];
}

/** The types of a canvas topic for `Client.join`. Everything that comes in is read by the functions below first. */
export interface CanvasTypes {
  event: unknown;
  snapshot: unknown;
  present: unknown;
  signal: unknown;
}

export function isText(element: Element): element is Text {
  return 'text' in element;
}

/** An eraser is a stroke that takes away: nobody sees it, so nobody takes hold of it. */
export function isEraser(element: Element): boolean {
  return !isText(element) && element.erase;
}

type Fields = Record<string, unknown>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function readColor(value: unknown, otherwise = '#1d2129'): string {
  return typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value) ? value : otherwise;
}

const clamp = (value: number, min: number, max: number) => Math.min(max, Math.max(min, value));

function readNumbers(value: unknown): number[] | undefined {
  if (!Array.isArray(value) || value.length % 2 !== 0) return undefined;
  // A large canvas has millions of them.
  for (let index = 0; index < value.length; index += 1) if (!isFiniteNumber(value[index])) return undefined;
  return value as number[];
}

function readShift(value: unknown): Shift {
  if (value === undefined) return NO_SHIFT;
  const [dx, dy] = readNumbers(value) ?? [];
  return dx === undefined || dy === undefined ? NO_SHIFT : { dx, dy };
}

export function readStroke(value: unknown): Stroke | undefined {
  const { id, color, size, points, erase, shift } = fieldsOf(value);
  const read = readNumbers(points);
  if (typeof id !== 'string' || read === undefined || !isFiniteNumber(size)) return undefined;
  return { id, color: readColor(color), size: clamp(size, SIZE_MIN, SIZE_MAX), points: read, erase: erase === true, shift: readShift(shift) };
}

function readText(value: unknown): Text | undefined {
  const { id, color, size, at, text, shift } = fieldsOf(value);
  const [x, y] = readNumbers(at) ?? [];
  if (typeof id !== 'string' || typeof text !== 'string' || !isFiniteNumber(size)) return undefined;
  if (x === undefined || y === undefined) return undefined;
  return { id, color: readColor(color), size: clamp(size, TEXT_SIZE_MIN, TEXT_SIZE_MAX), x, y, text, shift: readShift(shift) };
}

/** Without a `type`, what has points is a stroke. */
function readElement(value: unknown): Element | undefined {
  if (!('points' in fieldsOf(value))) return readText(value);
  const stroke = readStroke(value);
  return stroke && stroke.points.length > 0 ? stroke : undefined;
}

function readList<Item>(value: unknown, read: (item: unknown) => Item | undefined): Item[] {
  const items: Item[] = [];
  for (const each of Array.isArray(value) ? value : []) {
    const item = read(each);
    if (item !== undefined) items.push(item);
  }
  return items;
}

function readIds(value: unknown): string[] {
  return readList(value, (id) => (typeof id === 'string' ? id : undefined));
}

function readChat(value: unknown): ChatLine | undefined {
  const { name, text } = fieldsOf(value);
  if (typeof name !== 'string' || typeof text !== 'string') return undefined;
  return { name, text };
}

export function readEvent(value: unknown): CanvasEvent | undefined {
  const { type, ids, dx, dy, elements } = fieldsOf(value);
  switch (type) {
    case 'stroke':
    case 'text': {
      const element = type === 'stroke' ? readElement(value) : readText(value);
      return element && { type: 'draw', elements: [element] };
    }
    case 'draw':
      return { type, elements: readList(elements, readElement) };
    case 'move':
      return isFiniteNumber(dx) && isFiniteNumber(dy) ? { type, ids: readIds(ids), dx, dy } : undefined;
    case 'delete':
    case 'restore':
      return { type, ids: readIds(ids) };
    case 'chat': {
      const line = readChat(value);
      return line && { type, ...line };
    }
    case 'clear':
      return { type };
    default:
      return undefined;
  }
}

export function readSnapshot(value: unknown): CanvasSnapshot {
  const { elements, chat } = fieldsOf(value);
  return {
    elements: readList(elements, (each) => {
      const element = readElement(each);
      return element && { element, removed: fieldsOf(each)['removed'] === true };
    }),
    chat: readList(chat, (each) => {
      const line = readChat(each);
      const { seq } = fieldsOf(each);
      return line && isFiniteNumber(seq) ? { ...line, seq } : undefined;
    }),
  };
}

export function readPresent(value: unknown): CanvasPresent {
  const { name, color } = fieldsOf(value);
  const shown = typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, NAME_MAX) : 'Somebody';
  return { name: shown, color: readColor(color, '#868e96') };
}

export function readSignal(value: unknown): CanvasSignal | undefined {
  const { type, x, y, gone, from } = fieldsOf(value);
  if (type === 'cursor') {
    if (gone === true) return { type, gone };
    return isFiniteNumber(x) && isFiniteNumber(y) ? { type, x, y } : undefined;
  }
  if (type !== 'drawing') return undefined;
  const stroke = readStroke(value);
  return stroke && isFiniteNumber(from) && from >= 0 ? { type, from, ...stroke } : undefined;
}
