// Passing a conversation on: to a colleague, to a team, or back to the queue.

import { useState } from "preact/hooks";
import { useApp } from "./app";
import { Avatar } from "./avatar";
import { useCell } from "./cell";
import { useDoing } from "./ending";
import { Area, Field, Form } from "./form";
import { Icon } from "./icon";
import { Modal } from "./modal";
import type { Colleague, Named } from "./protocol";
import { t } from "./text";
import type { Talk } from "./talk";

type Target = { readonly agent: string } | { readonly team: string } | Record<string, never>;

const ORDER = ["online", "away", "offline"];

export function TransferDialog({ talk, close }: { talk: Talk; close: () => void }) {
  const app = useApp();
  const work = useDoing({ talk, close });
  const language = useCell(talk.head)?.conversation.language ?? "";
  const colleagues = useCell(app.colleagues).filter(({ id }) => id !== app.me?.id);
  const [target, setTarget] = useState<Target>({});
  const [query, setQuery] = useState("");
  const [note, setNote] = useState("");
  const fits = ({ name }: Named): boolean => name.toLowerCase().includes(query.trim().toLowerCase());
  const people = sorted(colleagues.filter(fits), language);
  const teams = teamsOf(colleagues, app.me?.teams ?? []).filter(fits);
  return (
    <Modal title={t.transferTitle} close={close}>
      <Form submit={t.transfer} cancel={close} work={() => work("/transfer", { ...target, note: note.trim() }, t.transferred)}>
        <Field label={t.toWhom}>{(id) => <input id={id} type="search" value={query} autofocus placeholder={t.filterPeople} onInput={(event) => setQuery(event.currentTarget.value)} />}</Field>
        <fieldset class="targets">
          <legend class="unseen">{t.toWhom}</legend>
          <Choice checked={!("agent" in target) && !("team" in target)} choose={() => setTarget({})}><span class="round"><Icon name="queue" /></span><b>{t.backToQueue}</b><small>{t.backToQueueHint}</small></Choice>
          {teams.map((team) => (
            <Choice key={team.id} checked={"team" in target && target.team === team.id} choose={() => setTarget({ team: team.id })}><span class="round"><Icon name="people" /></span><b>{team.name}</b><small>{t.team}</small></Choice>
          ))}
          {people.map((one) => (
            <Choice key={one.id} checked={"agent" in target && target.agent === one.id} choose={() => setTarget({ agent: one.id })}>
              <Avatar id={one.id} name={one.name}><i class={`dot ${one.presence}`} /></Avatar>
              <b>{one.name}</b>
              <small>{[t.presence[one.presence], one.languages.join(", ").toUpperCase(), t.openCount.replace("{n}", String(one.open))].filter(Boolean).join(" · ")}</small>
            </Choice>
          ))}
        </fieldset>
        <Area label={t.transferNote} rows={2} value={note} change={setNote} maxLength={2000} />
      </Form>
    </Modal>
  );
}

function Choice({ checked, choose, children }: { checked: boolean; choose: () => void; children: preact.ComponentChildren }) {
  return <label class="target"><input type="radio" name="target" checked={checked} onChange={choose} />{children}</label>;
}

// Who is there and speaks the customer's language comes first.
function sorted(people: readonly Colleague[], language: string): Colleague[] {
  const rank = (one: Colleague): number => ORDER.indexOf(one.presence) * 2 + (one.languages.includes(language) ? 0 : 1);
  return [...people].sort((one, other) => rank(one) - rank(other) || one.open - other.open || one.name.localeCompare(other.name));
}

function teamsOf(people: readonly Colleague[], mine: readonly Named[]): Named[] {
  const all = [...mine, ...people.flatMap(({ teams }) => teams)];
  return [...new Map(all.map((team) => [team.id, team])).values()].sort((one, other) => one.name.localeCompare(other.name));
}
