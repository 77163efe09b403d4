// What the agent must know before the first word: who, what, what was tried, what was promised, what next.

import type { ComponentChildren } from "preact";
import { useApp } from "./app";
import { useCell } from "./cell";
import { useAnswer } from "./commands";
import { ChannelIcon, Icon } from "./icon";
import { angerOf, channelName, reasonName } from "./item_row";
import { BRIEF_PARTS, type Brief, type BriefPart, type Handoff, type Head, type Line } from "./protocol";
import { sourceName } from "./suggestions";
import { fill, t } from "./text";
import type { Talk } from "./talk";
import { date, exact, languageName, moment, span } from "./times";
import { Words } from "./words";

export function BriefPanel({ talk }: { talk: Talk }) {
  const app = useApp();
  const head = useCell(talk.head);
  const brief = useCell(talk.brief);
  useCell(app.clock.tick);
  return (
    <aside class="brief" aria-label={t.brief}>
      <header>
        <h2>{t.brief}</h2>
        <button type="button" class="bare" aria-label={t.closeBrief} title={`${t.closeBrief} (I)`} onClick={() => app.side.toggle()}><Icon name="cross" /></button>
      </header>
      <div class="scroll" tabIndex={0} role="group" aria-label={t.brief}>
        {head?.handoff && <Why handoff={head.handoff} />}
        {brief ? <BriefLines brief={brief} talk={talk} /> : <div class="bones" aria-busy="true"><i /><i /><i /></div>}
        {head && <Person head={head} />}
        {head && <Passed handoffs={head.handoffs} />}
      </div>
    </aside>
  );
}

function Why({ handoff }: { handoff: Handoff }) {
  const app = useApp();
  const end = handoff.taken_at ? Date.parse(handoff.taken_at) : app.clock.now();
  const waited = span((end - Date.parse(handoff.queued_at)) / 1000, app.locale);
  const anger = angerOf(handoff.anger ?? 0);
  return (
    <section class="why" data-reason={handoff.reason}>
      <h3>{reasonName(handoff.reason)}</h3>
      <p>{fill(handoff.taken_at ? t.waited : t.waiting, { time: waited })}{anger !== "calm" && ` · ${t.anger[anger]}`}</p>
    </section>
  );
}

function BriefLines({ brief, talk }: { brief: Brief; talk: Talk }) {
  const app = useApp();
  return (
    <>
      {brief.next?.text && <Part title={t.briefParts.next} kind="next"><BriefLine line={brief.next} talk={talk} /></Part>}
      {BRIEF_PARTS.filter((part) => brief[part]?.length).map((part: BriefPart) => (
        <Part key={part} title={t.briefParts[part]} kind={part}>
          {brief[part].map((line, place) => <BriefLine key={place} line={line} talk={talk} />)}
        </Part>
      ))}
      {brief.summary && (
        <Part title={t.summary} kind="summary">
          <li class="plain"><small class="tag">{t.generated}</small> {brief.summary.text}</li>
        </Part>
      )}
      {brief.answers.length > 0 && (
        <Part title={t.suggestedAnswers} kind="answers">
          {brief.answers.map((answer, place) => (
            <li key={place} class="answer">
              <p class="words"><Words text={answer.text} links={false} /></p>
              <p class="under">
                {answer.url && /^https?:\/\//.test(answer.url) ? <a href={answer.url} target="_blank" rel="noopener noreferrer">{sourceName(answer)}</a> : <span>{sourceName(answer)}</span>}
                <button type="button" onClick={() => useAnswer(app, place)}>{t.useAnswer}</button>
              </p>
            </li>
          ))}
        </Part>
      )}
    </>
  );
}

function Part({ title, kind, children }: { title: string; kind: string; children: ComponentChildren }) {
  return <section class={`part ${kind}`}><h3>{title}</h3><ul>{children}</ul></section>;
}

/** A line of the brief; pressed, it shows the messages that it rests on. */
function BriefLine({ line, talk }: { line: Line; talk: Talk }) {
  const app = useApp();
  const time = line.at ? <> <time dateTime={line.at} title={exact(line.at, app.locale)}>{moment(line.at, app.clock.now(), app.locale)}</time></> : null;
  if (line.messages.length === 0) return <li class="plain">{line.text}{time}</li>;
  const jump = async (): Promise<void> => {
    app.side.leave();
    if (!(await talk.goToMessages(line.messages))) app.toasts.say(t.messageGone, true);
  };
  return <li><button type="button" title={t.showMessages} onClick={() => void jump()}>{line.text}{time}</button></li>;
}

function Person({ head }: { head: Head }) {
  const app = useApp();
  const { customer, conversation } = head;
  const language = app.locale;
  return (
    <section class="part person">
      <h3>{t.customer}</h3>
      <dl>
        {customer.email && <><dt>{t.email}</dt><dd>{customer.email}</dd></>}
        <dt>{t.since}</dt><dd>{date(customer.since, language)}</dd>
        {customer.languages.length > 0 && <><dt>{t.languages}</dt><dd>{customer.languages.map((code) => languageName(code, language)).join(", ")}</dd></>}
        <dt>{t.addresses}</dt>
        <dd>
          <ul class="addresses">
            {customer.addresses.map(({ channel, account, reachable }, place) => (
              <li key={place} data-reachable={reachable}><ChannelIcon channel={channel} />{channelName(channel)} <small>{reachable ? account : t.unreachable}</small></li>
            ))}
          </ul>
        </dd>
        {conversation.rating !== null && <><dt>{t.rating}</dt><dd>{conversation.rating} / 5 {conversation.rating_comment && <q>{conversation.rating_comment}</q>}</dd></>}
      </dl>
    </section>
  );
}

function Passed({ handoffs }: { handoffs: readonly Handoff[] }) {
  const app = useApp();
  if (handoffs.length === 0) return null;
  return (
    <section class="part">
      <h3>{t.earlierHandoffs}</h3>
      <ul>
        {handoffs.map((handoff) => (
          <li key={handoff.id} class="plain">
            {reasonName(handoff.reason)} <time dateTime={handoff.queued_at}>{moment(handoff.queued_at, app.clock.now(), app.locale)}</time>
            {handoff.note && <small>{handoff.note}</small>}
          </li>
        ))}
      </ul>
    </section>
  );
}
