// A click begins a text, or goes on with the one under it.

import { newId, type Editor } from '../editor.js';
import type { Drawing } from '../model/drawing.js';
import { isText, NO_SHIFT, PLANE_HEIGHT, PLANE_WIDTH, type Text } from '../model/events.js';
import { onPlane } from '../model/stroke-maker.js';
import type { TextEditor } from '../ui/text-editor.js';
import type { Spot, Tool } from './tool.js';

export class TextTool implements Tool {
  readonly cursor = 'text';
  readonly #drawing: Drawing;
  readonly #editor: Editor;
  readonly #field: TextEditor;
  readonly #style: () => { color: string; size: number };
  #at: Spot | undefined;
  #edited: Text | undefined;

  constructor(drawing: Drawing, editor: Editor, field: TextEditor, style: () => { color: string; size: number }) {
    this.#drawing = drawing;
    this.#editor = editor;
    this.#field = field;
    this.#style = style;
  }

  /** The text that is in the field, and not on the sheet meanwhile. */
  get lifted(): ReadonlySet<string> {
    return new Set(this.#edited === undefined ? [] : [this.#edited.id]);
  }

  begin(spot: Spot): void {
    // A click beside the field ends it, and nothing else.
    this.#at = this.#field.isOpen ? undefined : spot;
    this.#field.close();
  }

  move(): void {}

  end(): void {
    if (this.#at === undefined) return;
    const { x, y } = this.#at;
    const under = this.#drawing.touched(this.#at).find(isText);
    if (under !== undefined) return this.edit(under);
    const { color, size } = this.#style();
    const at = { x: onPlane(x, PLANE_WIDTH), y: onPlane(y - size * 0.6, PLANE_HEIGHT) };
    this.#open({ id: newId(), color, size, ...at, text: '', shift: NO_SHIFT });
  }

  cancel(): void {
    this.#at = undefined;
  }

  overlay(): readonly Text[] {
    return [];
  }

  edit(text: Text): void {
    this.#edited = text;
    this.#open(text);
  }

  #open(before: Text): void {
    this.#field.open(before, (typed) => {
      this.#edited = undefined;
      if (typed === before.text) return;
      const isThere = this.#drawing.shown(before.id) !== undefined;
      if (typed.trim() !== '' && isThere) this.#editor.replace([before], [{ ...before, text: typed }]);
      else if (typed.trim() !== '') this.#editor.draw({ ...before, text: typed });
      else if (isThere) this.#editor.delete([before.id]);
    });
  }
}
