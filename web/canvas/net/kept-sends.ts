// Own events that are not stored yet, kept by the browser: what was drawn without a connection outlives the page, and
// is sent with its key by the next one that opens the canvas. The key makes it harmless if two do.

/** What of `localStorage` is needed here. */
export type KeepingStorage = Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>;

export interface KeptSend {
  key: string;
  data: unknown;
}

export class KeptSends {
  readonly #storage: KeepingStorage | undefined;
  readonly #prefix: string;
  #lastOrder = 0;

  /** Without a storage nothing is kept. */
  constructor(storage: KeepingStorage | undefined, topic: string) {
    this.#storage = storage;
    this.#prefix = `troupe.unsent/${topic}/`;
  }

  /** In the order in which they were added. */
  load(): KeptSend[] {
    const kept: (KeptSend & { order: number })[] = [];
    for (let index = 0; index < (this.#storage?.length ?? 0); index += 1) {
      const name = this.#storage?.key(index) ?? '';
      if (!name.startsWith(this.#prefix)) continue;
      const read = this.#read(name);
      if (read !== undefined) kept.push({ key: name.slice(this.#prefix.length), ...read });
    }
    return kept.sort((one, other) => one.order - other.order).map(({ key, data }) => ({ key, data }));
  }

  /** Returns whether it is kept; there may be no room. */
  add(key: string, data: unknown): boolean {
    // Time orders the events of several pages, the counter those of one millisecond.
    this.#lastOrder = Math.max(this.#lastOrder + 1, Date.now() * 1_000);
    try {
      this.#storage?.setItem(this.#prefix + key, JSON.stringify({ order: this.#lastOrder, data }));
      return this.#storage !== undefined;
    } catch {
      return false;
    }
  }

  remove(key: string): void {
    this.#storage?.removeItem(this.#prefix + key);
  }

  #read(name: string): { order: number; data: unknown } | undefined {
    try {
      const { order, data } = JSON.parse(this.#storage?.getItem(name) ?? '') as { order: unknown; data: unknown };
      return typeof order === 'number' ? { order, data } : undefined;
    } catch {
      return undefined;
    }
  }
}
