// Search over everything that was ever said.

import { useEffect, useRef, useState } from "preact/hooks";
import { type Wish, useApp } from "./app";
import { useCell } from "./cell";
import { errorText } from "./errors";
import { Select } from "./form";
import { ChannelIcon, Icon } from "./icon";
import { channelName } from "./item_row";
import { Marked } from "./marked";
import type { Hit } from "./protocol";
import { deskHash } from "./route";
import { LANGUAGES, t } from "./text";
import { exact, languageName, moment } from "./times";

const REST = 250;
const CHANNELS = ["web", "telegram", "slack"] as const;

interface Found {
  readonly hits: readonly Hit[];
  readonly next: string | null;
}

export function SearchColumn() {
  const app = useApp();
  const wish = useCell(app.wish);
  const [found, setFound] = useState<Found | null>(null);
  const [wrong, setWrong] = useState("");
  const asked = useRef(0);
  const load = async (after: string | null): Promise<void> => {
    const number = ++asked.current;
    try {
      const page = await app.api.get<Found>("/search", { ...wish, after });
      if (number !== asked.current) return;
      setWrong("");
      setFound((known) => (after && known ? { hits: [...known.hits, ...page.hits], next: page.next } : page));
    } catch (error) {
      if (number === asked.current) setWrong(errorText(error));
    }
  };
  useEffect(() => {
    if (!wish.q.trim()) {
      asked.current += 1;
      setFound(null);
      return undefined;
    }
    const timer = setTimeout(() => void load(null), REST);
    return () => clearTimeout(timer);
  }, [wish]);
  const change = (changes: Partial<Wish>): void => app.wish.set({ ...wish, ...changes });
  return (
    <>
      <search class="searching">
        <div class="bar">
          <Icon name="search" />
          <input type="search" class="query" aria-label={t.searchLabel} placeholder={t.searchLabel} value={wish.q} autofocus
            onInput={(event) => change({ q: event.currentTarget.value })} />
        </div>
        <div class="filters">
          <Select label={t.channel} value={wish.channel} change={(channel) => change({ channel })}
            options={[["", t.all], ...CHANNELS.map((name) => [name, channelName(name)] as const)]} />
          <Select label={t.language} value={wish.language} change={(language) => change({ language })}
            options={[["", t.all], ...LANGUAGES.map((code) => [code, languageName(code, app.locale)] as const)]} />
        </div>
      </search>
      <div class="scroll">
        <p class="wrong" role="alert">{wrong}</p>
        <p class="quiet" role="status">{statusOf(found)}</p>
        <ul class="hits" aria-label={t.search}>{found?.hits.map((hit) => <HitRow key={`${hit.conversation}:${hit.seq}`} hit={hit} query={wish.q} />)}</ul>
        {found?.next && <button type="button" class="wide" onClick={() => void load(found.next)}>{t.more}</button>}
      </div>
    </>
  );
}

function statusOf(found: Found | null): string {
  if (!found) return t.searchHint;
  return found.hits.length ? "" : t.nothingFound;
}

function HitRow({ hit, query }: { hit: Hit; query: string }) {
  const app = useApp();
  const route = useCell(app.address.route);
  const language = app.locale;
  const author = typeof hit.author === "string" ? hit.author : hit.author.kind;
  const current = route.page === "desk" && route.conversation === hit.conversation && route.at === hit.seq;
  return (
    <li>
      <a href={deskHash("search", hit.conversation, hit.seq)} aria-current={current ? "true" : undefined}>
        <span class="who"><ChannelIcon channel={hit.channel} />{hit.customer.name || t.nameless}</span>
        <time class="age" dateTime={hit.at} title={exact(hit.at, language)}>{moment(hit.at, app.clock.now(), language)}</time>
        <span class="said">
          {author !== "customer" && <i>{(t.authors as Readonly<Record<string, string>>)[author] ?? author}: </i>}
          <Marked text={hit.text} query={query} />
        </span>
      </a>
    </li>
  );
}
