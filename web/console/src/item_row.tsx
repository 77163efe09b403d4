// One conversation in a list: who, how long, why, and what was said last.

import { Component } from "preact";
import { Avatar } from "./avatar";
import { ChannelIcon, Icon } from "./icon";
import type { Item } from "./protocol";
import { type Place, deskHash } from "./route";
import { fill, t } from "./text";
import { exact, moment, span } from "./times";

interface Props {
  readonly item: Item;
  readonly list: Place;
  readonly current: boolean;
  readonly now: number;
  readonly language: string;
}

/** Drawn again only when something that it shows has changed: there may be hundreds. */
export class ItemRow extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    const { item, current, now, list } = this.props;
    return next.item !== item || next.current !== current || next.list !== list || next.now !== now;
  }

  override render({ item, list, current, now, language }: Props) {
    const name = item.customer.name || t.nameless;
    return (
      <li class="item" data-anger={angerOf(item.anger)} data-unread={item.unread > 0}>
        <a href={deskHash(list, item.conversation)} aria-current={current ? "true" : undefined}>
          <Avatar id={item.customer.id} name={item.customer.name}>
            <span class="channel"><ChannelIcon channel={item.channel} /></span>
          </Avatar>
          <span class="who">{name}</span>
          <Age item={item} now={now} language={language} />
          <span class="said">{item.last && <><LastAuthor author={item.last.author} />{item.last.text || t.fileOnly}</>}</span>
          {item.unread > 0 && <b class="count" title={t.unread}>{item.unread}</b>}
          <span class="tags"><Tags item={item} list={list} now={now} language={language} /></span>
        </a>
      </li>
    );
  }
}

function Age({ item, now, language }: { item: Item; now: number; language: string }) {
  if (item.status === "queued" && item.queued_at) {
    const waited = (now - Date.parse(item.queued_at)) / 1000;
    return <time class="age waits" dateTime={item.queued_at} title={`${t.waitsSince} ${exact(item.queued_at, language)}`}>{span(waited, language)}</time>;
  }
  if (item.waited_s !== null && item.status === "human") return <span class="age waits" title={t.waitsForAnswer}>{span(item.waited_s, language)}</span>;
  const at = item.last?.at ?? "";
  return <time class="age" dateTime={at} title={exact(at, language)}>{moment(at, now, language)}</time>;
}

function LastAuthor({ author }: { author: string }) {
  if (author === "customer") return null;
  const name = (t.authors as Readonly<Record<string, string>>)[author] ?? author;
  return <i>{name}: </i>;
}

function Tags({ item, list, now, language }: Omit<Props, "current">) {
  const anger = angerOf(item.anger);
  return (
    <>
      {item.undelivered && <span class="tag bad"><Icon name="warning" />{t.undelivered}</span>}
      {item.troubled && <span class="tag bad"><Icon name="warning" />{t.troubled}</span>}
      {item.reason && <span class="tag reason" data-reason={item.reason}>{reasonName(item.reason)}</span>}
      {anger !== "calm" && <span class="tag anger" data-anger={anger}>{t.anger[anger]}</span>}
      {item.language && <span class="tag plain">{item.language.toUpperCase()}</span>}
      {item.owner && list !== "mine" && item.status === "human" && <span class="tag plain"><Icon name="person" />{item.owner.name}</span>}
      {item.snoozed_until && <span class="tag plain"><Icon name="snooze" />{fill(t.until, { time: moment(item.snoozed_until, now, language) })}</span>}
    </>
  );
}

export type AngerName = "calm" | "cross" | "angry" | "furious";

/** Anger from 0 to 1 in four words. */
export function angerOf(anger: number): AngerName {
  if (anger < 0.35) return "calm";
  if (anger < 0.6) return "cross";
  return anger < 0.8 ? "angry" : "furious";
}

export function reasonName(reason: string): string {
  return (t.reasons as Readonly<Record<string, string>>)[reason] ?? reason;
}

export function channelName(channel: string): string {
  return (t.channels as Readonly<Record<string, string>>)[channel] ?? channel;
}
