// Putting a conversation away until a time, or until the customer writes.

import { useState } from "preact/hooks";
import { useApp } from "./app";
import { useCell } from "./cell";
import { useDoing } from "./ending";
import { Form, Input } from "./form";
import { Modal } from "./modal";
import { t } from "./text";
import type { Talk } from "./talk";

export function SnoozeDialog({ talk, close }: { talk: Talk; close: () => void }) {
  const app = useApp();
  const work = useDoing({ talk, close });
  const snoozed = useCell(talk.head)?.conversation.snoozed_until ?? null;
  const [own, setOwn] = useState("");
  const language = app.locale;
  const snooze = (until: Date | null): Promise<void> => work("/snooze", { until: until?.toISOString() ?? null }, until ? t.snoozed : t.woken);
  return (
    <Modal title={t.snoozeTitle} close={close}>
      <p class="hint">{t.snoozeHint}</p>
      <div class="times">
        {snoozed && <button type="button" onClick={() => void app.act(() => snooze(null))}><b>{t.wakeNow}</b></button>}
        {timesFrom(new Date(app.clock.now())).map(([name, until]) => (
          <button key={name} type="button" onClick={() => void app.act(() => snooze(until))}>
            <b>{t.snoozeTimes[name]}</b>
            <small>{new Intl.DateTimeFormat(language, { weekday: "short", hour: "2-digit", minute: "2-digit" }).format(until)}</small>
          </button>
        ))}
      </div>
      <Form submit={t.snooze} cancel={close} work={() => snooze(new Date(own))}>
        <Input label={t.ownTime} type="datetime-local" value={own} change={setOwn} min={localInput(new Date(app.clock.now()))} required />
      </Form>
    </Modal>
  );
}

type TimeName = "hour" | "afternoon" | "tomorrow" | "monday";

/** The usual times from now on, earliest first; "this afternoon" only in the morning. */
export function timesFrom(now: Date): (readonly [TimeName, Date])[] {
  const at = (days: number, hours: number): Date => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hours);
  const times: (readonly [TimeName, Date])[] = [["hour", new Date(now.getTime() + 3_600_000)]];
  if (now.getHours() < 12) times.push(["afternoon", at(0, 15)]);
  times.push(["tomorrow", at(1, 9)]);
  const days = (8 - now.getDay()) % 7 || 7;
  if (days > 1) times.push(["monday", at(days, 9)]);
  return times;
}

function localInput(time: Date): string {
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
