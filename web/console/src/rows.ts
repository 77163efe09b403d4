// What the timeline shows of its entries: where a day or a conversation begins, who goes on speaking. Pure.

import type { Entry, MessageEntry } from "./protocol";
import { keyOf } from "./stretch";
import { sameDay } from "./times";

const PAUSE = 5 * 60_000;

export interface Row {
  readonly key: string;
  readonly entry: Entry;
  /** A day begins here. */
  readonly day: boolean;
  /** An earlier or later conversation begins here. */
  readonly opens: boolean;
  /** The author says something after somebody else, or after a pause. */
  readonly first: boolean;
  /** The message came on another channel than the one before. */
  readonly channel: boolean;
}

const NONE = { day: false, opens: false, first: true, channel: false };

/** One row for each entry, in their order. */
export function rowsOf(entries: readonly Entry[]): Row[] {
  const rows: Row[] = [];
  let before: Entry | null = null;
  let said: MessageEntry | null = null;
  for (const entry of entries) {
    const marks = before === null ? { ...NONE, day: true } : marksOf(before, said, entry);
    const channel = entry.kind === "message" && said?.channel !== entry.channel;
    rows.push({ key: keyOf(entry), entry, ...marks, channel });
    before = entry;
    if (entry.kind === "message") said = entry;
  }
  return rows;
}

function marksOf(before: Entry, said: MessageEntry | null, entry: Entry): Omit<Row, "key" | "entry"> {
  if (entry.kind === "held" || before.kind === "held") return NONE;
  const time = Date.parse(entry.at);
  const day = !sameDay(Date.parse(before.at), time);
  const opens = before.conversation !== entry.conversation;
  const goesOn = entry.kind === "message" && before === said && sameAuthor(said, entry) && time - Date.parse(said.at) < PAUSE;
  return { day, opens, first: day || opens || !goesOn, channel: false };
}

function sameAuthor(one: MessageEntry, other: MessageEntry): boolean {
  const same = one.author.kind === other.author.kind && one.author.name === other.author.name;
  return same && one.channel === other.channel;
}
