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
export const PERSON_COLORS: readonly string[] = PALETTE.slice(1).map(({ color }) => color);

export function colorOfName(name: string): string {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return PERSON_COLORS[hash % PERSON_COLORS.length] as string;
}
