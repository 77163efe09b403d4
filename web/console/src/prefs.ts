// What this browser remembers of its agent's taste. Nothing of customers.

import { Cell } from "./cell";

export type Theme = "auto" | "light" | "dark";

export interface Prefs {
  readonly theme: Theme;
  readonly sound: boolean;
  readonly notices: boolean;
  /** Single letters as commands; off for who needs them for other things. */
  readonly keys: boolean;
  readonly brief: boolean;
}

const KEY = "grija-console";
const DEFAULTS: Prefs = { theme: "auto", sound: true, notices: false, keys: true, brief: true };

export class Preferences {
  readonly cell: Cell<Prefs>;

  constructor(private readonly storage: Storage) {
    this.cell = new Cell({ ...DEFAULTS, ...stored(storage) });
  }

  change(changes: Partial<Prefs>): void {
    this.cell.change((prefs) => ({ ...prefs, ...changes }));
    try {
      this.storage.setItem(KEY, JSON.stringify(this.cell.value));
    } catch {
      // Forbidden or full: the choice lives as long as the page.
    }
  }
}

function stored(storage: Storage): Partial<Prefs> {
  try {
    const value: unknown = JSON.parse(storage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Partial<Prefs>) : {};
  } catch {
    return {};
  }
}
