// Keys of the page. Fields and dialogs keep their own keys to themselves.

export interface ShortcutsPort {
  pen(): void;
  eraser(): void;
  paletteColor(index: number): void;
  size(steps: number): void;
  toggleChat(): void;
  writeMessage(): void;
  clear(): void;
  zoom(factor: number): void;
  fit(): void;
  help(): void;
}

export function listenForShortcuts(port: ShortcutsPort): void {
  const actions: Record<string, () => void> = {
    p: port.pen,
    b: port.pen,
    e: port.eraser,
    '[': () => port.size(-1),
    ']': () => port.size(1),
    c: port.toggleChat,
    Enter: port.writeMessage,
    Delete: port.clear,
    '+': () => port.zoom(1.25),
    '=': () => port.zoom(1.25),
    '-': () => port.zoom(0.8),
    '0': port.fit,
    '?': port.help,
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const digit = /^[1-9]$/.test(event.key) ? Number(event.key) : 0;
    const action = digit > 0 ? () => port.paletteColor(digit - 1) : actions[event.key] ?? actions[event.key.toLowerCase()];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

/** Enter on a button presses the button. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest('input, textarea, select, dialog, button, a') !== null;
}
