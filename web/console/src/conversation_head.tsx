import { useApp } from "./app";
import { type Abilities, abilitiesOf } from "./abilities";
import { Avatar } from "./avatar";
import { useCell } from "./cell";
import { takeOver } from "./commands";
import { Icon } from "./icon";
import { channelName } from "./item_row";
import { Menu } from "./menu";
import type { Head } from "./protocol";
import { type Place, deskHash } from "./route";
import { fill, t } from "./text";
import type { Talk } from "./talk";
import { languageName, moment } from "./times";

export function ConversationHead({ talk, list }: { talk: Talk; list: Place }) {
  const app = useApp();
  const head = useCell(talk.head);
  const can = abilitiesOf(head, app.me?.id ?? "", app.supervises);
  const brief = useCell(app.side.shown);
  return (
    <header class="head">
      <a class="bare back" href={deskHash(list)} aria-label={t.back} title={t.back}><Icon name="back" /></a>
      <div class="names">
        <h1>{head ? head.customer.name || t.nameless : "\u00a0"}</h1>
        <p>{head && <Facts head={head} />}</p>
      </div>
      <Viewers talk={talk} />
      <div class="does">
        {can.take && <button type="button" class={can.wrest ? "" : "primary"} onClick={() => void takeOver(app)} title={`${takeTitle(head)} (T)`}><Icon name="take" /><span>{takeTitle(head)}</span></button>}
        {can.close && !can.take && <button type="button" class="primary" onClick={() => app.dialog.set({ kind: "close" })} title={`${t.close} (E)`}><Icon name="done" /><span>{t.close}</span></button>}
        {can.transfer && !can.take && <button type="button" class="wideonly" onClick={() => app.dialog.set({ kind: "transfer" })} title={`${t.transfer} (M)`}><Icon name="transfer" /><span>{t.transfer}</span></button>}
        <More can={can} head={head} />
        <button type="button" class="bare" aria-label={t.briefToggle} title={`${t.briefToggle} (I)`} aria-pressed={brief}
          onClick={() => app.side.toggle()}><Icon name="brief" /></button>
      </div>
    </header>
  );
}

function takeTitle(head: Head | null): string {
  const { status, owner } = head?.conversation ?? {};
  if (status === "human") return fill(t.takeFrom, { name: owner?.name ?? "" });
  return status === "bot" ? t.takeFromBot : t.take;
}

function Facts({ head }: { head: Head }) {
  const app = useApp();
  const { conversation, customer } = head;
  const language = app.locale;
  const parts = [
    conversation.language ? languageName(conversation.language, language) : "",
    ...new Set(customer.addresses.map(({ channel }) => channelName(channel))),
  ].filter(Boolean);
  return (
    <>
      <span class="status" data-status={conversation.status}>{statusText(head, app.me?.id)}</span>
      {conversation.snoozed_until && <span class="status"><Icon name="snooze" />{fill(t.until, { time: moment(conversation.snoozed_until, app.clock.now(), language) })}</span>}
      {customer.blocked && <span class="status bad">{t.blocked}</span>}
      <span class="quiet">{parts.join(" · ")}</span>
    </>
  );
}

function statusText({ conversation }: Head, me: string | undefined): string {
  const { status, owner, outcome } = conversation;
  if (status === "human") return owner?.id === me ? t.status.yours : fill(t.status.theirs, { name: owner?.name ?? "" });
  if (status === "closed" && outcome) return `${t.status.closed}: ${(t.outcomes as Readonly<Record<string, string>>)[outcome] ?? outcome}`;
  return t.status[status];
}

function Viewers({ talk }: { talk: Talk }) {
  const app = useApp();
  const viewers = useCell(talk.viewers).filter(({ id }) => id !== app.me?.id);
  const text = viewers.map(({ name, typing }) => (typing ? fill(t.nameWrites, { name }) : name)).join(", ");
  return (
    <div class="viewers" role="img" aria-label={viewers.length ? `${t.alsoHere}: ${text}` : t.nobodyElse} title={viewers.length ? `${t.alsoHere}: ${text}` : undefined}>
      {viewers.slice(0, 3).map(({ id, name, typing }) => <Avatar key={id} id={id} name={name}>{typing && <i class="writes"><Icon name="pen" /></i>}</Avatar>)}
      {viewers.length > 3 && <span class="quiet">+{viewers.length - 3}</span>}
    </div>
  );
}

function More({ can, head }: { can: Abilities; head: Head | null }) {
  const app = useApp();
  const open = (kind: "transfer" | "snooze" | "close" | "release" | "block", close: () => void) => () => {
    close();
    app.dialog.set({ kind });
  };
  if (!can.snooze && !can.release && !can.block && !can.transfer && !can.close) return null;
  return (
    <Menu label={t.moreActions} kind="more" face={<Icon name="more" />}>
      {(close) => (
        <>
          {can.transfer && <button type="button" onClick={open("transfer", close)}><Icon name="transfer" />{t.transfer}<kbd aria-hidden="true">M</kbd></button>}
          {can.snooze && <button type="button" onClick={open("snooze", close)}><Icon name="snooze" />{t.snooze}<kbd aria-hidden="true">S</kbd></button>}
          {can.release && <button type="button" onClick={open("release", close)}><Icon name="bot" />{t.release}<kbd aria-hidden="true">B</kbd></button>}
          {can.close && <button type="button" onClick={open("close", close)}><Icon name="done" />{t.close}<kbd aria-hidden="true">E</kbd></button>}
          {can.block && <button type="button" class="risky" onClick={open("block", close)}><Icon name="block" />{head?.customer.blocked ? t.unblock : t.block}<kbd aria-hidden="true">X</kbd></button>}
        </>
      )}
    </Menu>
  );
}
