import assert from "node:assert/strict";
import test from "node:test";
import type { Entry, HappeningEntry, HeldEntry, MessageEntry } from "../src/protocol";
import { rowsOf } from "../src/rows";
import { EMPTY, MOST, type Stretch, keyOf, withNewer, withNewest, withOlder } from "../src/stretch";

function said(seq: number, changes: Partial<MessageEntry> = {}): MessageEntry {
  const at = new Date(Date.UTC(2026, 0, 1, 12, 0, seq)).toISOString();
  const author = { kind: "customer", name: "K" };
  const rest = { edited: false, deleted: false, buttons: [], attachments: [], delivery: null };
  return { kind: "message", id: `m${seq}`, conversation: "c", seq, author, text: `${seq}`, at, channel: "web", ...rest, ...changes };
}

function happened(id: number, after_seq: number): HappeningEntry {
  const at = new Date(Date.UTC(2026, 0, 1, 12, 0, after_seq)).toISOString();
  return { kind: "happening", id, conversation: "c", after_seq, what: "taken", actor: "server", detail: {}, at };
}

const held: HeldEntry = { kind: "held", id: "r", text: "soon", due_at: "2026-01-01T13:00:00Z", agent: { id: "a", name: "A" } };
const range = (from: number, to: number): MessageEntry[] => Array.from({ length: to - from + 1 }, (_, place) => said(from + place));
const keys = (stretch: Stretch): string[] => stretch.entries.map(keyOf);

test("the newest page replaces its own stretch, keeps what came before, and holds replies apart", () => {
  const first = withNewest(EMPTY, { entries: [...range(11, 20), happened(1, 20), held], more: true });
  assert.equal(first.held.length, 1);
  const older = withOlder(first, { entries: range(1, 10), more: false });
  const next = withNewest(older, { entries: [...range(12, 21), happened(1, 20)], more: true });
  assert.deepEqual(keys(next), [...range(1, 20).map(keyOf), "happening:1", "message:m21"]);
  assert.equal(next.held.length, 0);
  assert.equal(next.moreBefore, false);
});

test("an entry that has not changed stays the same object, a changed one does not", () => {
  const first = withNewest(EMPTY, { entries: range(1, 3), more: false });
  const next = withNewest(first, { entries: [said(1), said(2, { edited: true }), said(3)], more: false });
  assert.equal(next.entries[0], first.entries[0]);
  assert.notEqual(next.entries[1], first.entries[1]);
});

test("a newest page behind a gap starts afresh: nothing is left out unseen", () => {
  const first = withNewest(EMPTY, { entries: range(1, 10), more: false });
  const next = withNewest(first, { entries: range(50, 60), more: true });
  assert.deepEqual(keys(next), range(50, 60).map(keyOf));
  assert.equal(next.moreBefore, true);
});

test("too long a stretch lets its far end go and says so", () => {
  let stretch: Stretch = withNewest(EMPTY, { entries: range(1001, 1050), more: true });
  for (let low = 951; low > 451; low -= 50) stretch = withOlder(stretch, { entries: range(low, low + 49), more: true });
  assert.equal(stretch.entries.length, MOST);
  assert.equal(stretch.moreAfter, true);
  const forward = withNewer(stretch, { entries: range(901, 950), more: true });
  assert.equal(forward.entries.length, MOST);
  assert.equal(keyOf(forward.entries.at(-1) as Entry), "message:m950");
  assert.equal(forward.moreBefore, true);
});

test("rows mark days, conversations, channels, and who goes on speaking", () => {
  const rows = rowsOf([
    said(1),
    said(2),
    said(3, { author: { kind: "bot", name: "Grija" } }),
    happened(1, 3),
    said(4, { author: { kind: "bot", name: "Grija" }, channel: "telegram" }),
    said(5, { conversation: "d" }),
    said(6, { conversation: "d", at: "2026-01-03T12:00:00Z" }),
  ]);
  assert.deepEqual(rows.map(({ first }) => first), [true, false, true, true, true, true, true]);
  assert.deepEqual(rows.map(({ day }) => day), [true, false, false, false, false, false, true]);
  assert.deepEqual(rows.map(({ opens }) => opens), [false, false, false, false, false, true, false]);
  assert.deepEqual(rows.map(({ channel }) => channel), [true, false, false, false, true, true, false]);
});
