// Alerts as a page: who has fallen, and what many have in common, with who looks after it.

import { useState } from "preact/hooks";
import { useApp } from "./app";
import { useCell } from "./cell";
import { errorText } from "./errors";
import type { Alert, Cause } from "./protocol";
import { deskHash } from "./route";
import { fill, t } from "./text";
import { exact, hour, stamp } from "./times";

export function AlertsPage() {
  const app = useApp();
  const page = useCell(app.alerts.page);
  const failed = useCell(app.alerts.failed);
  return (
    <main class="settings alerts" tabIndex={-1}>
      <div class="sheet-wide">
        <h1>{t.alerts.title}</h1>
        <p class="hint">{t.alerts.hint}</p>
        {failed !== null && <p class="notice" role="alert">{errorText(failed)} <button type="button" onClick={() => void app.alerts.load()}>{t.tryNow}</button></p>}
        {failed === null && page.alerts.length === 0 && <p>{t.alerts.none}</p>}
        <ul class="cards">
          {page.alerts.map((alert) => <Card key={alert.id} alert={alert} />)}
        </ul>
        {page.next !== null && <p><button type="button" onClick={() => void app.act(() => app.alerts.more())}>{t.more}</button></p>}
      </div>
    </main>
  );
}

function Card({ alert }: { alert: Alert }) {
  const app = useApp();
  const [busy, setBusy] = useState(false);
  const see = async (): Promise<void> => {
    setBusy(true);
    await app.act(() => app.alerts.acknowledge(alert.id));
    setBusy(false);
  };
  return (
    <li data-kind={alert.kind} data-open={alert.acknowledged_at === null}>
      <div>
        <strong>{headline(alert)}</strong>
        <small>
          <time dateTime={alert.at} title={exact(alert.at, app.locale)}>{stamp(alert.at, app.locale)}</time>
          {alert.detail.emotion && ` · ${(t.emotions as Readonly<Record<string, string>>)[alert.detail.emotion] ?? alert.detail.emotion}`}
          {alert.window_until && ` · ${fill(t.alerts.until, { time: hour(alert.window_until, app.locale) })}`}
        </small>
        {alert.kind === "spike" && <Causes causes={alert.detail.causes ?? []} />}
      </div>
      <p>
        {alert.conversation && <a class="button" href={deskHash("others", alert.conversation)}>{t.alerts.open}</a>}
        {alert.acknowledged_at === null
          ? <button type="button" class="primary" disabled={busy} onClick={() => void see()}>{t.alerts.see}</button>
          : <small>{fill(t.alerts.seen, { name: alert.acknowledged_by ?? "" })}</small>}
      </p>
    </li>
  );
}

function Causes({ causes }: { causes: readonly Cause[] }) {
  const app = useApp();
  if (causes.length === 0) return <p>{t.alerts.noCause}</p>;
  const share = new Intl.NumberFormat(app.locale, { style: "percent" });
  return (
    <>
      <p>{t.alerts.causes}</p>
      <ul>
        {causes.map((cause) => (
          <li key={`${cause.trait} ${cause.value}`}>
            {fill(t.alerts.cause, {
              trait: (t.alerts.traits as Readonly<Record<string, string>>)[cause.trait] ?? cause.trait,
              value: cause.value,
              share: share.format(cause.share),
              usual: share.format(cause.usual),
            })}
          </li>
        ))}
      </ul>
    </>
  );
}

function headline(alert: Alert): string {
  const { detail } = alert;
  if (alert.kind === "spike") {
    return fill(t.alerts.spike, { falls: detail.falls ?? 0, conversations: detail.conversations ?? 0, expected: detail.expected ?? 0 });
  }
  const sentence = detail.step === "handoff" ? t.alerts.deepFall : t.alerts.fall;
  return fill(sentence, { name: alert.customer || t.nameless });
}
