// The stretch of a customer's timeline that this page holds: merged from pages of the server. Pure.

import type { Entry, HeldEntry, MessageEntry, TimelinePage } from "./protocol";

/** More entries than this are not kept: the far end is let go and asked for again when needed. */
export const MOST = 400;

export interface Stretch {
  /** In order, each once. Without held replies. */
  readonly entries: readonly Entry[];
  readonly held: readonly HeldEntry[];
  readonly moreBefore: boolean;
  readonly moreAfter: boolean;
}

export const EMPTY: Stretch = { entries: [], held: [], moreBefore: false, moreAfter: false };

export function keyOf(entry: Entry): string {
  return `${entry.kind}:${entry.id}`;
}

/** Where an entry stands: a message at its number, what happened behind the number it followed. */
export function placeOf(entry: Entry): number {
  if (entry.kind === "message") return entry.seq;
  return entry.kind === "happening" ? entry.after_seq + 0.5 : Number.POSITIVE_INFINITY;
}

function ordered(entries: readonly Entry[]): Entry[] {
  const byKey = new Map(entries.map((entry) => [keyOf(entry), entry]));
  return [...byKey.values()].sort((one, other) => placeOf(one) - placeOf(other) || timeOf(one) - timeOf(other));
}

function timeOf(entry: Entry): number {
  return entry.kind === "held" ? 0 : Date.parse(entry.at);
}

const isHeld = (entry: Entry): entry is HeldEntry => entry.kind === "held";
const isMessage = (entry: Entry): entry is MessageEntry => entry.kind === "message";

export function lowest(entries: readonly Entry[]): number | null {
  const first = entries.find(isMessage);
  return first ? first.seq : null;
}

export function highest(entries: readonly Entry[]): number | null {
  return entries.filter(isMessage).at(-1)?.seq ?? null;
}

/** The newest page has come: it replaces what stood at its place, and joins what came before it if it touches it. */
export function withNewest(stretch: Stretch, page: TimelinePage): Stretch {
  const fresh = ordered(page.entries.filter((entry) => !isHeld(entry)));
  const held = page.entries.filter(isHeld);
  const start = lowest(fresh);
  const last = highest(stretch.entries);
  const touches = start !== null && last !== null && !stretch.moreAfter && start <= last + 1;
  if (!touches) return { entries: fresh, held, moreBefore: page.more, moreAfter: false };
  const from = Math.min(...fresh.map(placeOf));
  const before = stretch.entries.filter((entry) => placeOf(entry) < from);
  const moreBefore = before.some(isMessage) ? stretch.moreBefore : page.more;
  return { entries: settled(stretch.entries, ordered([...before, ...fresh])), held, moreBefore, moreAfter: false };
}

/** An older page, put in front; when it is too much, the newest are let go. */
export function withOlder(stretch: Stretch, page: TimelinePage): Stretch {
  const all = ordered([...page.entries.filter((entry) => !isHeld(entry)), ...stretch.entries]);
  const entries = all.slice(0, MOST);
  const moreAfter = stretch.moreAfter || all.length > MOST;
  return { ...stretch, entries, moreBefore: page.more, moreAfter };
}

/** A newer page, put behind; when it is too much, the oldest are let go. */
export function withNewer(stretch: Stretch, page: TimelinePage): Stretch {
  const all = ordered([...stretch.entries, ...page.entries.filter((entry) => !isHeld(entry))]);
  const entries = all.slice(-MOST);
  const held = page.more ? stretch.held : page.entries.filter(isHeld);
  return { entries, held, moreBefore: stretch.moreBefore || all.length > MOST, moreAfter: page.more };
}

// An entry that has not changed stays the same object, so that its row is not drawn again.
function settled(known: readonly Entry[], entries: readonly Entry[]): Entry[] {
  const before = new Map(known.map((entry) => [keyOf(entry), entry]));
  return entries.map((entry) => {
    const former = before.get(keyOf(entry));
    return former && JSON.stringify(former) === JSON.stringify(entry) ? former : entry;
  });
}
