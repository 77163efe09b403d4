// An open conversation: its head with what can be done, the timeline, the composer, and the brief beside it.

import { useEffect, useRef } from "preact/hooks";
import { useApp } from "./app";
import { BriefPanel } from "./brief";
import { useCell } from "./cell";
import { Composer } from "./composer";
import { errorText } from "./errors";
import { ConversationHead } from "./conversation_head";
import type { Place } from "./route";
import { t } from "./text";
import type { Talk } from "./talk";
import { Timeline } from "./timeline";

export function Conversation({ talk, list }: { talk: Talk; list: Place }) {
  const app = useApp();
  const failure = useCell(talk.failure);
  const loaded = useCell(talk.loaded);
  const brief = useCell(app.side.shown);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone the list goes away with its focus: the conversation takes it.
    if (!main.current?.parentElement?.contains(document.activeElement) || document.activeElement === document.body) main.current?.focus();
  }, []);
  return (
    <>
      <main class="talk" tabIndex={-1} ref={main} aria-label={t.conversation}>
        <ConversationHead talk={talk} list={list} />
        {failure && <p class="notice" role="alert">{errorText(failure)} <button type="button" onClick={() => void talk.open(null)}>{t.tryNow}</button></p>}
        {loaded || failure ? <Timeline talk={talk} /> : <div class="timeline" aria-busy="true" />}
        <Composer talk={talk} />
      </main>
      {brief && <BriefPanel talk={talk} />}
    </>
  );
}
