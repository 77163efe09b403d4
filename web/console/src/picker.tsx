// The list that opens at "/" (canned answers) and, in a note, at "@" (colleagues).

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Mode } from "./drafts";
import type { Canned, Colleague, Named } from "./protocol";
import { t } from "./text";

interface Option {
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly insert: string;
  /** The same in the agent's language. */
  readonly own: string;
  readonly mention: Named | null;
}

export interface PickerState {
  readonly kind: "canned" | "colleague";
  /** Where the word with its sign begins, and the caret. */
  readonly from: number;
  readonly to: number;
  readonly options: readonly Option[];
}

const MOST = 8;

/** The list that belongs to where the caret stands, or null. */
export function pickerOf(text: string, caret: number, mode: Mode, canned: readonly Canned[], people: readonly Colleague[]): PickerState | null {
  const word = /(?:^|\s)([/@])([^\s/@]*)$/u.exec(text.slice(0, caret));
  if (!word) return null;
  const [, sign = "", typed = ""] = word;
  const from = caret - typed.length - 1;
  const query = plain(typed);
  const options = sign === "/" ? cannedOptions(canned, query) : mode === "note" ? peopleOptions(people, query) : [];
  if (options.length === 0) return null;
  return { kind: sign === "/" ? "canned" : "colleague", from, to: caret, options: options.slice(0, MOST) };
}

function cannedOptions(canned: readonly Canned[], query: string): Option[] {
  const begins = canned.filter(({ shortcut }) => plain(shortcut).startsWith(query));
  const holds = canned.filter((one) => !begins.includes(one) && plain(one.title).includes(query));
  return [...begins, ...holds].map(({ shortcut, title, text, own = "" }) => ({ key: shortcut, title: `/${shortcut}`, text: title, insert: text, own, mention: null }));
}

function peopleOptions(people: readonly Colleague[], query: string): Option[] {
  const fits = people.filter(({ name }) => plain(name).split(/\s/u).some((part) => part.startsWith(query)));
  return fits.map(({ id, name, presence }) => ({ key: id, title: name, text: t.presence[presence], insert: `@${name} `, own: "", mention: { id, name } }));
}

function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The text after one of the options was taken, and where the caret then stands. */
export function chosen(state: PickerState, place: number, text: string): { text: string; caret: number; mention: Named | null } | null {
  const option = state.options[place];
  if (!option) return null;
  const next = text.slice(0, state.from) + option.insert + text.slice(state.to);
  return { text: next, caret: state.from + option.insert.length, mention: option.mention };
}

export function Picker({ state, active, pick }: { state: PickerState; active: number; pick: (place: number) => void }) {
  const list = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [active]);
  return (
    <ul class="picker" id="picker" role="listbox" ref={list} aria-label={state.kind === "canned" ? t.cannedAnswers : t.colleagues}>
      {state.options.map((option, place) => (
        <li key={option.key} id={`picked-${place}`} role="option" aria-selected={place === active}
          onPointerDown={(event) => { event.preventDefault(); pick(place); }}>
          <b>{option.title}</b> <span>{option.text}</span>
          {state.kind === "canned" && <small>{option.insert}</small>}
          {option.own && <small class="own">{option.own}</small>}
        </li>
      ))}
    </ul>
  );
}
