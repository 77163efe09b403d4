// What the customer wrote and the server has not acknowledged yet. Survives a reload of the page.

import type { ClientFrame } from "./protocol";
import type { Store } from "./storage";

export interface OutboxItem {
  readonly client_msg_id: string;
  /** What is shown: the message, or the title of the pressed button. */
  readonly text: string;
  readonly button_id: string | null;
  /** Milliseconds; strictly growing, so it gives the order. */
  readonly at: number;
  /** Highest seq the customer had seen when writing. */
  readonly after: number;
}

const PREFIX = "outbox:";

function parse(raw: string | null): OutboxItem | null {
  try {
    const item = JSON.parse(raw ?? "null") as Partial<OutboxItem> | null;
    if (typeof item?.client_msg_id !== "string" || typeof item.text !== "string") return null;
    if (typeof item.at !== "number" || typeof item.after !== "number") return null;
    const button_id = typeof item.button_id === "string" ? item.button_id : null;
    return { client_msg_id: item.client_msg_id, text: item.text, button_id, at: item.at, after: item.after };
  } catch {
    return null;
  }
}

/** The frame that says `item` to the server. */
export function frameOf(item: OutboxItem): ClientFrame {
  const { client_msg_id, text, button_id } = item;
  return button_id === null
    ? { type: "message", client_msg_id, text }
    : { type: "button", client_msg_id, button_id };
}

/** One storage key for each item: several tabs add and remove without overwriting one another. */
export class Outbox {
  constructor(
    private readonly store: Store,
    private readonly now: () => number,
    private readonly newId: () => string,
  ) {}

  /** Everything unsent, oldest first. */
  list(): OutboxItem[] {
    return this.store
      .keys()
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => parse(this.store.get(key)))
      .filter((item) => item !== null)
      .sort((a, b) => a.at - b.at || (a.client_msg_id < b.client_msg_id ? -1 : 1));
  }

  add(text: string, button_id: string | null, after: number): OutboxItem {
    const newest = this.list().at(-1)?.at ?? 0;
    const item = { client_msg_id: this.newId(), text, button_id, at: Math.max(this.now(), newest + 1), after };
    this.store.set(PREFIX + item.client_msg_id, JSON.stringify(item));
    return item;
  }

  remove(client_msg_id: string): void {
    this.store.remove(PREFIX + client_msg_id);
  }
}
