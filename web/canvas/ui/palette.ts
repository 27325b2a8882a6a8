// The colours on offer. Names are for those who cannot see them, and for tooltips.

export const PALETTE: readonly { color: string; name: string }[] = [
  { color: '#1d2129', name: 'Ink' },
  { color: '#1f6feb', name: 'Blue' },
  { color: '#0ca5a5', name: 'Teal' },
  { color: '#2f9e44', name: 'Green' },
  { color: '#f2b705', name: 'Yellow' },
  { color: '#f76707', name: 'Orange' },
  { color: '#e03131', name: 'Red' },
  { color: '#d6418f', name: 'Pink' },
  { color: '#7c4ddb', name: 'Violet' },
];

/** Colours for people: the palette without ink, in which everybody would look the same. */
export const PERSON_COLORS = PALETTE.slice(1);

export function colorOfName(name: string): string {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return personColor(hash);
}

/** The colour for a whole number, whichever it is. */
export function personColor(index: number): string {
  return (PERSON_COLORS[index % PERSON_COLORS.length] as { color: string }).color;
}
