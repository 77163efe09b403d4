// Key-value storage of the browser that goes on in memory when the browser refuses.

/** The part of the browser's Storage that we use. */
export interface Store {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(): string[];
}

export class MemoryStore implements Store {
  private readonly values = new Map<string, string>();

  get(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  set(key: string, value: string): void {
    this.values.set(key, value);
  }

  remove(key: string): void {
    this.values.delete(key);
  }

  keys(): string[] {
    return [...this.values.keys()];
  }
}

/** Storage of the browser; what it refuses to keep (blocked, full) stays in memory until the page is left. */
export class BrowserStore implements Store {
  private readonly kept = new MemoryStore();

  constructor(private readonly open: () => Storage) {}

  private attempt<T>(work: (storage: Storage) => T, otherwise: T): T {
    try {
      return work(this.open());
    } catch {
      return otherwise;
    }
  }

  get(key: string): string | null {
    return this.kept.get(key) ?? this.attempt((storage) => storage.getItem(key), null);
  }

  set(key: string, value: string): void {
    const stored = this.attempt((storage) => (storage.setItem(key, value), true), false);
    if (stored) this.kept.remove(key);
    else this.kept.set(key, value);
  }

  remove(key: string): void {
    this.kept.remove(key);
    this.attempt((storage) => storage.removeItem(key), undefined);
  }

  keys(): string[] {
    const stored = this.attempt((storage) => Object.keys(storage), []);
    return [...new Set([...stored, ...this.kept.keys()])];
  }
}

/** A view of `store` in which every key begins with `prefix`. */
export class ScopedStore implements Store {
  constructor(
    private readonly store: Store,
    readonly prefix: string,
  ) {}

  get(key: string): string | null {
    return this.store.get(this.prefix + key);
  }

  set(key: string, value: string): void {
    this.store.set(this.prefix + key, value);
  }

  remove(key: string): void {
    this.store.remove(this.prefix + key);
  }

  keys(): string[] {
    return this.store
      .keys()
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => key.slice(this.prefix.length));
  }
}
