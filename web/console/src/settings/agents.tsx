import { useState } from "preact/hooks";
import { pathOf } from "../api";
import { useApp } from "../app";
import { Avatar } from "../avatar";
import { Check, Choices, Form, Input, Select } from "../form";
import { roleName } from "../invitation";
import { Modal } from "../modal";
import type { Member, Role, Team } from "../protocol";
import { LANGUAGES, fill, t } from "../text";
import { languageName } from "../times";
import { Secret } from "./secret";
import { Waiting, useLoaded } from "./load";

const ROLES: readonly Role[] = ["agent", "supervisor", "trainer", "admin"];

export function AgentsPage() {
  const app = useApp();
  const members = useLoaded<readonly Member[]>("/agents");
  const teams = useLoaded<readonly Team[]>("/teams");
  const [edited, setEdited] = useState<Member | "new" | null>(null);
  const [link, setLink] = useState("");
  const admin = app.me?.role === "admin";
  const close = (): void => setEdited(null);
  const done = async (made: string): Promise<void> => {
    close();
    setLink(made);
    await members.reload();
    void app.loadColleagues();
  };
  return (
    <>
      {admin && <p><button type="button" class="primary" onClick={() => setEdited("new")}>{t.addAgent}</button></p>}
      {link && <Secret title={t.invitationLink} hint={t.invitationLinkHint} secret={link} close={() => setLink("")} />}
      <Waiting loaded={members}>
        {(all) => (
          <ul class="cards" aria-label={t.pages.agents}>
            {all.map((member) => (
              <li key={member.id} data-disabled={member.disabled}>
                <Avatar id={member.id} name={member.name}><i class={`dot ${member.presence}`} /></Avatar>
                <div><b>{member.name}</b><small>{member.email}</small></div>
                <p>{factsOf(member).map((fact) => <span class="tag plain" key={fact}>{fact}</span>)}</p>
                {admin && <button type="button" aria-label={`${t.edit}: ${member.name}`} onClick={() => setEdited(member)}>{t.edit}</button>}
              </li>
            ))}
          </ul>
        )}
      </Waiting>
      {edited !== null && <AgentDialog member={edited === "new" ? null : edited} teams={teams.value ?? []} close={close} done={done} />}
    </>
  );
}

function factsOf(member: Member): string[] {
  return [
    roleName(member.role),
    member.languages.map((code) => code.toUpperCase()).join(" "),
    ...member.teams.map(({ name }) => name),
    member.disabled ? t.disabled : "",
    member.invited ? t.invited : "",
    member.second_factor ? t.secondFactor : "",
  ].filter(Boolean);
}

interface DialogProps {
  readonly member: Member | null;
  readonly teams: readonly Team[];
  readonly close: () => void;
  readonly done: (link: string) => Promise<void>;
}

function AgentDialog({ member, teams, close, done }: DialogProps) {
  const app = useApp();
  const [name, setName] = useState(member?.name ?? "");
  const [email, setEmail] = useState(member?.email ?? "");
  const [role, setRole] = useState<Role>(member?.role ?? "agent");
  const [languages, setLanguages] = useState<readonly string[]>(member?.languages ?? ["en"]);
  const [chosen, setChosen] = useState<readonly string[]>(member?.teams.map(({ id }) => id) ?? []);
  const [capacity, setCapacity] = useState(member?.capacity ?? 4);
  const [disabled, setDisabled] = useState(member?.disabled ?? false);
  const save = async (): Promise<void> => {
    const given = { name, email, role, languages, teams: chosen, capacity };
    if (member) {
      await app.api.send("PUT", `/agents${pathOf(member.id)}`, { ...given, disabled });
      return done("");
    }
    return done((await app.api.send<{ link: string }>("POST", "/agents", given)).link);
  };
  return (
    <Modal title={member ? member.name : t.addAgent} close={close}>
      <Form submit={member ? t.save : t.invite} work={save} cancel={close} done={t.saved}>
        <Input label={t.name} value={name} change={setName} required maxLength={100} autofocus />
        <Input label={t.email} type="email" value={email} change={setEmail} required />
        <Select label={t.role} value={role} change={setRole} options={ROLES.map((one) => [one, roleName(one)] as const)} />
        <Choices label={t.languages} chosen={languages} change={setLanguages} options={LANGUAGES.map((code) => [code, languageName(code, app.locale)] as const)} />
        {teams.length > 0 && <Choices label={t.pages.teams} chosen={chosen} change={setChosen} options={teams.map((team) => [team.id, team.name] as const)} />}
        <Input label={t.capacity} hint={t.capacityHint} type="number" min={1} max={50} value={capacity} change={(value) => setCapacity(Number(value))} required />
        {member && <Check label={t.disabled} hint={t.disabledHint} checked={disabled} change={setDisabled} />}
      </Form>
      {member && <Powers member={member} done={done} />}
    </Modal>
  );
}

function Powers({ member, done }: { member: Member; done: (link: string) => Promise<void> }) {
  const app = useApp();
  const path = `/agents${pathOf(member.id)}`;
  const invite = async (): Promise<void> => done((await app.api.send<{ link: string }>("POST", `${path}/invite`)).link);
  const signOut = async (): Promise<void> => {
    await app.api.send("DELETE", `${path}/sessions`);
    await done("");
  };
  const noCode = async (): Promise<void> => {
    await app.api.send("PUT", path, { remove_second_factor: true });
    await done("");
  };
  return (
    <div class="buttons powers">
      <button type="button" onClick={() => void app.act(invite)}>{t.newLink}</button>
      <button type="button" onClick={() => void app.act(signOut, t.signedOutEverywhere)}>{fill(t.endSessions, { n: member.sessions })}</button>
      {member.second_factor && <button type="button" class="danger" onClick={() => void app.act(noCode, t.saved)}>{t.removeSecondFactor}</button>}
    </div>
  );
}
