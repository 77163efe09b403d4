// What people and the server did between the messages; and private notes.

import { type App, useApp } from "./app";
import { Icon, type IconName } from "./icon";
import { reasonName } from "./item_row";
import type { HappeningEntry } from "./protocol";
import { fill, t } from "./text";
import { exact, hour, moment } from "./times";
import { Words } from "./words";

const ICONS: Readonly<Record<string, IconName>> = {
  queued: "queue",
  taken: "take",
  transferred: "transfer",
  returned: "bot",
  closed: "done",
  snoozed: "snooze",
  woken: "bell",
  rated: "spark",
  blocked: "block",
};

export function HappeningLine({ entry }: { entry: HappeningEntry }) {
  const app = useApp();
  const language = app.locale;
  return (
    <div class="happening" data-what={entry.what}>
      <p>
        <Icon name={ICONS[entry.what] ?? "clock"} />
        <span>{happeningText(entry, app)}</span>
        <time dateTime={entry.at} title={exact(entry.at, language)}>{hour(entry.at, language)}</time>
      </p>
      {noteOf(entry) && <blockquote>{noteOf(entry)}</blockquote>}
    </div>
  );
}

export function Note({ entry }: { entry: HappeningEntry }) {
  const app = useApp();
  const language = app.locale;
  return (
    <article class="note">
      <p class="by"><Icon name="lock" /><b>{actorName(entry)}</b><span>{t.privateNote}</span></p>
      <p class="words"><Words text={textOf(entry.detail["text"])} links /></p>
      <p class="under"><time dateTime={entry.at} title={exact(entry.at, language)}>{hour(entry.at, language)}</time></p>
    </article>
  );
}

function happeningText(entry: HappeningEntry, app: App): string {
  const { detail } = entry;
  const sentence = (t.happenings as Readonly<Record<string, string>>)[entry.what] ?? entry.what;
  const to = nameOf(app, detail["to_agent"] || detail["to_team"] || detail["to"]);
  const outcome = textOf(detail["outcome"]);
  return fill(sentence, {
    name: actorName(entry),
    reason: reasonName(textOf(detail["reason"])),
    to: to || t.theQueue,
    outcome: (t.outcomes as Readonly<Record<string, string>>)[outcome] ?? outcome,
    until: moment(textOf(detail["until"]), app.clock.now(), app.locale),
    value: textOf(detail["value"]),
  }).replace(/[\s:·]+$/u, "");
}

function actorName({ actor }: HappeningEntry): string {
  if (actor === "customer") return t.authors.customer;
  return actor === "server" ? t.authors.system : actor.name;
}

function noteOf({ detail }: HappeningEntry): string {
  return textOf(detail["note"] ?? detail["comment"]);
}

// An agent or a team, by name or by id.
function nameOf(app: App, value: unknown): string {
  const name = (value as { name?: unknown } | null | undefined)?.name;
  if (typeof name === "string") return name;
  const people = app.colleagues.value;
  const known = [...people, ...people.flatMap(({ teams }) => teams)].find(({ id }) => id === value);
  return known?.name ?? textOf(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
