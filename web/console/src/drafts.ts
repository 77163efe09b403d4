// What an agent is writing, kept for each conversation until it is sent: also over a reload of the page.

import { Cell } from "./cell";

export type Mode = "reply" | "note";

export interface Draft {
  readonly mode: Mode;
  readonly reply: string;
  readonly note: string;
  /** Who was picked with "@" in the note, by id. */
  readonly mentions: Readonly<Record<string, string>>;
}

const KEY = "grija-drafts";
const NOTHING: Draft = { mode: "reply", reply: "", note: "", mentions: {} };

export class Drafts {
  private readonly cells = new Map<string, Cell<Draft>>();

  constructor(private readonly storage: Storage) {
    for (const [id, draft] of Object.entries(stored(storage))) this.cells.set(id, new Cell({ ...NOTHING, ...draft }));
  }

  of(conversation: string): Cell<Draft> {
    const known = this.cells.get(conversation) ?? new Cell(NOTHING);
    this.cells.set(conversation, known);
    return known;
  }

  change(conversation: string, changes: Partial<Draft>): void {
    this.of(conversation).change((draft) => ({ ...draft, ...changes }));
    this.save();
  }

  /** Put a text back that could not be sent, in front of what was written since. */
  giveBack(conversation: string, text: string): void {
    const { reply } = this.of(conversation).value;
    this.change(conversation, { mode: "reply", reply: reply ? `${text}\n\n${reply}` : text });
  }

  clear(): void {
    this.cells.clear();
    this.storage.removeItem(KEY);
  }

  private save(): void {
    const written = [...this.cells].filter(([, { value }]) => value.reply || value.note);
    try {
      this.storage.setItem(KEY, JSON.stringify(Object.fromEntries(written.map(([id, cell]) => [id, cell.value]))));
    } catch {
      // The storage is full or forbidden: the drafts live as long as the page.
    }
  }
}

function stored(storage: Storage): Record<string, Partial<Draft>> {
  try {
    const value: unknown = JSON.parse(storage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, Partial<Draft>>) : {};
  } catch {
    return {};
  }
}
