import { useState } from "preact/hooks";
import { pathOf } from "../api";
import { useApp } from "../app";
import { Area, Form, Input } from "../form";
import { Modal } from "../modal";
import type { Team } from "../protocol";
import { t } from "../text";
import { Waiting, useLoaded } from "./load";

export function TeamsPage() {
  const app = useApp();
  const teams = useLoaded<readonly Team[]>("/teams");
  const [edited, setEdited] = useState<Team | "new" | null>(null);
  const close = (): void => setEdited(null);
  const done = async (): Promise<void> => {
    close();
    await teams.reload();
    void app.loadColleagues();
  };
  return (
    <>
      <p class="hint">{t.teamsHint}</p>
      <p><button type="button" class="primary" onClick={() => setEdited("new")}>{t.addTeam}</button></p>
      <Waiting loaded={teams}>
        {(all) => (
          <ul class="cards" aria-label={t.pages.teams}>
            {all.map((team) => (
              <li key={team.id}>
                <div><b>{team.name}</b></div>
                <p>{team.intents.map((intent) => <span class="tag plain" key={intent}>{intent.replaceAll("_", " ")}</span>)}</p>
                <button type="button" aria-label={`${t.edit}: ${team.name}`} onClick={() => setEdited(team)}>{t.edit}</button>
              </li>
            ))}
          </ul>
        )}
      </Waiting>
      {edited !== null && <TeamDialog team={edited === "new" ? null : edited} close={close} done={done} />}
    </>
  );
}

function TeamDialog({ team, close, done }: { team: Team | null; close: () => void; done: () => Promise<void> }) {
  const app = useApp();
  const [name, setName] = useState(team?.name ?? "");
  const [intents, setIntents] = useState(team?.intents.join("\n") ?? "");
  const save = async (): Promise<void> => {
    const body = { name, intents: intents.split(/[\s,]+/u).filter(Boolean) };
    if (team) await app.api.send("PUT", `/teams${pathOf(team.id)}`, body);
    else await app.api.send("POST", "/teams", body);
    await done();
  };
  const remove = async (): Promise<void> => {
    await app.api.send("DELETE", `/teams${pathOf(team?.id ?? "")}`);
    await done();
  };
  return (
    <Modal title={team ? team.name : t.addTeam} close={close}>
      <Form submit={t.save} work={save} cancel={close} done={t.saved}>
        <Input label={t.name} value={name} change={setName} required maxLength={100} autofocus />
        <Area label={t.intents} hint={t.intentsHint} rows={4} value={intents} change={setIntents} />
      </Form>
      {team && <div class="buttons powers"><button type="button" class="danger" onClick={() => void app.act(remove, t.removed)}>{t.remove}</button></div>}
    </Modal>
  );
}
