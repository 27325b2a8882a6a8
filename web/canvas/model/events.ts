// What travels on a canvas topic, and readers that let only well-formed values in: the page shows what others sent,
// and must not break over it.

export const PLANE_WIDTH = 1600;
export const PLANE_HEIGHT = 1000;
export const STROKE_POINTS_MAX = 2_000;
export const SIZE_MIN = 1;
export const SIZE_MAX = 100;
export const CHAT_TEXT_MAX = 500;
export const NAME_MAX = 40;

export interface Stroke {
  id: string;
  color: string;
  size: number;
  /** x, y, x, y, … on the plane. */
  points: readonly number[];
  erase: boolean;
}

export interface ChatLine {
  name: string;
  text: string;
}

export type CanvasEvent =
  | ({ type: 'stroke' } & Stroke)
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
  strokes: Stroke[];
  chat: (ChatLine & { seq: number })[];
}

/** The types of a canvas topic for `Client.join`. Everything that comes in is read by the functions below first. */
export interface CanvasTypes {
  event: unknown;
  snapshot: unknown;
  present: unknown;
  signal: unknown;
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

function readPoints(value: unknown): number[] | undefined {
  if (!Array.isArray(value) || value.length % 2 !== 0 || !value.every(isFiniteNumber)) return undefined;
  return value as number[];
}

export function readStroke(value: unknown): Stroke | undefined {
  const { id, color, size, points, erase } = fieldsOf(value);
  const read = readPoints(points);
  if (typeof id !== 'string' || read === undefined || !isFiniteNumber(size)) return undefined;
  return {
    id,
    color: readColor(color),
    size: Math.min(SIZE_MAX, Math.max(SIZE_MIN, size)),
    points: read,
    erase: erase === true,
  };
}

function readChat(value: unknown): ChatLine | undefined {
  const { name, text } = fieldsOf(value);
  if (typeof name !== 'string' || typeof text !== 'string') return undefined;
  return { name, text };
}

export function readEvent(value: unknown): CanvasEvent | undefined {
  switch (fieldsOf(value)['type']) {
    case 'stroke': {
      const stroke = readStroke(value);
      return stroke && stroke.points.length > 0 ? { type: 'stroke', ...stroke } : undefined;
    }
    case 'chat': {
      const line = readChat(value);
      return line && { type: 'chat', ...line };
    }
    case 'clear':
      return { type: 'clear' };
    default:
      return undefined;
  }
}

export function readSnapshot(value: unknown): CanvasSnapshot {
  const { strokes, chat } = fieldsOf(value);
  const snapshot: CanvasSnapshot = { strokes: [], chat: [] };
  for (const each of Array.isArray(strokes) ? strokes : []) {
    const stroke = readStroke(each);
    if (stroke) snapshot.strokes.push(stroke);
  }
  for (const each of Array.isArray(chat) ? chat : []) {
    const line = readChat(each);
    const { seq } = fieldsOf(each);
    if (line && isFiniteNumber(seq)) snapshot.chat.push({ ...line, seq });
  }
  return snapshot;
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
