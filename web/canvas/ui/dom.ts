// The little that this page needs of a view library: building elements, and icons.

type Child = Node | string | undefined;
type Attributes = Record<string, string | boolean | ((event: never) => void) | undefined>;

/** Makes an element. Attributes that begin with `on` are listeners; true sets an empty attribute, false none. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value as EventListener);
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

const ICONS = {
  pen: '<path d="M4 20l1-4.5L16.5 4a2.1 2.1 0 0 1 3 3L8 18.5z"/><path d="M14.5 6l3 3"/>',
  eraser: '<path d="M5 15.5l9.5-9.5a2 2 0 0 1 2.8 0l2.7 2.7a2 2 0 0 1 0 2.8L12.5 19H8.500z"/><path d="M9.5 11l5.5 5.5"/><path d="M12.5 19H20"/>',
  select: '<path d="M6 4l12.500 7.200-5.500 1.500-2.800 5.300z"/>',
  line: '<path d="M5.500 18.500l13-13"/><circle cx="5.5" cy="18.5" r="1.6"/><circle cx="18.5" cy="5.5" r="1.6"/>',
  text: '<path d="M5.500 7V5.500h13V7M12 5.500v13M9.500 18.500h5"/>',
  undo: '<path d="M8.500 5L4.500 9l4 4"/><path d="M4.500 9h9.500a5 5 0 0 1 0 10h-4"/>',
  redo: '<path d="M15.500 5l4 4-4 4"/><path d="M19.500 9H10a5 5 0 0 0 0 10h4"/>',
  history: '<path d="M4.500 12a7.5 7.5 0 1 0 2.400-5.500L4.500 8.700"/><path d="M4.500 4.500v4.200h4.200M12 8v4.300l3 1.700"/>',
  more: '<path d="M5.500 12v.01M12 12v.01M18.500 12v.01" stroke-width="2.6"/>',
  image: '<rect x="4" y="5" width="16" height="14" rx="2"/><circle cx="9" cy="10" r="1.5"/><path d="M5 17.500l4.500-4 3 2.500 3-3.500 4 4"/>',
  vector: '<path d="M5 17C5 9 19 15 19 7"/><rect x="3.500" y="16" width="3" height="3"/><rect x="17.500" y="5" width="3" height="3"/>',
  eye: '<path d="M3.500 12s3-5.500 8.500-5.500 8.500 5.500 8.500 5.500-3 5.500-8.500 5.500S3.500 12 3.500 12z"/><circle cx="12" cy="12" r="2.3"/>',
  play: '<path d="M8 5.500v13l10.500-6.500z"/>',
  pause: '<path d="M9 6v12M15 6v12"/>',
  plus: '<path d="M12 6v12M6 12h12"/>',
  minus: '<path d="M6 12h12"/>',
  trash: '<path d="M5 7h14M10 7V5h4v2M7 7l.8 12h8.400L17 7"/><path d="M10.5 11v5M13.5 11v5"/>',
  chat: '<path d="M5 5.500h14a1.5 1.5 0 0 1 1.5 1.500v8.500a1.5 1.5 0 0 1-1.5 1.500h-7L8 20.500V17H5a1.5 1.5 0 0 1-1.5-1.500V7A1.5 1.5 0 0 1 5 5.500z"/>',
  link: '<path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1"/><path d="M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.700l1-1"/>',
  close: '<path d="M6.5 6.500l11 11M17.5 6.500l-11 11"/>',
  send: '<path d="M4.5 12L20 4.5 15.5 20l-3.5-6.500z"/><path d="M12 13.500l4-5"/>',
  help: '<circle cx="12" cy="12" r="8.5"/><path d="M9.7 9.600a2.4 2.4 0 1 1 3.5 2.100c-.8.4-1.2.9-1.2 1.8"/><path d="M12 16.600v.01"/>',
  arrow: '<path d="M5 12h14M13 6l6 6-6 6"/>',
} as const;

export type IconName = keyof typeof ICONS;

export function icon(name: IconName): SVGElement {
  const holder = document.createElement('template');
  holder.innerHTML =
    '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" ' +
    `stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${ICONS[name]}</svg>`;
  return holder.content.firstElementChild as SVGElement;
}

/** Black or white, whichever can be read on `color` (#rrggbb). */
export function readableOn(color: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return red * 0.299 + green * 0.587 + blue * 0.114 > 165 ? '#1d2129' : '#ffffff';
}

/** Up to two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? '')][0]?.toUpperCase() ?? '').join('');
}
