import { useState } from "preact/hooks";
import { pathOf } from "../api";
import { useApp } from "../app";
import { Choices, Form, Input, Select } from "../form";
import { Modal } from "../modal";
import type { Token } from "../protocol";
import { t } from "../text";
import { date } from "../times";
import { Secret } from "./secret";
import { Waiting, useLoaded } from "./load";

const SCOPES = [
  "desk:read", "desk:write", "people:read", "people:write", "settings:read", "settings:write", "audit:read",
  "insight:read", "webhooks:write", "training:read", "training:write",
] as const;
const DAYS = ["30", "90", "365", ""] as const;

export function TokensPage() {
  const app = useApp();
  const tokens = useLoaded<readonly Token[]>("/tokens");
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState("");
  const language = app.locale;
  const done = async (made: string): Promise<void> => {
    setAdding(false);
    setSecret(made);
    await tokens.reload();
  };
  const revoke = async (id: string): Promise<void> => {
    await app.api.send("DELETE", `/tokens${pathOf(id)}`);
    await tokens.reload();
  };
  return (
    <>
      <p class="hint">{t.tokensHint}</p>
      <p><button type="button" class="primary" onClick={() => setAdding(true)}>{t.addToken}</button></p>
      {secret && <Secret title={t.yourToken} hint={t.shownOnce} secret={secret} close={() => setSecret("")} />}
      <Waiting loaded={tokens}>
        {(all) => (
          <ul class="cards" aria-label={t.pages.tokens}>
            {all.map((token) => (
              <li key={token.id}>
                <div>
                  <b>{token.name}</b>
                  <small>{[`${t.expires} ${token.expires_at ? date(token.expires_at, language) : t.never}`, `${t.lastUsed} ${token.used_at ? date(token.used_at, language) : t.never}`].join(" · ")}</small>
                </div>
                <p>{token.scopes.map((scope) => <span class="tag plain" key={scope}>{scope}</span>)}</p>
                <button type="button" class="danger" aria-label={`${t.revoke}: ${token.name}`} onClick={() => void app.act(() => revoke(token.id), t.removed)}>{t.revoke}</button>
              </li>
            ))}
          </ul>
        )}
      </Waiting>
      {adding && <TokenDialog close={() => setAdding(false)} done={done} />}
    </>
  );
}

function TokenDialog({ close, done }: { close: () => void; done: (secret: string) => Promise<void> }) {
  const app = useApp();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>(["desk:read"]);
  const [days, setDays] = useState<(typeof DAYS)[number]>("90");
  const add = async (): Promise<void> => {
    const made = await app.api.send<{ token: string }>("POST", "/tokens", { name, scopes, days: days ? Number(days) : null });
    await done(made.token);
  };
  return (
    <Modal title={t.addToken} close={close}>
      <Form submit={t.addToken} work={add} cancel={close}>
        <Input label={t.name} value={name} change={setName} required maxLength={100} autofocus />
        <Choices label={t.scopes} chosen={scopes} change={setScopes} options={SCOPES.map((scope) => [scope, scope] as const)} />
        <Select label={t.expires} value={days} change={setDays} options={DAYS.map((one) => [one, one ? t.days.replace("{n}", one) : t.never] as const)} />
      </Form>
    </Modal>
  );
}
