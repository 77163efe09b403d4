// The whole relationship with a customer, a stretch at a time: older and newer parts come as they are scrolled to.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useApp } from "./app";
import { useCell } from "./cell";
import { Icon } from "./icon";
import { PendingReply, HeldReply } from "./held_reply";
import { rowsOf } from "./rows";
import { wentOut } from "./sends";
import { TimelineRow } from "./timeline_row";
import { t } from "./text";
import type { Talk } from "./talk";

const NEAR = 500;
const AT_END = 80;

interface Anchor {
  readonly key: string;
  readonly top: number;
}

export function Timeline({ talk }: { talk: Talk }) {
  const app = useApp();
  const stretch = useCell(talk.stretch);
  const marked = useCell(talk.marked);
  const pending = useCell(app.sends.pending).filter(({ conversation }) => conversation === talk.id);
  const rows = useMemo(() => rowsOf(stretch.entries), [stretch.entries]);
  const onTheirWay = pending.filter((one) => !wentOut(one, stretch.entries, app.me?.id));
  const held = stretch.held.filter(({ id }) => !pending.some((one) => one.id === id));
  const scroll = useRef<HTMLDivElement>(null);
  const newest = rows.at(-1)?.key ?? "";
  const { away, onScroll } = useScroll(talk, scroll, `${newest} ${held.length} ${onTheirWay.length}`);
  return (
    <div class="stage">
      <div class="timeline" ref={scroll} onScroll={onScroll} tabIndex={0} role="region" aria-label={t.messages}>
        <p class="edge">{stretch.moreBefore ? <button type="button" onClick={() => void talk.loadOlder()}>{t.older}</button> : t.beginning}</p>
        <ol>
          {rows.map((row) => <TimelineRow key={row.key} row={row} talk={talk} marked={marked.includes(String(row.entry.id))} />)}
          {!stretch.moreAfter && held.map((entry) => <HeldReply key={entry.id} entry={entry} talk={talk} />)}
          {!stretch.moreAfter && onTheirWay.map((one) => <PendingReply key={one.clientId} pending={one} />)}
        </ol>
        {stretch.moreAfter && <p class="edge"><button type="button" onClick={() => void talk.loadNewer()}>{t.newer}</button></p>}
      </div>
      {(away || stretch.moreAfter) && (
        <button type="button" class="to-end" onClick={() => void talk.end()}><Icon name="down" />{t.toEnd}</button>
      )}
      <CustomerTypes talk={talk} />
    </div>
  );
}

function CustomerTypes({ talk }: { talk: Talk }) {
  const types = useCell(talk.customerTypes);
  const head = useCell(talk.head);
  return (
    <p class="types" role="status">
      {types && <><i /><i /><i />{t.nameWrites.replace("{name}", head?.customer.name || t.customer)}</>}
    </p>
  );
}

/** Keeps what is read where it is while entries come before or behind it; at the end, stays at the end. */
function useScroll(talk: Talk, scroll: { current: HTMLDivElement | null }, newest: string) {
  const anchor = useRef<Anchor | null>(null);
  const atEnd = useRef(true);
  const [away, setAway] = useState(false);
  const toEnd = useCell(talk.toEnd);
  const marked = useCell(talk.marked);
  const stretch = useCell(talk.stretch);

  const note = (): void => {
    const box = scroll.current;
    if (!box) return;
    const left = box.scrollHeight - box.scrollTop - box.clientHeight;
    atEnd.current = left < AT_END;
    setAway(left > box.clientHeight);
    anchor.current = anchorOf(box);
  };
  const onScroll = (): void => {
    note();
    const box = scroll.current;
    if (!box) return;
    if (box.scrollTop < NEAR && talk.stretch.value.moreBefore) void talk.loadOlder();
    const left = box.scrollHeight - box.scrollTop - box.clientHeight;
    if (left < NEAR && talk.stretch.value.moreAfter) void talk.loadNewer();
  };
  useLayoutEffect(() => {
    const box = scroll.current;
    if (!box) return;
    if (atEnd.current && !stretch.moreAfter) box.scrollTop = box.scrollHeight;
    else restore(box, anchor.current);
    note();
  }, [stretch, newest]);
  useLayoutEffect(() => {
    const box = scroll.current;
    if (!box || toEnd === 0) return;
    box.scrollTop = box.scrollHeight;
    note();
  }, [toEnd]);
  useLayoutEffect(() => {
    const target = marked.length ? scroll.current?.querySelector<HTMLElement>("[data-marked=true]") : null;
    if (!target) return;
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
    note();
  }, [marked]);
  useLayoutEffect(() => {
    const box = scroll.current;
    if (!box) return undefined;
    const watch = new ResizeObserver(() => {
      if (atEnd.current && !talk.stretch.value.moreAfter) box.scrollTop = box.scrollHeight;
    });
    watch.observe(box);
    return () => watch.disconnect();
  }, []);
  return { away, onScroll };
}

// The first entry that is seen, and where it stands.
function anchorOf(box: HTMLElement): Anchor | null {
  const top = box.getBoundingClientRect().top;
  for (const row of box.querySelectorAll<HTMLElement>("[data-key]")) {
    const place = row.getBoundingClientRect();
    if (place.bottom > top) return { key: row.dataset["key"] ?? "", top: place.top - top };
  }
  return null;
}

function restore(box: HTMLElement, anchor: Anchor | null): void {
  const row = anchor && box.querySelector<HTMLElement>(`[data-key="${CSS.escape(anchor.key)}"]`);
  if (row) box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top - anchor.top;
}
