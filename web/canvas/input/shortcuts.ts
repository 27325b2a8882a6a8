// Keys of the page. Fields and dialogs keep their own keys to themselves.

import type { ToolName } from '../stage.js';

export interface ShortcutsPort {
  /** Otherwise only those keys work that change nothing: somebody looks at the past, or may only look. */
  mayEdit(): boolean;
  tool(name: ToolName): void;
  paletteColor(index: number): void;
  size(steps: number): void;
  undo(): void;
  redo(): void;
  selectAll(): void;
  duplicate(): void;
  /** Whether something is selected: then it has the keys that move and delete. */
  hasSelection(): boolean;
  deleteSelection(): void;
  /** So many units of the plane, as long as keys are pressed. */
  nudge(dx: number, dy: number): void;
  nudgeEnd(): void;
  openSelection(): void;
  escape(): void;
  /** The space bar is down, or up again. */
  panning(isOn: boolean): void;
  toggleChat(): void;
  writeMessage(): void;
  zoom(factor: number): void;
  fit(): void;
  help(): void;
}

const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const FAR = 10;
const LOOKING = ['Escape', ' ', '+', '=', '-', '0', '?', 'c'];

export function listenForShortcuts(port: ShortcutsPort): void {
  const plain = plainActions(port);
  const controlled: Record<string, () => void> = { z: port.undo, y: port.redo, a: port.selectAll, d: port.duplicate };
  document.addEventListener('keydown', (event) => {
    if (event.altKey || isTyping(event)) return;
    if (!port.mayEdit() && (event.ctrlKey || event.metaKey || !LOOKING.includes(event.key))) return;
    const action = event.ctrlKey || event.metaKey ? controlledAction(event) : plainAction(event);
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
  document.addEventListener('keyup', (event) => {
    if (event.key === ' ') port.panning(false);
    if (event.key in ARROWS) port.nudgeEnd();
  });

  function controlledAction(event: KeyboardEvent): (() => void) | undefined {
    const key = event.key.toLowerCase();
    return key === 'z' && event.shiftKey ? port.redo : controlled[key];
  }

  function plainAction(event: KeyboardEvent): (() => void) | undefined {
    const { key, shiftKey } = event;
    const arrow = ARROWS[key];
    if (arrow !== undefined) {
      const [dx, dy] = arrow.map((step) => step * (shiftKey ? FAR : 1)) as [number, number];
      return port.hasSelection() ? () => port.nudge(dx, dy) : undefined;
    }
    if (/^[1-9]$/.test(key)) return () => port.paletteColor(Number(key) - 1);
    if (port.hasSelection() && key === 'Enter') return port.openSelection;
    return plain[key] ?? plain[key.toLowerCase()];
  }
}

function plainActions(port: ShortcutsPort): Record<string, () => void> {
  return {
    v: () => port.tool('select'),
    p: () => port.tool('pen'),
    b: () => port.tool('pen'),
    e: () => port.tool('eraser'),
    l: () => port.tool('line'),
    t: () => port.tool('text'),
    '[': () => port.size(-1),
    ']': () => port.size(1),
    c: port.toggleChat,
    Enter: port.writeMessage,
    Delete: port.deleteSelection,
    Backspace: port.deleteSelection,
    Escape: port.escape,
    ' ': () => port.panning(true),
    '+': () => port.zoom(1.25),
    '=': () => port.zoom(1.25),
    '-': () => port.zoom(0.8),
    '0': port.fit,
    '?': port.help,
  };
}

/** Enter and the space bar on a button press the button; arrows move a slider. Other keys mean the page there, too. */
function isTyping({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('textarea, select, dialog, input:not([type=range], [type=color])') !== null) return true;
  if (key in ARROWS) return target.closest('input') !== null;
  return (key === 'Enter' || key === ' ') && target.closest('button, a, label') !== null;
}
