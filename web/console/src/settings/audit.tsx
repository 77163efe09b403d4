import { useEffect, useState } from "preact/hooks";
import { useApp } from "../app";
import { useCell } from "../cell";
import { errorText } from "../errors";
import type { AuditEntry } from "../protocol";
import { t } from "../text";
import { exact, stamp } from "../times";

interface Page {
  readonly entries: readonly AuditEntry[];
  readonly next: number | null;
}

export function AuditPage() {
  const app = useApp();
  const people = useCell(app.colleagues);
  const [page, setPage] = useState<Page>({ entries: [], next: null });
  const [wrong, setWrong] = useState("");
  const load = async (before: number | null): Promise<void> => {
    try {
      const more = await app.api.get<Page>("/audit", { before, limit: 100 });
      setPage((known) => (before === null ? more : { entries: [...known.entries, ...more.entries], next: more.next }));
      setWrong("");
    } catch (error) {
      setWrong(errorText(error));
    }
  };
  useEffect(() => void load(null), []);
  const nameOf = (actor: string): string => (actor === app.me?.id ? app.me.name : (people.find(({ id }) => id === actor)?.name ?? actor));
  return (
    <>
      <p class="hint">{t.auditHint}</p>
      <p class="wrong" role="alert">{wrong}</p>
      <div class="table" tabIndex={0} role="region" aria-label={t.pages.audit}>
        <table>
          <thead><tr><th scope="col">{t.audit.number}</th><th scope="col">{t.audit.at}</th><th scope="col">{t.audit.actor}</th><th scope="col">{t.audit.action}</th><th scope="col">{t.audit.subject}</th><th scope="col">{t.audit.details}</th></tr></thead>
          <tbody>
            {page.entries.map((entry) => (
              <tr key={entry.id}>
                <td>{entry.id}</td>
                <td><time dateTime={entry.at} title={exact(entry.at, app.locale)}>{stamp(entry.at, app.locale)}</time></td>
                <td>{nameOf(entry.actor)}</td>
                <td>{entry.action.replaceAll("_", " ")}</td>
                <td>{nameOf(entry.subject)}</td>
                <td><code>{Object.keys(entry.details).length ? JSON.stringify(entry.details) : ""}</code></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {page.next !== null && <p><button type="button" onClick={() => void load(page.next)}>{t.more}</button></p>}
    </>
  );
}
