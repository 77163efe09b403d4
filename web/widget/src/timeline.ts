// The messages of one conversation as the customer sees them. Pure: no page, no socket, no clock.

import type { Ack, Author, Button, FileInfo, Message } from "./protocol";
import type { OutboxItem } from "./outbox";

export type EntryState = "sent" | "pending" | "failed";

export interface Entry {
  /** Stays the same while a pending message becomes a sent one. */
  readonly key: string;
  readonly seq: number | null;
  readonly author: Author;
  readonly text: string;
  readonly buttons: readonly Button[];
  readonly attachments: readonly FileInfo[];
  /** Milliseconds, NaN when unknown. */
  readonly at: number;
  readonly state: EntryState;
}

interface Placed extends Entry {
  readonly id: string;
  readonly seq: number;
  /** Whether an ack of ours told us that this is our own message. */
  readonly claimed: boolean;
}

/** What a frame did: `conflict` means that the server speaks of another history than the one shown. */
export type Change = "new" | "duplicate" | "conflict";

const CUSTOMER: Author = { kind: "customer", name: "" };

/** What is shown of a text that we wrote ourselves. */
const own = (text: string, at: number) => ({ author: CUSTOMER, text, buttons: [], attachments: [], at });

export class Timeline {
  readonly #placed = new Map<number, Placed>();
  readonly #seqs = new Map<string, number>();
  #waiting: readonly OutboxItem[] = [];
  #failed: readonly OutboxItem[] = [];
  #contiguous = 0;
  #highest = 0;

  /** The highest seq up to which nothing is missing. */
  get lastSeq(): number {
    return this.#contiguous;
  }

  /** Whether a message is known beyond a missing one. */
  get hasGap(): boolean {
    return this.#highest > this.#contiguous;
  }

  message(frame: Message): Change {
    const { id, seq, author, text, buttons, attachments } = frame;
    const shown = { author, text, buttons, attachments, at: Date.parse(frame.sent_at) };
    const known = this.#placed.get(seq);
    if (known?.id === id) {
      this.#placed.set(seq, { ...known, ...shown });
      return "duplicate";
    }
    if (known) return "conflict";
    if (this.#seqs.has(id)) return "duplicate";
    this.#place({ key: id, id, seq, ...shown, state: "sent", claimed: false });
    return "new";
  }

  /** The server has our message. An ack of a message we do not know leaves a gap, which then heals as gaps do. */
  ack({ client_msg_id, id, seq }: Ack): Change {
    const item = [...this.#waiting, ...this.#failed].find((one) => one.client_msg_id === client_msg_id);
    this.#waiting = this.#waiting.filter((one) => one !== item);
    this.#failed = this.#failed.filter((one) => one !== item);
    const known = this.#placed.get(seq);
    if (known?.id === id) {
      this.#placed.set(seq, { ...known, claimed: true });
      return "duplicate";
    }
    if (known) return "conflict";
    if (!item || this.#seqs.has(id)) return "duplicate";
    const { text, at } = item;
    this.#place({ key: client_msg_id, id, seq, ...own(text, at), state: "sent", claimed: true });
    return "new";
  }

  /** Show `items` (the whole outbox, in order) as not yet sent. */
  pend(items: readonly OutboxItem[]): void {
    this.#waiting = items;
  }

  /** The server refused `item` for good. */
  fail(item: OutboxItem): void {
    this.#waiting = this.#waiting.filter((one) => one.client_msg_id !== item.client_msg_id);
    this.#failed = [...this.#failed, item];
  }

  /** Accept that what is missing will not come: go on after the gap. */
  skipGap(): void {
    if (!this.hasGap) return;
    let next = this.#contiguous + 1;
    for (const seq of [...this.#placed.keys()].sort((a, b) => b - a)) if (seq > this.#contiguous) next = seq;
    this.#advance(next);
  }

  /** Forget what the server said; what is not sent yet stays. */
  reset(): void {
    this.#placed.clear();
    this.#seqs.clear();
    this.#contiguous = 0;
    this.#highest = 0;
  }

  /** Everything to show: by seq, then what is not sent, in the order of writing. */
  entries(): Entry[] {
    const placed = [...this.#placed.values()].sort((a, b) => a.seq - b.seq);
    const local = (items: readonly OutboxItem[], state: EntryState): Entry[] =>
      items.map(({ client_msg_id, text, at }) => {
        return { key: client_msg_id, seq: null, ...own(text, at), state };
      });
    return [...placed, ...local(this.#failed, "failed"), ...local(this.#unechoed(placed), "pending")];
  }

  /**
   * Pending messages without those whose echo is already shown while their ack is still on the way:
   * an unclaimed customer message with the same text, newer than what was seen at writing.
   */
  #unechoed(placed: readonly Placed[]): OutboxItem[] {
    const echoes = placed.filter((entry) => entry.author.kind === "customer" && !entry.claimed);
    return this.#waiting.filter((item) => {
      const index = echoes.findIndex((echo) => echo.seq > item.after && echo.text === item.text.trim());
      if (index >= 0) echoes.splice(index, 1);
      return index < 0;
    });
  }

  #place(entry: Placed): void {
    this.#placed.set(entry.seq, entry);
    this.#seqs.set(entry.id, entry.seq);
    this.#highest = Math.max(this.#highest, entry.seq);
    this.#advance(this.#contiguous);
  }

  #advance(from: number): void {
    this.#contiguous = from;
    while (this.#placed.has(this.#contiguous + 1)) this.#contiguous += 1;
  }
}
