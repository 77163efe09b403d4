// The lists with their counts, and the list that is looked at.

import { useEffect, useRef } from "preact/hooks";
import { useApp } from "./app";
import { useCell } from "./cell";
import { errorText } from "./errors";
import { ItemRow } from "./item_row";
import { LISTS, type ListName } from "./protocol";
import { deskHash } from "./route";
import { t } from "./text";

const NEAR_END = 600;

export function QueueColumn({ list }: { list: ListName }) {
  const app = useApp();
  const queue = useCell(app.lists.queue);
  const loaded = useCell(app.lists.loaded);
  const failed = useCell(app.lists.failed);
  const route = useCell(app.address.route);
  useCell(app.clock.tick);
  const open = route.page === "desk" ? route.conversation : null;
  const items = queue[list];
  const now = app.clock.now();
  const scroll = useRef<HTMLDivElement>(null);
  useEffect(() => {
    scroll.current?.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
  }, [open]);
  const scrolled = (event: Event): void => {
    const { scrollTop, clientHeight, scrollHeight } = event.currentTarget as HTMLElement;
    if (scrollHeight - scrollTop - clientHeight < NEAR_END) void app.lists.extend(list);
  };
  return (
    <>
      <Tabs list={list} />
      {failed !== null && <p class="notice" role="alert">{errorText(failed)} <button type="button" onClick={() => void app.lists.reload()}>{t.tryNow}</button></p>}
      <div class="scroll" ref={scroll} onScroll={scrolled} aria-busy={!loaded}>
        {loaded && items.length === 0 && <p class="empty">{t.emptyList[list]}</p>}
        {!loaded && !failed && <Bones />}
        <ul class="items" aria-label={t.lists[list]}>
          {items.map((item) => (
            <ItemRow key={item.conversation} item={item} list={list} current={item.conversation === open} now={now} language={app.locale} />
          ))}
        </ul>
      </div>
    </>
  );
}

function Tabs({ list }: { list: ListName }) {
  const app = useApp();
  const { counts } = useCell(app.lists.queue);
  const shown = LISTS.filter((name) => name !== "others" || app.supervises);
  return (
    <nav class="tabs" aria-label={t.desk}>
      {shown.map((name) => (
        <a key={name} href={deskHash(name)} aria-current={name === list ? "page" : undefined}>
          {t.lists[name]}<b class="count" data-zero={counts[name] === 0}>{counts[name]}</b>
        </a>
      ))}
    </nav>
  );
}

function Bones() {
  return <div class="bones" aria-hidden="true">{[1, 2, 3, 4, 5].map((bone) => <i key={bone} />)}</div>;
}
