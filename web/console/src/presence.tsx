// Whether the agent wants conversations now; and the way to the own account.

import { useApp } from "./app";
import { Avatar } from "./avatar";
import { useCell } from "./cell";
import { Icon } from "./icon";
import { Menu } from "./menu";
import type { Presence, SignedIn } from "./protocol";
import { hashOf } from "./route";
import { t } from "./text";

const STATES: readonly Presence[] = ["online", "away", "offline"];

export function PresenceSwitch() {
  const app = useApp();
  const session = useCell(app.session);
  if (session.state !== "in") return null;
  const { agent } = session;
  const choose = (presence: Presence): Promise<boolean> =>
    app.act(async () => app.become(await app.api.send<SignedIn>("PUT", "/me", { presence })));
  const face = (
    <>
      <Avatar id={agent.id} name={agent.name}><i class={`dot ${agent.presence}`} /></Avatar>
      <span class="sub">{t.presence[agent.presence]}</span>
    </>
  );
  return (
    <Menu kind="account" label={`${agent.name}: ${t.presence[agent.presence]}`} face={face}>
      {(close) => (
        <>
          <p class="title">{agent.name}<small>{agent.email}</small></p>
          {app.answers && STATES.map((state) => (
            <button key={state} type="button" aria-pressed={state === agent.presence} onClick={() => { close(); void choose(state); }}>
              <i class={`dot ${state}`} />{t.presence[state]}
              <small>{t.presenceHint[state]}</small>
            </button>
          ))}
          <hr />
          <a href={hashOf({ page: "settings", name: "profile" })} onClick={close}><Icon name="person" />{t.profile}</a>
          <button type="button" onClick={() => void app.signOut()}><Icon name="out" />{t.signOut}</button>
        </>
      )}
    </Menu>
  );
}
