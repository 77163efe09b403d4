// Where the agent writes: a reply to the customer or a private note, with canned answers and colleagues at hand.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { abilitiesOf } from "./abilities";
import { pathOf } from "./api";
import { useApp } from "./app";
import { useCell } from "./cell";
import type { Mode } from "./drafts";
import { Icon } from "./icon";
import { Picker, type PickerState, chosen, pickerOf } from "./picker";
import { Suggestions } from "./suggestions";
import { fill, t } from "./text";
import type { Talk } from "./talk";

const LONGEST = 4000;
// A variable of a canned answer that nobody could fill in: the customer must not see it.
const UNFILLED = /\{(?:customer|agent|order|refund|case|contact|site)\}/;

export function Composer({ talk }: { talk: Talk }) {
  const app = useApp();
  const draft = useCell(app.drafts.of(talk.id));
  const head = useCell(talk.head);
  const canned = useCell(talk.canned);
  const colleagues = useCell(app.colleagues);
  const [caret, setCaret] = useState(0);
  const [closedAt, setClosedAt] = useState("");
  const [active, setActive] = useState(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const can = abilitiesOf(head, app.me?.id ?? "", app.supervises);
  const mode: Mode = can.reply || head === null ? draft.mode : "note";
  const text = draft[mode];
  const found = pickerOf(text, caret, mode, canned, colleagues.filter(({ id }) => id !== app.me?.id));
  const picker: PickerState | null = found && closedAt !== `${found.from}` ? found : null;
  const wrong = wrongWith(text, mode);
  useGrowing(area, text);

  const change = (next: string, place: number): void => {
    app.drafts.change(talk.id, { [mode]: next });
    setCaret(place);
    setActive(0);
    if (closedAt && !found) setClosedAt("");
    if (mode === "reply") app.typing.key(talk.id);
  };
  const pick = (place: number): void => {
    if (!picker) return;
    const taken = chosen(picker, place, text);
    if (!taken) return;
    if (taken.mention) app.drafts.change(talk.id, { mentions: { ...draft.mentions, [taken.mention.id]: taken.mention.name } });
    change(taken.text, taken.caret);
    requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(taken.caret, taken.caret);
    });
  };
  const submit = async (): Promise<void> => {
    const written = text.trim();
    if (!written || wrong || head === null) return;
    if (mode === "reply") {
      app.drafts.change(talk.id, { reply: "" });
      void talk.end();
      return app.sends.send(talk.id, written);
    }
    const mentions = Object.entries(draft.mentions).filter(([, name]) => written.includes(`@${name}`)).map(([id]) => id);
    app.drafts.change(talk.id, { note: "", mentions: {} });
    const kept = await app.act(() => app.api.send("POST", `/conversations${pathOf(talk.id)}/notes`, { text: written, mentions }));
    if (kept) void talk.end();
    else app.drafts.change(talk.id, { mode: "note", note: written, mentions: draft.mentions });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (picker && pickerKey(event, picker, active, setActive, pick, () => setClosedAt(`${picker.from}`))) return;
    if (event.key !== "Enter" || event.shiftKey || (isPhone() && !event.ctrlKey)) return;
    event.preventDefault();
    void submit();
  };
  const note = (): void => setCaret(area.current?.selectionStart ?? 0);
  return (
    <section class={`composer ${mode}`} aria-label={mode === "note" ? t.privateNote : t.reply}>
      <Others talk={talk} />
      {mode === "reply" && <Suggestions talk={talk} />}
      <div class="modes" role="group" aria-label={t.writeWhat}>
        <button type="button" aria-pressed={mode === "reply"} disabled={!can.reply && head !== null} title="R" onClick={() => app.drafts.change(talk.id, { mode: "reply" })}>{t.reply}</button>
        <button type="button" aria-pressed={mode === "note"} title="N" onClick={() => app.drafts.change(talk.id, { mode: "note" })}><Icon name="lock" />{t.privateNote}</button>
        <span class="hint">{hintOf(mode, head?.conversation.status, can.reply)}</span>
      </div>
      <div class="writing">
        {picker && <Picker state={picker} active={active} pick={pick} />}
        <textarea ref={area} rows={2} value={text} lang={mode === "reply" ? (head?.conversation.language ?? "") : ""}
          aria-label={mode === "note" ? t.privateNote : t.reply} placeholder={mode === "note" ? t.notePlaceholder : t.replyPlaceholder}
          aria-autocomplete="list" aria-controls={picker ? "picker" : undefined}
          aria-activedescendant={picker ? `picked-${active}` : undefined} aria-invalid={wrong !== ""}
          onInput={(event) => change(event.currentTarget.value, event.currentTarget.selectionStart)}
          onKeyDown={onKeyDown} onKeyUp={note} onClick={note} onBlur={() => app.typing.stop()} />
        <button type="button" class="primary send" disabled={!text.trim() || wrong !== ""} onClick={() => void submit()} aria-label={mode === "note" ? t.saveNote : t.send} title={mode === "note" ? t.saveNote : t.send}>
          <Icon name={mode === "note" ? "lock" : "send"} />
        </button>
      </div>
      <p class="wrong" role="alert">{wrong}</p>
    </section>
  );
}

function wrongWith(text: string, mode: Mode): string {
  const over = text.trim().length - LONGEST;
  if (over > 0) return fill(t.tooLong, { n: over });
  const unfilled = mode === "reply" ? UNFILLED.exec(text) : null;
  return unfilled ? fill(t.fillIn, { name: unfilled[0] }) : "";
}

// Other agents who are writing to the customer right now.
function Others({ talk }: { talk: Talk }) {
  const app = useApp();
  const writing = useCell(talk.viewers).filter(({ id, typing }) => typing && id !== app.me?.id);
  return <p class="others" role="status">{writing.length > 0 && <><Icon name="pen" />{fill(t.collision, { name: writing.map(({ name }) => name).join(", ") })}</>}</p>;
}

function hintOf(mode: Mode, status: string | undefined, reply: boolean): string {
  if (mode === "note") return reply || status === undefined ? t.noteHint : t.onlyNotes;
  if (status === "bot") return t.replyTakesBot;
  return status === "queued" ? t.replyTakes : t.replyHint;
}

function pickerKey(event: KeyboardEvent, state: PickerState, active: number, move: (to: number) => void, pick: (place: number) => void, close: () => void): boolean {
  const count = state.options.length;
  if (event.key === "ArrowDown") move((active + 1) % count);
  else if (event.key === "ArrowUp") move((active - 1 + count) % count);
  else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") pick(active);
  else if (event.key === "Escape") close();
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}

function useGrowing(area: { current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const field = area.current;
    if (!field) return;
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
  }, [text]);
}

function isPhone(): boolean {
  return matchMedia("(pointer: coarse) and (max-width: 720px)").matches;
}
