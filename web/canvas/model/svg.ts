// A drawing as an SVG document, for programs that draw. Pure.

import { PLANE_HEIGHT, PLANE_WIDTH, isText, type Element, type Stroke, type Text } from './events.js';
import { BASELINE, FONT_FAMILY, LINE_HEIGHT } from './lettering.js';

const PAPER = '#ffffff';

/** What was erased is painted over with paper: viewers agree about that, and not about masks in masks. */
export function svgOf(elements: readonly Element[]): string {
  const size = `width="${PLANE_WIDTH}" height="${PLANE_HEIGHT}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${PLANE_WIDTH} ${PLANE_HEIGHT}">`,
    `<rect ${size} fill="${PAPER}"/>`,
    '<g fill="none" stroke-linecap="round" stroke-linejoin="round">',
    ...elements.map((element) => (isText(element) ? svgOfText(element) : svgOfStroke(element))),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function svgOfStroke(stroke: Stroke): string {
  return `<path d="${pathOf(stroke)}" stroke="${stroke.erase ? PAPER : stroke.color}" stroke-width="${stroke.size}"/>`;
}

/** The same curve that `paintElement` paints. */
function pathOf({ points, shift }: Stroke): string {
  const at = (index: number) => `${short((points[index] ?? 0) + shift.dx)} ${short((points[index + 1] ?? 0) + shift.dy)}`;
  const middle = (index: number) => {
    const half = (from: number, by: number) => short(((points[from] ?? 0) + (points[from + 2] ?? 0)) / 2 + by);
    return `${half(index, shift.dx)} ${half(index + 1, shift.dy)}`;
  };
  const last = points.length - 2;
  const parts = [`M${at(0)}`];
  for (let index = 2; index < last; index += 2) parts.push(`Q${at(index)} ${middle(index)}`);
  parts.push(`L${at(last)}`);
  return parts.join('');
}

function svgOfText({ x, y, size, color, text, shift }: Text): string {
  const lines = text.split('\n').map((line, index) => {
    const [left, top] = [short(x + shift.dx), short(y + shift.dy + (index * LINE_HEIGHT + BASELINE) * size)];
    return `<tspan x="${left}" y="${top}">${escaped(line)}</tspan>`;
  });
  return `<text font-family="${FONT_FAMILY}" font-size="${size}" fill="${color}" xml:space="preserve">${lines.join('')}</text>`;
}

const short = (value: number) => String(Math.round(value * 100) / 100);

function escaped(text: string): string {
  // Some characters may not stand in XML in any form.
  const allowed = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
  return allowed.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
