// How texts are set, the same on the page and in exported files.

export const FONT_FAMILY = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
/** From line to line, in heights of letters. */
export const LINE_HEIGHT = 1.25;
/** Where letters stand in their line, from its top. */
export const BASELINE = 0.95;

/** How wide a line of text is if its letters are 1 high. Only a browser knows; the page says so at its start. */
export type Measure = (line: string) => number;

/** Wide enough for nearly all letters. */
let measure: Measure = (line) => [...line].length * 0.65;

export function measureTextWith(better: Measure): void {
  measure = better;
}

export function widthOf(line: string): number {
  return measure(line);
}
