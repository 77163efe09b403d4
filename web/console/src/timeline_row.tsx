// One row of the timeline: a message, a note, or what happened; with the line above it when a day begins.

import { memoized } from "./memo";
import { useApp } from "./app";
import { FileList } from "./files";
import { HappeningLine, Note } from "./happening";
import { ChannelIcon, Icon } from "./icon";
import { Mood } from "./mood";
import { channelName } from "./item_row";
import { pathOf } from "./api";
import type { MessageEntry } from "./protocol";
import type { Row } from "./rows";
import { t } from "./text";
import type { Talk } from "./talk";
import { day, exact, hour } from "./times";
import { Words } from "./words";

interface Props {
  readonly row: Row;
  readonly talk: Talk;
  readonly marked: boolean;
}

export const TimelineRow = memoized<Props>(
  (one, other) => one.marked === other.marked && one.row.entry === other.row.entry && sameMarks(one.row, other.row),
  ({ row, marked }: Props) => {
    const app = useApp();
    const { entry } = row;
    if (entry.kind === "held") return null;
    const language = app.locale;
    return (
      <li data-key={row.key} data-marked={marked} tabIndex={-1} class={row.first ? "row first" : "row"}>
        {row.day && <p class="day"><time dateTime={entry.at}>{day(entry.at, app.clock.now(), language)}</time></p>}
        {row.opens && !row.day && <p class="day opens">{t.newConversation}</p>}
        {entry.kind === "message" ? <Said entry={entry} row={row} /> : entry.what === "note" ? <Note entry={entry} /> : <HappeningLine entry={entry} />}
      </li>
    );
  },
);

function sameMarks(one: Row, other: Row): boolean {
  return one.day === other.day && one.opens === other.opens && one.first === other.first && one.channel === other.channel;
}

function Said({ entry, row }: { entry: MessageEntry; row: Row }) {
  const app = useApp();
  const { author } = entry;
  const language = app.locale;
  const failed = entry.delivery?.status === "dead";
  return (
    <article class={`said ${author.kind}${failed ? " failed" : ""}`} data-seq={entry.seq}>
      {row.first && (
        <p class="by">
          {author.kind === "bot" && <Icon name="bot" />}
          <b>{authorName(entry)}</b>
          {row.channel && <span class="via"><ChannelIcon channel={entry.channel} />{channelName(entry.channel)}</span>}
        </p>
      )}
      {(entry.text || entry.deleted) && (
        <div class="bubble">
          {entry.deleted && <p class="quiet"><Icon name="bin" />{t.deleted}</p>}
          {entry.text && <p class="words"><Words text={entry.text} links={author.kind !== "customer"} /></p>}
          {entry.edited && <small>{t.edited}</small>}
        </div>
      )}
      {entry.attachments.length > 0 && <FileList files={entry.attachments} />}
      {entry.buttons.length > 0 && (
        <ul class="offered" aria-label={t.buttonsOffered}>
          {entry.buttons.map(({ title, pressed }, place) => <li key={place} data-pressed={pressed}>{pressed && <Icon name="check" />}{title}</li>)}
        </ul>
      )}
      <p class="under">
        <time dateTime={entry.at} title={exact(entry.at, language)}>{hour(entry.at, language)}</time>
        {entry.intent && <span class="intent" title={`${t.intent}: ${entry.intent.name} ${Math.round(entry.intent.confidence * 100)} %`}>{entry.intent.name.replaceAll("_", " ")}</span>}
        {entry.mood && <Mood mood={entry.mood} />}
        <Delivery entry={entry} />
      </p>
      {failed && <Undelivered entry={entry} />}
    </article>
  );
}

function authorName({ author }: MessageEntry): string {
  if (author.kind === "agent" || author.kind === "customer") return author.name || (t.authors as Readonly<Record<string, string>>)[author.kind] || "";
  return (t.authors as Readonly<Record<string, string>>)[author.kind] ?? author.name;
}

function Delivery({ entry }: { entry: MessageEntry }) {
  const status = entry.delivery?.status;
  if (status === "waiting") return <span class="delivery"><Icon name="clock" />{t.delivery.waiting}</span>;
  if (status === "withdrawn") return <span class="delivery"><Icon name="bin" />{t.delivery.withdrawn}</span>;
  if (status === "sent") return <span class="delivery" title={t.delivery.sent}><Icon name="check" /><span class="unseen">{t.delivery.sent}</span></span>;
  return null;
}

function Undelivered({ entry }: { entry: MessageEntry }) {
  const app = useApp();
  const resend = (): Promise<boolean> => app.act(() => app.api.send("POST", `/messages${pathOf(entry.id)}/resend`), t.resending);
  return (
    <div class="undelivered">
      <Icon name="warning" />
      <span><b>{t.delivery.dead}</b> {entry.delivery?.error}</span>
      {app.answers && <button type="button" onClick={() => void resend()}>{t.resend}</button>}
    </div>
  );
}
