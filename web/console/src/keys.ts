// Which key means which command. Pure: the page does what the command says.

export type Command =
  | "help" | "search" | "next" | "previous" | "reply" | "note" | "take" | "transfer" | "snooze" | "close"
  | "release" | "block" | "brief" | "accept" | "pass" | "undo" | "end" | "older" | "list1" | "list2" | "list3"
  | "list4" | "list5" | "answer1" | "answer2" | "answer3";

export const KEYS: Readonly<Record<string, Command>> = {
  "?": "help",
  "/": "search",
  j: "next",
  k: "previous",
  r: "reply",
  n: "note",
  t: "take",
  m: "transfer",
  s: "snooze",
  e: "close",
  b: "release",
  x: "block",
  i: "brief",
  a: "accept",
  p: "pass",
  z: "undo",
  g: "end",
  o: "older",
  "1": "list1",
  "2": "list2",
  "3": "list3",
  "4": "list4",
  "5": "list5",
};

/** Commands that also work while the agent writes, with Alt held. */
export const ALT_KEYS: Readonly<Record<string, Command>> = {
  "1": "answer1",
  "2": "answer2",
  "3": "answer3",
  j: "next",
  k: "previous",
  z: "undo",
};

interface Press {
  readonly key: string;
  readonly code: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/** The command of a key press, or null. `writing`: the focus is in a field. */
export function commandOf(press: Press, writing: boolean, letters: boolean): Command | null {
  if (press.ctrlKey || press.metaKey) return null;
  const key = latin(press);
  if (press.altKey) return ALT_KEYS[key] ?? null;
  return writing || !letters ? null : (KEYS[key] ?? null);
}

// On a Greek or Bulgarian keyboard the key says another letter: then its place counts.
function latin({ key, code, altKey }: Press): string {
  const place = /^(?:Key|Digit)([A-Z0-9])$/.exec(code)?.[1]?.toLowerCase();
  if (altKey && place) return place;
  return /^[\x21-\x7e]$/.test(key) ? key.toLowerCase() : (place ?? key);
}
