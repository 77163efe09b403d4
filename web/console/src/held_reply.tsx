// Replies that are not out yet: with the seconds in which they can be taken back.

import { useApp } from "./app";
import { useCountdown } from "./clock";
import { Icon } from "./icon";
import type { HeldEntry } from "./protocol";
import type { Pending } from "./sends";
import { fill, t } from "./text";
import type { Talk } from "./talk";

/** A held reply that this page did not send itself: of another agent, or from before a reload. */
export function HeldReply({ entry, talk }: { entry: HeldEntry; talk: Talk }) {
  const app = useApp();
  const mine = entry.agent.id === app.me?.id;
  const undo = mine ? () => void app.sends.undo(entry.id, talk.id, entry.text) : null;
  return (
    <Shown text={entry.text} name={entry.agent.name}>
      <Left due={entry.due_at} undo={undo} />
    </Shown>
  );
}

export function PendingReply({ pending }: { pending: Pending }) {
  const app = useApp();
  const undo = () => void app.sends.undo(pending.id ?? "", pending.conversation, pending.text);
  return (
    <Shown text={pending.text} name={app.me?.name ?? ""} failed={pending.state === "failed"}>
      {pending.state === "sending" && <span class="delivery"><Icon name="clock" />{t.sending}</span>}
      {pending.state === "held" && pending.due && <Left due={pending.due} undo={undo} />}
      {pending.state === "failed" && (
        <>
          <b class="bad">{t.notSent}</b>
          <button type="button" onClick={() => void app.sends.again(pending)}>{t.tryAgain}</button>
          <button type="button" onClick={() => app.sends.takeBack(pending)}>{t.takeBack}</button>
        </>
      )}
    </Shown>
  );
}

function Shown({ text, name, failed = false, children }: { text: string; name: string; failed?: boolean; children: preact.ComponentChildren }) {
  return (
    <li class="row first">
      <article class={failed ? "said agent held failed" : "said agent held"}>
        <p class="by"><b>{name}</b></p>
        <div class="bubble"><p class="words">{text}</p></div>
        <div class="under">{children}</div>
      </article>
    </li>
  );
}

function Left({ due, undo }: { due: string; undo: (() => void) | null }) {
  const app = useApp();
  const seconds = useCountdown(app.clock, due);
  if (seconds === 0) return <span class="delivery"><Icon name="clock" />{t.sending}</span>;
  return (
    <>
      <span class="delivery" role="timer"><Icon name="clock" />{fill(t.sendsIn, { n: seconds })}</span>
      {undo && <button type="button" class="undo" title="Z" onClick={undo}>{t.undo}</button>}
    </>
  );
}
